import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf, takes } from '../../src/routing/rollout.ts';

const COUNT = 100_000;
const hex = (number: number, digits: number) => (number >>> 0).toString(16).padStart(digits, '0');

/** Keys as callers have them. */
const SHAPES: Record<string, (at: number) => string> = {
  'sequential numbers': (at) => String(at),
  'account numbers': (at) => String(100_000_000_000 + at),
  'even numbers': (at) => String(at * 1024),
  uuids: (at) => {
    const [a, b, c] = [Math.imul(at, 0x9e3779b1), Math.imul(at, 0x85ebca6b), Math.imul(at, 0xc2b2ae35)];
    return `${hex(a, 8)}-${hex(b, 8).slice(0, 4)}-4${hex(c, 8).slice(0, 3)}-a${hex(a ^ b, 8).slice(0, 3)}-${hex(b ^ c, 8)}${hex(at, 4)}`;
  },
  'request ids': (at) => `req-20260101-${String(at).padStart(8, '0')}`,
  domains: (at) => `name${at}.example.com`,
  chinese: (at) => `客户${at}`,
};

describe('share of a rollout', () => {
  it.each(Object.keys(SHAPES))('is within one percent for %s', (shape) => {
    const keys = Array.from({ length: COUNT }, (_, at) => SHAPES[shape]?.(at) ?? '');
    expect(new Set(keys).size).toBe(COUNT);
    const places = keys.map((key) => placeOf(key));
    for (const percent of [0.1, 1, 5, 10, 25, 50, 75, 90, 99, 100]) {
      const share = (100 * places.filter((place) => place < percent).length) / COUNT;
      // of 100,000 fair draws, five deviations
      const tolerance = 5 * Math.sqrt((percent * (100 - percent)) / COUNT);
      expect(Math.abs(share - percent)).toBeLessThanOrEqual(Math.min(1, tolerance));
    }
  });

  it('never lets a key go while the percentage rises', () => {
    const percents = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(fc.string(), percents, (key, all) => {
        const path = all.toSorted((a, b) => a - b).map((percent) => takes(key, percent));
        expect(path).toEqual(path.toSorted());
      }),
    );
  });

  it('takes all at 100 and none at 0, whatever the key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (key, salt) => {
        expect(takes(key, 100, salt)).toBe(true);
        expect(takes(key, 0, salt)).toBe(false);
        const place = placeOf(key, salt);
        expect(place).toBe(Math.round(place * 100) / 100);
      }),
    );
  });

  it('is another one under another salt, independently', () => {
    const keys = Array.from({ length: 20_000 }, (_, at) => String(at));
    for (const [one, two] of [
      ['', 'a'],
      ['a', 'b'],
      ['a', 'aa'],
    ] as const) {
      const both = keys.filter((key) => takes(key, 50, one) && takes(key, 50, two)).length;
      expect(Math.abs(both / keys.length - 0.25)).toBeLessThan(0.02);
    }
    expect(placeOf('bc', 'a')).not.toBe(placeOf('c', 'ab'));
  });

  it('does not move from release to release', () => {
    expect(['', 'a', '4711', '10000', '客户'].map((key) => placeOf(key))).toEqual([
      66.89, 10.35, 6.98, 89.19, 52.79,
    ]);
    expect(placeOf('4711', 'shadow')).toBe(86.67);
  });
});
