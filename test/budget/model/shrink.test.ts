import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shrink } from './shrink.ts';

describe('shrink', () => {
  it('finds the few that matter, in their order', () => {
    const all = Array.from({ length: 100 }, (_, i) => i);
    const needed = [3, 50, 51, 97];
    expect(shrink(all, (rest) => needed.every((n) => rest.includes(n)))).toEqual(needed);
  });

  it('leaves nothing that could be left out, whatever it takes to fail', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { maxLength: 30 }),
        fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 4 }),
        (items, pairs) => {
          // Any one of these pairs will do.
          const fails = (rest: readonly number[]) =>
            pairs.some(([a, b]) => rest.includes(a) && rest.includes(b));
          fc.pre(fails(items));
          const least = shrink(items, fails, 10_000);
          expect(fails(least)).toBe(true);
          for (let at = 0; at < least.length; at += 1) expect(fails(least.toSpliced(at, 1))).toBe(false);
        },
      ),
    );
  });

  it('finds that nothing at all is needed', () => {
    expect(shrink([1, 2, 3], () => true)).toEqual([]);
  });

  it('asks as often as it may, and what it answers with has failed', () => {
    const all = Array.from({ length: 64 }, (_, i) => i);
    const asked: (readonly number[])[] = [];
    const fails = (rest: readonly number[]) => {
      asked.push(rest);
      return rest.includes(7) && rest.length > 5;
    };
    const least = shrink(all, fails, 9);
    expect(asked).toHaveLength(9);
    expect(least).toContain(7);
    expect(least.length).toBeGreaterThan(5);
  });
});
