import { describe, expect, it } from 'vitest';
import {
  clockFactor,
  expiryMs,
  longestTtlMs,
  quarantineMs,
  registryTimes,
  renewMs,
  timing,
  ttlMs,
} from '../../src/budget/timing.ts';

const t = timing();

describe('the times of the protocol', () => {
  it.each([
    { pods: 10, seconds: 20 },
    { pods: 1_000, seconds: 20 },
    { pods: 2_000, seconds: 40 },
    { pods: 10_000, seconds: 200 },
  ])('R is $seconds s for $pods pods', ({ pods, seconds }) => {
    expect(renewMs(t, pods)).toBe(seconds * 1000);
  });

  it.each([
    { setClass: 'core', pods: 10, seconds: 600 },
    { setClass: 'manage', pods: 10, seconds: 300 },
    { setClass: 'query', pods: 10, seconds: 120 },
    { setClass: 'query', pods: 10_000, seconds: 660 },
  ] as const)('TTL of $setClass is $seconds s for $pods pods', ({ setClass, pods, seconds }) => {
    expect(ttlMs(t, setClass, pods)).toBe(seconds * 1000);
    expect(ttlMs(t, setClass, pods)).toBeGreaterThanOrEqual(3 * renewMs(t, pods) + 60_000);
  });

  it.each([
    { ttl: 600, seconds: 617 },
    { ttl: 300, seconds: 311 },
    { ttl: 120, seconds: 127 },
  ])('T_exp of a TTL of $ttl s is $seconds s', ({ ttl, seconds }) => {
    expect(Math.floor(expiryMs(t, ttl * 1000) / 1000)).toBe(seconds);
  });

  it('T_exp on the fastest clock is longer than the TTL on the slowest', () => {
    for (const ttl of [1_000, 120_000, 600_000]) {
      const fastest = expiryMs(t, ttl) / (1 + t.rho);
      const slowest = ttl / (1 - t.rho);
      expect(fastest).toBeGreaterThan(slowest);
    }
  });

  it.each([
    { idle: 120, seconds: 280 },
    { idle: 300, seconds: 630 },
    { idle: 3_600, seconds: 7_230 },
  ])('Q is $seconds s where the registry drops after $idle s', ({ idle, seconds }) => {
    expect(quarantineMs(t, registryTimes({ idleTimeoutSeconds: idle }))).toBe(seconds * 1000);
  });

  it('waits for Q long enough on a fast clock, whatever the clock of the registry', () => {
    const times = registryTimes({ idleTimeoutSeconds: 3_600 });
    const trueMs = (quarantineMs(t, times) * clockFactor(t)) / (1 + t.rho);
    expect(trueMs).toBeGreaterThan(times.idleMs / (1 - t.rho) + times.lateMs);
  });

  it('takes D from the account where it says one', () => {
    expect(registryTimes({ idleTimeoutSeconds: 60, lateDeliverySeconds: 5 })).toEqual({
      idleMs: 60_000,
      lateMs: 5_000,
    });
    expect(registryTimes({ idleTimeoutSeconds: 60 }).lateMs).toBe(130_000);
  });

  it('knows the longest TTL of all classes', () => {
    expect(longestTtlMs(t, 10)).toBe(600_000);
    expect(longestTtlMs(t, 50_000)).toBe(3 * 1_000_000 + 60_000);
  });

  it('shrinks by timeScale, but not what the registry does', () => {
    const fast = timing(0.01);
    expect(fast.ttlMs.core).toBe(6_000);
    expect(renewMs(fast, 2_000)).toBe(400);
    expect(expiryMs(fast, fast.ttlMs.core)).toBeCloseTo(expiryMs(t, t.ttlMs.core) / 100);
    expect(quarantineMs(fast, { idleMs: 1_000, lateMs: 500 })).toBe(1_800);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a timeScale of %d', (timeScale) => {
    expect(() => timing(timeScale)).toThrow('timeScale must be in (0, 1]');
  });
});
