import { describe, expect, it } from 'vitest';
import { Elapsed } from '../../src/kube/elapsed.ts';
import { LeaderElection, microTime } from '../../src/kube/leader-election.ts';
import { silentLog } from '../../src/lib/log.ts';
import { ManualClock } from './manual-clock.ts';

describe('Elapsed', () => {
  it('goes by the clock that went further', () => {
    const clock = new ManualClock();
    let boot = 1000;
    const elapsed = new Elapsed(clock, () => boot);
    const start = elapsed.now();
    clock.wakeAfter(50);
    expect(elapsed.since(start)).toBe(50);
    // The machine was suspended: the monotonic clock stood still.
    boot += 60_000;
    expect(elapsed.since(start)).toBe(60_000);
  });

  it('takes the time since boot from the system', () => {
    const elapsed = new Elapsed(new ManualClock());
    const { bootMs } = elapsed.now();
    expect(bootMs).toBeGreaterThan(0);
    expect(elapsed.since({ monotonicMs: 0, bootMs: bootMs - 5000 })).toBeGreaterThanOrEqual(5000);
  });
});

describe('microTime', () => {
  it('has six digits, as the API wants', () => {
    expect(microTime(new Date(Date.UTC(2026, 1, 3, 4, 5, 6, 7)))).toBe('2026-02-03T04:05:06.007000Z');
  });
});

describe('LeaderElection', () => {
  it.each([
    { leaseDurationMs: 10_000, renewDeadlineMs: 10_000 },
    { renewDeadlineMs: 2_000 },
    { retryPeriodMs: 0 },
  ])('refuses times that cannot work: %j', (times) => {
    const unused = {
      get: () => Promise.reject(new Error('unused')),
      create: () => Promise.reject(new Error('unused')),
      replace: () => Promise.reject(new Error('unused')),
    };
    const options = { client: unused, clock: new ManualClock(), log: silentLog };
    expect(
      () => new LeaderElection({ ...options, namespace: 'ns', name: 'n', identity: 'i', ...times }),
    ).toThrow('need leaseDuration > renewDeadline > retryPeriod > 0');
  });
});
