import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINGER_MS, Linger } from '../../../src/adapter/scheduler/linger.ts';

describe('linger', () => {
  it('lets a check that comes alone go at once', () => {
    const linger = new Linger();
    linger.arrived('com', 1, 0);
    expect(linger.waitMs('com', 19, 0)).toBe(0);
    expect(linger.waitMs('net', 19, 0)).toBe(0);
  });

  it('waits a moment where so many come that the command fills within it', () => {
    const linger = new Linger();
    for (let ms = 0; ms < 20; ms++) linger.arrived('com', 40, ms);
    expect(linger.waitMs('com', 15, 20)).toBe(LINGER_MS);
    expect(linger.waitMs('com', 15, 20.4)).toBeCloseTo(LINGER_MS - 0.4);
    // a full one needs nobody
    expect(linger.waitMs('com', 0, 20.5)).toBe(0);
    linger.sent('com');
    expect(linger.waitMs('com', 15, 21)).toBe(LINGER_MS);
  });

  it('knows that a flood is over', () => {
    const linger = new Linger();
    for (let ms = 0; ms < 20; ms++) linger.arrived('com', 40, ms);
    expect(linger.waitMs('com', 15, 200)).toBe(0);
  });

  it('never makes a check wait longer than its moment, whatever comes', () => {
    const arrival = fc.record({
      afterMs: fc.double({ min: 0, max: 3, noNaN: true }),
      names: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(
        fc.array(arrival, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 50 }),
        (arrivals, missing) => {
          const linger = new Linger();
          let nowMs = 0;
          let waitingSinceMs: number | undefined;
          for (const { afterMs, names } of arrivals) {
            nowMs += afterMs;
            linger.arrived('com', names, nowMs);
            const waitMs = linger.waitMs('com', missing, nowMs);
            expect(waitMs).toBeGreaterThanOrEqual(0);
            if (waitMs === 0) {
              linger.sent('com');
              waitingSinceMs = undefined;
            } else {
              waitingSinceMs ??= nowMs;
              expect(nowMs + waitMs - waitingSinceMs).toBeLessThanOrEqual(LINGER_MS + 1e-9);
            }
          }
        },
      ),
    );
  });

  it('keeps no memory of keys that come no more', () => {
    const linger = new Linger();
    for (let i = 0; i < 1_000; i++) linger.arrived(`tld${i}`, 100, i * 1_000);
    linger.arrived('com', 4_000, 1_000_000);
    expect(linger.waitMs('com', 15, 1_000_000)).toBe(LINGER_MS);
  });
});
