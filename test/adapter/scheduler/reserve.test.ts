import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TransformReserve } from '../../../src/adapter/scheduler/reserve.ts';

const NOW = { granted: 20, serving: 20, waiting: 0, running: 0 };

describe('reserve for transforms', () => {
  it('keeps nothing in a set that only asks, and nothing a minute after the last transform', () => {
    const reserve = new TransformReserve(10);
    expect([reserve.lasts(0), reserve.kept(0, NOW)]).toEqual([false, 0]);
    reserve.came(0, 1);
    expect([reserve.lasts(60_000), reserve.kept(60_000, NOW)]).toEqual([true, 2]);
    expect([reserve.lasts(60_001), reserve.kept(60_001, NOW)]).toEqual([false, 0]);
  });

  it('keeps nothing where the user wants none, and one where the share is less than one', () => {
    const none = new TransformReserve(0);
    none.came(0, 1);
    expect([none.lasts(0), none.kept(0, NOW)]).toEqual([false, 0]);
    const little = new TransformReserve(10);
    little.came(0, 1);
    expect(little.kept(0, { granted: 2, serving: 2, waiting: 0, running: 0 })).toBe(1);
    expect(little.kept(0, { granted: 1, serving: 1, waiting: 0, running: 0 })).toBe(0);
  });

  it('keeps as many as came at once, to half of the connections', () => {
    const reserve = new TransformReserve(10);
    for (let ms = 0; ms < 5_000; ms += 100) reserve.came(ms, 6);
    expect(reserve.kept(5_000, NOW)).toBe(6);
    for (let ms = 5_000; ms < 10_000; ms += 100) reserve.came(ms, 40);
    expect(reserve.kept(10_000, NOW)).toBe(10);
  });

  it('forgets a burst in a minute or so', () => {
    const reserve = new TransformReserve(10);
    for (let ms = 0; ms < 1_000; ms += 100) reserve.came(ms, 8);
    for (let ms = 1_000; ms < 200_000; ms += 100) reserve.came(ms, 1);
    expect(reserve.kept(200_000, NOW)).toBe(2);
  });

  it('never keeps the last one from the queries, and never less than what waits needs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: fc.nat(30_000), atOnce: fc.integer({ min: 1, max: 90 }) }), {
          maxLength: 40,
        }),
        fc.integer({ min: 0, max: 100 }),
        fc.record({ granted: fc.nat(30), serving: fc.nat(30), waiting: fc.nat(30), running: fc.nat(30) }),
        (comings, percent, now) => {
          const reserve = new TransformReserve(percent);
          let nowMs = 0;
          for (const { afterMs, atOnce } of comings) {
            nowMs += afterMs;
            reserve.came(nowMs, atOnce);
          }
          const kept = reserve.kept(nowMs, now);
          expect(kept).toBeGreaterThanOrEqual(now.waiting);
          if (now.serving > now.waiting) expect(kept).toBeLessThan(now.serving);
        },
      ),
    );
  });
});
