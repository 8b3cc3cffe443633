import { expect, it } from 'vitest';
import { businessOf, classStyle, count, duration } from '../../../src/console/page/words.ts';

it.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
])('%i ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it('counts', () => {
  expect([count(0, 'pod'), count(1, 'pod'), count(2, 'wait', 'waits')]).toEqual([
    '0 pods',
    '1 pod',
    '2 waits',
  ]);
});

it('names the business of a set, and whatever else it is given', () => {
  expect([businessOf('epp.core.bj'), businessOf('gone')]).toEqual(['core', 'gone']);
  expect([classStyle('core'), classStyle('" onload=x')]).toEqual(['class-core', 'class-other']);
});
