import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { age } from '../../../src/overview/terminal/age.ts';
import { cut, displayWidth, padded, plain, wrapped } from '../../../src/overview/terminal/text.ts';

describe('text in a terminal', () => {
  it.each([
    ['abc', 3],
    ['中文', 4],
    ['e\u0301', 1],
    ['…', 1],
  ])('%s takes %i cells', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 4, 'abc…'],
    ['中文中文', 5, '中文…'],
  ])('%s cut at %i', (text, width, expected) => {
    expect(cut(text, width, '…')).toBe(expected);
  });

  it('is padded at either side', () => {
    expect([padded('中', 4), padded('7', 3, 'left')]).toEqual(['中  ', '  7']);
  });

  it('breaks at spaces, and within long words', () => {
    expect(wrapped('the quick  brown incomprehensibility', 9)).toEqual([
      'the quick',
      'brown',
      'incompreh',
      'ensibilit',
      'y',
    ]);
    expect(wrapped('', 9)).toEqual([]);
  });

  it('keeps every character, and to the width', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 100 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 40 }), (raw, width) => {
        const text = plain(raw);
        const lines = wrapped(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('age', () => {
  it.each([
    ['2026-11-21T12:00:00Z', '0s'],
    ['2026-11-21T11:58:01Z', '119s'],
    ['2026-11-21T11:57:01Z', '2m'],
    ['2026-11-21T10:00:01Z', '119m'],
    ['2026-11-21T09:59:59Z', '2h'],
    ['2026-11-18T12:00:00Z', '3d'],
    ['2026-11-21T12:00:05Z', '0s'],
    ['yesterday', '?'],
    [undefined, '?'],
  ])('since %s', (since, expected) => {
    expect(age(since, '2026-11-21T12:00:00Z')).toBe(expected);
  });
});
