import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EarliestTimer, LONGEST_TIMER_MS } from '../../src/epp/earliest-timer.ts';
import { ManualClock } from '../adapter/manual-clock.ts';

const NEVER = Number.POSITIVE_INFINITY;

function timerOn(clock: ManualClock, next: () => number = () => NEVER) {
  const looked: number[] = [];
  const timer = new EarliestTimer(clock, () => {
    looked.push(clock.monotonicMs());
    return next();
  });
  return { timer, looked };
}

describe('EarliestTimer', () => {
  it('is set anew for an earlier time alone', () => {
    const clock = new ManualClock();
    const start = clock.monotonicMs();
    const { timer, looked } = timerOn(clock);
    timer.watch(start + 50);
    timer.watch(start + 80);
    timer.watch(start + 20);
    timer.watch(NEVER);
    timer.watch(Number.NaN);
    expect(clock.pending).toBe(1);
    clock.advance(19);
    expect(looked).toEqual([]);
    clock.advance(100);
    expect(looked).toEqual([start + 20]);
    expect(clock.pending).toBe(0);
  });

  it('goes on with the time that it is told, and at once with one that is over', () => {
    const clock = new ManualClock();
    const start = clock.monotonicMs();
    const times = [start + 30, start - 5, NEVER];
    const { timer, looked } = timerOn(clock, () => times.shift() ?? NEVER);
    timer.watch(start + 10);
    clock.advance(100);
    // never in the same moment: whatever is told, it does not spin
    expect(looked).toEqual([start + 10, start + 30, start + 31]);
  });

  it('takes a time that no timer can wait for in steps', () => {
    const clock = new ManualClock();
    const far = clock.monotonicMs() + 2 * LONGEST_TIMER_MS;
    const { timer, looked } = timerOn(clock, () => far);
    timer.watch(far);
    clock.advance(LONGEST_TIMER_MS);
    expect(looked).toHaveLength(1);
    expect(clock.pending).toBe(1);
  });

  it('looks no more once it is cancelled, and can be set again', () => {
    const clock = new ManualClock();
    const { timer, looked } = timerOn(clock);
    timer.watch(clock.monotonicMs() + 10);
    timer.cancel();
    timer.cancel();
    clock.advance(50);
    expect(looked).toEqual([]);
    timer.watch(clock.monotonicMs() + 10);
    clock.advance(10);
    expect(looked).toHaveLength(1);
  });

  it('is never late for any of many times, with one timer', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (delays) => {
        const clock = new ManualClock();
        const start = clock.monotonicMs();
        const open = new Set(delays.map((ms) => start + ms));
        const timer = new EarliestTimer(clock, () => {
          for (const at of open) if (at <= clock.monotonicMs()) open.delete(at);
          return Math.min(...open, NEVER);
        });
        for (const at of open) timer.watch(at);
        for (let i = 0; i < 200; i++) {
          expect(clock.pending).toBeLessThanOrEqual(1);
          clock.advance(1);
          for (const at of open) expect(at).toBeGreaterThan(clock.monotonicMs());
        }
        expect(open.size + clock.pending).toBe(0);
      }),
    );
  });
});
