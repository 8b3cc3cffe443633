import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyWindow } from '../../src/routing/latency-window.ts';
import { type GuardPolicy, RolloutGuard } from '../../src/routing/rollout-guard.ts';

const POLICY: GuardPolicy = {
  run: 'one',
  maxErrorPercent: 1,
  maxP99Percent: 150,
  minRequests: 20,
  windowMs: 30_000,
};

interface Load {
  path: 'sets' | 'legacy';
  requests: number;
  failures?: number;
  ms?: number;
  atMs?: number;
}

function served(guard: RolloutGuard, { path, requests, failures = 0, ms = 10, atMs = 0 }: Load): void {
  for (let at = 0; at < requests; at++) guard.served(path, ms, at < failures, atMs);
}

/** Why the bounds are broken after all this, judged at its end. */
function breachOf(loads: readonly Load[], policy: Partial<GuardPolicy> = {}): string | undefined {
  const guard = new RolloutGuard({ ...POLICY, ...policy });
  // not judged meanwhile: the order of the loads means nothing
  guard.judge(0);
  for (const load of loads) served(guard, load);
  guard.judge(1_000);
  return guard.breach;
}

describe('bounds of a rollout', () => {
  it.each<[string, Load[], RegExp | undefined]>([
    ['no requests', [], undefined],
    ['too few on the sets', [{ path: 'sets', requests: 19, failures: 19 }], undefined],
    [
      'as many failures as the legacy path',
      [
        { path: 'sets', requests: 100, failures: 10 },
        { path: 'legacy', requests: 1_000, failures: 100 },
      ],
      undefined,
    ],
    [
      'exactly as many more as they may',
      [
        { path: 'sets', requests: 100, failures: 3 },
        { path: 'legacy', requests: 100, failures: 2 },
      ],
      undefined,
    ],
    [
      'more failures',
      [
        { path: 'sets', requests: 100, failures: 4 },
        { path: 'legacy', requests: 100, failures: 2 },
      ],
      /^4 % of the sets' 100 requests failed, 2 % of the legacy path's 100: more than 3 % are too many$/,
    ],
    [
      'failures with nothing to compare',
      [
        { path: 'sets', requests: 100, failures: 2 },
        { path: 'legacy', requests: 19, failures: 19 },
      ],
      /^2 % of the sets' 100 requests failed, too few on the legacy path to compare: more than 1 % are too many$/,
    ],
    [
      'few failures with nothing to compare, however slow',
      [{ path: 'sets', requests: 100, failures: 1, ms: 60_000 }],
      undefined,
    ],
    [
      'as slow as they may be',
      [
        { path: 'sets', requests: 100, ms: 148 },
        { path: 'legacy', requests: 100, ms: 100 },
      ],
      undefined,
    ],
    [
      'too slow',
      [
        { path: 'sets', requests: 100, ms: 160 },
        { path: 'legacy', requests: 100, ms: 100 },
      ],
      /^the sets' p99 of 1[56]\d ms is 1[56]\d % of the legacy path's (99|10\d)(\.\d)? ms: more than 150 % is too slow$/,
    ],
    [
      'one straggler of fewer than a hundred',
      [
        { path: 'sets', requests: 19, ms: 10 },
        { path: 'sets', requests: 1, ms: 9_000 },
        { path: 'legacy', requests: 20, ms: 10 },
      ],
      undefined,
    ],
    [
      'two stragglers of fewer than a hundred',
      [
        { path: 'sets', requests: 18, ms: 10 },
        { path: 'sets', requests: 2, ms: 9_000 },
        { path: 'legacy', requests: 20, ms: 10 },
      ],
      /too slow/,
    ],
  ])('%s', (_, loads, expected) => {
    if (expected) expect(breachOf(loads)).toMatch(expected);
    else expect(breachOf(loads)).toBeUndefined();
  });

  it('says so with the request that breaks them, and once', () => {
    const guard = new RolloutGuard(POLICY);
    const told = Array.from({ length: 25 }, (_, at) => guard.served('sets', 10, true, at * 100));
    expect(told.indexOf(true)).toBe(19);
    expect(told.filter(Boolean)).toHaveLength(1);
    expect(guard.judge(9_000)).toBe(false);
    expect(guard.breach).toBeDefined();
  });

  it('is judged at least every 100 ms, whatever the rate', () => {
    const guard = new RolloutGuard(POLICY);
    served(guard, { path: 'sets', requests: 1_000, failures: 500 });
    expect(guard.breach).toBeUndefined();
    expect(guard.served('sets', 10, false, 100)).toBe(true);
  });

  it('looks no further back than its window', () => {
    const guard = new RolloutGuard(POLICY);
    served(guard, { path: 'sets', requests: 15, failures: 15, atMs: 0 });
    served(guard, { path: 'sets', requests: 15, atMs: 30_000 });
    expect(guard.judge(30_000)).toBe(false);
    expect(guard.figures(30_000).sets).toMatchObject({ requests: 15, failures: 0 });
    expect(guard.figures(90_000).sets).toEqual({ requests: 0, failures: 0, p99Ms: undefined });
  });

  it('stays broken in its run, whatever the bounds, and begins anew with another', () => {
    const guard = new RolloutGuard(POLICY);
    served(guard, { path: 'sets', requests: 30, failures: 30 });
    guard.judge(200);
    const { breach } = guard;
    expect(breach).toBeDefined();
    guard.take({ ...POLICY, maxErrorPercent: 100 });
    expect(guard.judge(1_000)).toBe(false);
    expect(guard.breach).toBe(breach);
    guard.take({ ...POLICY, run: 'two' });
    expect([guard.run, guard.breach, guard.figures(1_000).sets.requests]).toEqual(['two', undefined, 0]);
    expect(guard.judge(2_000)).toBe(false);
  });

  it('takes changed bounds over within a run, with what was counted', () => {
    const guard = new RolloutGuard({ ...POLICY, maxErrorPercent: 50 });
    served(guard, { path: 'sets', requests: 30, failures: 10 });
    expect(guard.judge(100)).toBe(false);
    guard.take({ ...POLICY, maxErrorPercent: 20 });
    expect(guard.served('sets', 1, false, 101)).toBe(true);
  });
});

