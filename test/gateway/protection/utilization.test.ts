import { describe, expect, it } from 'vitest';
import type { LoadReport } from '../../../src/api/http/load-report.ts';
import { fullest, utilizationOf } from '../../../src/gateway/protection/utilization.ts';
import { loadOf } from './fixtures.ts';

describe('utilizationOf', () => {
  it.each<[string, LoadReport[], Record<string, number>]>([
    ['nobody', [], {}],
    ['all pods together', [loadOf({ a: [4, 4] }), loadOf({ a: [4, 0] })], { a: 0.5 }],
    ['each account by itself', [loadOf({ a: [4, 4], b: [10, 1] })], { a: 1, b: 0.1 }],
    ['waiting at one pod as full', [loadOf({ a: [4, 4, 1] }), loadOf({ a: [4, 0] })], { a: 1 }],
    ['more at work than granted as more than full', [loadOf({ a: [2, 3, 5] })], { a: 1.5 }],
    ['nothing granted and nothing to do as idle', [loadOf({ a: [0, 0] })], { a: 0 }],
    ['nothing granted and something to do as full', [loadOf({ a: [0, 2], b: [0, 0, 1] })], { a: 1, b: 1 }],
  ])('counts %s', (_what, reports, expected) => {
    expect(Object.fromEntries(utilizationOf(reports))).toEqual(expected);
  });
});

describe('fullest', () => {
  it('is the account that is worst off', () => {
    expect(
      fullest(
        new Map([
          ['a', 0.2],
          ['b', 0.9],
          ['c', 0.5],
        ]),
      ),
    ).toEqual({ account: 'b', ratio: 0.9 });
    expect(fullest(new Map())).toBeUndefined();
  });
});
