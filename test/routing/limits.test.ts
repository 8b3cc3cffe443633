import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadHysteresis } from '../../src/routing/load-hysteresis.ts';
import { RetryBudget } from '../../src/routing/retry-budget.ts';
import { TokenBucket } from '../../src/routing/token-bucket.ts';

describe('token bucket', () => {
  it('gives its burst at once and its rate from then on', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
    expect([0, 0, 0, 0].map((at) => bucket.take(at))).toEqual([true, true, true, false]);
    expect(bucket.waitMs(0)).toBeCloseTo(100);
    expect(bucket.waitMs(40)).toBeCloseTo(60);
    expect([99, 100, 100, 200].map((at) => bucket.take(at))).toEqual([false, true, false, true]);
    expect(bucket.waitMs(10_000)).toBe(0);
    expect([1, 2, 3, 4].map(() => bucket.take(10_000))).toEqual([true, true, true, false]);
  });

  it('takes a token back, up to its burst, and a clock that stands', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 5_000);
    bucket.giveBack();
    expect([bucket.take(5_000), bucket.take(5_000)]).toEqual([true, false]);
    bucket.giveBack();
    expect([bucket.take(4_000), bucket.take(4_000)]).toEqual([true, false]);
  });

  it('never gives more than burst and rate allow, and always what it promised', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1_000, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(500), { maxLength: 200 }),
        (perSecond, burst, pauses) => {
          const bucket = new TokenBucket({ perSecond, burst }, 0);
          let [nowMs, taken] = [0, 0];
          for (const pause of pauses) {
            nowMs += pause;
            if (bucket.take(nowMs)) taken++;
          }
          expect(taken).toBeLessThanOrEqual(burst + (nowMs * perSecond) / 1000 + 1e-3);
          expect(bucket.take(nowMs + bucket.waitMs(nowMs))).toBe(true);
        },
      ),
    );
  });
});

describe('retry budget', () => {
  const retries = (budget: RetryBudget, nowMs: number) => {
    let count = 0;
    while (count < 10_000 && budget.tryRetry(nowMs)) count++;
    return count;
  };

  it('gives its share of the last ten seconds, and ten a second besides', () => {
    const budget = new RetryBudget({ budgetPercent: 20 });
    expect(retries(budget, 0)).toBe(100);
    for (let at = 0; at < 1_000; at++) budget.request(at * 5);
    expect(retries(budget, 5_000)).toBe(200);
    expect(budget.tryRetry(9_999)).toBe(false);
    // the hundred of the first second are over, and 200 of the requests
    expect(retries(budget, 10_000)).toBe(60);
    expect(retries(budget, 100_000)).toBe(100);
  });

  it('gives nothing at 0 percent, and another share at once', () => {
    const budget = new RetryBudget({ budgetPercent: 0 });
    for (let at = 0; at < 1_000; at++) budget.request(at);
    expect(budget.tryRetry(1_000)).toBe(false);
    budget.take({ budgetPercent: 10 });
    expect(retries(budget, 1_000)).toBe(200);
  });

  it('never gives more than its share and the floor within ten seconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.tuple(fc.nat(2_000), fc.nat(100)), { maxLength: 60 }),
        (budgetPercent, steps) => {
          const budget = new RetryBudget({ budgetPercent });
          const [requests, retried]: [number[], number[]] = [[], []];
          let nowMs = 0;
          for (const [pause, count] of steps) {
            nowMs += pause;
            for (let at = 0; at < count; at++) {
              budget.request(nowMs);
              requests.push(nowMs);
              if (budget.tryRetry(nowMs)) retried.push(nowMs);
            }
            // the window is told in whole seconds: 9 to 10 of them
            const since = (times: number[], ms: number) => times.filter((time) => time > nowMs - ms).length;
            expect(since(retried, 9_000)).toBeLessThanOrEqual(
              (since(requests, 10_001) * budgetPercent) / 100 + 100,
            );
          }
        },
      ),
    );
  });
});

describe('load hysteresis', () => {
  it('is active at the threshold at once, and until it was well below for five seconds', () => {
    const load = new LoadHysteresis(0.8);
    const told = [
      [0, 0.79],
      [1, 0.8],
      [2, 0.75],
      [3, 0.69],
      [7.9, 0.69],
      [7.95, 0.71],
      [8, 0.69],
      [12.9, 0.1],
      [13, 0.1],
      [14, 0.79],
      [15, 1],
    ].map(([seconds = 0, ratio = 0]) => load.update(ratio, seconds * 1000));
    expect(told).toEqual([false, true, true, true, true, true, true, true, false, false, true]);
    expect(load.active).toBe(true);
  });

  it.each([0.01, 0.1, 0.15, 1])('ends at idle, with a threshold of %f', (above) => {
    const load = new LoadHysteresis(above);
    expect(load.update(above, 0)).toBe(true);
    load.update(0, 1);
    expect(load.update(0, 5_001)).toBe(false);
  });
});
