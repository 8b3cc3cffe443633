import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff, backoffMs } from '../../src/lib/backoff.ts';

describe('backoffMs', () => {
  it.each([
    { failures: 0, random: 0, ms: 800 },
    { failures: 1, random: 0, ms: 1600 },
    { failures: 3, random: 0.5, ms: 8000 },
    { failures: 6, random: 0, ms: 30_000 },
    { failures: 6, random: 0.5, ms: 37_500 },
    { failures: 5000, random: 0, ms: 30_000 },
  ])('is $ms ms after $failures failures with random $random', ({ failures, random, ms }) => {
    expect(backoffMs(failures, { baseMs: 800, maxMs: 30_000, random: () => random })).toBe(ms);
  });

  it('stays between the base and the longest wait with its jitter', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(1000), fc.nat(100_000), (failures, baseMs, more) => {
        const ms = backoffMs(failures, { baseMs, maxMs: baseMs + more });
        return ms >= baseMs && ms <= (baseMs + more) * 1.5;
      }),
    );
  });
});

describe('Backoff', () => {
  it('doubles until it is reset', () => {
    const backoff = new Backoff({ baseMs: 10, maxMs: 1000, jitter: 0 });
    expect([backoff.next(), backoff.next(), backoff.next()]).toEqual([10, 20, 40]);
    expect(backoff.failures).toBe(3);
    backoff.reset();
    expect(backoff.next()).toBe(10);
  });
});
