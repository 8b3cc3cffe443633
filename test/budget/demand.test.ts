import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DemandWindow, demandOf, NO_DEMAND, recordUse, slotsNeeded } from '../../src/budget/demand.ts';
import { timing } from '../../src/budget/timing.ts';

const t = timing();
const record = (window: DemandWindow, atMs: number, inUse: number, queued = 0): DemandWindow =>
  recordUse(window, { inUse, queued }, atMs, t);

describe('demand', () => {
  it('is one for a pod without work', () => {
    expect(demandOf(NO_DEMAND, 0, t)).toBe(1);
  });

  it('is the use and the queue, plus one, and rises at once', () => {
    const window = record(NO_DEMAND, 0, 3, 4);
    expect(demandOf(window, 0, t)).toBe(8);
    expect(demandOf(record(window, 10, 3, 9), 10, t)).toBe(13);
  });

  it('stays as long as the use does', () => {
    expect(demandOf(record(NO_DEMAND, 0, 5), 3_600_000, t)).toBe(6);
  });

  it('falls when the peak of 10 s was lower for 30 s', () => {
    const window = record(record(NO_DEMAND, 0, 20), 1_000, 2);
    expect(demandOf(window, 40_000, t)).toBe(21);
    expect(demandOf(window, 45_000, t)).toBe(3);
  });

  it('falls to the highest peak of that time, not to the last', () => {
    const window = record(record(record(record(NO_DEMAND, 0, 20), 1_000, 2), 20_000, 10), 22_000, 2);
    expect(demandOf(window, 45_000, t)).toBe(11);
    expect(demandOf(window, 70_000, t)).toBe(3);
  });

  it('needs little memory however often the use changes, and never forgets a peak too early', () => {
    const steps = fc.array(fc.record({ afterMs: fc.nat(5_000), use: fc.nat(50) }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (all) => {
        let window = NO_DEMAND;
        let nowMs = 0;
        const seen: { atMs: number; use: number }[] = [];
        for (const { afterMs, use } of all) {
          nowMs += afterMs;
          window = record(window, nowMs, use);
          seen.push({ atMs: nowMs, use });
          const recent = seen.filter(({ atMs }) => nowMs - atMs < t.demandPeakMs + t.demandDecayMs);
          expect(demandOf(window, nowMs, t)).toBeGreaterThanOrEqual(
            1 + Math.max(...recent.map((entry) => entry.use)),
          );
          expect(window.peaks.length).toBeLessThanOrEqual(43);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the slots that a pod needs', () => {
  it.each([
    { what: 'nothing was lost', demand: 4, unconfirmed: 0, needs: 4 },
    { what: 'one was lost', demand: 4, unconfirmed: 1, needs: 5 },
    { what: 'all were lost', demand: 4, unconfirmed: 4, needs: 8 },
    { what: 'more were lost than it can use', demand: 4, unconfirmed: 9, needs: 8 },
    { what: 'it gives everything back', demand: 0, unconfirmed: 3, needs: 0 },
  ])('are $needs of $demand where $what', ({ demand, unconfirmed, needs }) => {
    expect(slotsNeeded({ demand, unconfirmed })).toBe(needs);
  });
});