describe('a window of latencies', () => {
  it('tells the p99 within 1.1 percent, as nearest rank below', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.2, max: 1_000_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (all) => {
          const window = new LatencyWindow(1_000);
          for (const ms of all) window.add(ms, false, 0);
          const rank = Math.max(1, Math.floor(all.length * 0.99));
          const exact = all.toSorted((a, b) => a - b)[rank - 1] ?? 0;
          expect(Math.abs((window.figures(0).p99Ms ?? 0) / exact - 1)).toBeLessThan(0.011);
        },
      ),
    );
  });

  it('counts what is in it, whatever the pauses, and takes any duration', () => {
    const one = fc.record({
      pause: fc.nat(300),
      ms: fc.oneof(fc.double(), fc.nat(100)),
      failed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 80 }), (all) => {
        const window = new LatencyWindow(1_000);
        let nowMs = 0;
        const added: { atMs: number; failed: boolean }[] = [];
        for (const { pause, ms, failed } of all) {
          nowMs += pause;
          window.add(ms, failed, nowMs);
          added.push({ atMs: nowMs, failed });
          const kept = added.filter(({ atMs }) => Math.floor(atMs / 50) > Math.floor(nowMs / 50) - 20);
          const figures = window.figures(nowMs);
          expect(figures.requests).toBe(kept.length);
          expect(figures.failures).toBe(kept.filter((entry) => entry.failed).length);
          expect(figures.p99Ms).toBeGreaterThan(0);
        }
      }),
    );
  });
});
