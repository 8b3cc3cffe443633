import { expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { callAt } from '../../src/simulator/punctual.ts';
import { ManualClock } from '../kube/manual-clock.ts';

it('never calls before its time on a real clock', async () => {
  const early: number[] = [];
  const call = (ms: number) =>
    new Promise<void>((resolve) => {
      const dueMs = performance.now() + ms;
      callAt(systemClock, dueMs, () => {
        if (performance.now() < dueMs - 0.02) early.push(ms);
        resolve();
      });
    });
  await Promise.all(Array.from({ length: 200 }, (_, i) => call(i * 0.37)));
  expect(early).toEqual([]);
});

it('follows a clock that others move, and can be cancelled', async () => {
  const clock = new ManualClock();
  const called: number[] = [];
  callAt(clock, 50, () => called.push(clock.monotonicMs()));
  callAt(clock, 60, () => called.push(clock.monotonicMs())).cancel();
  await clock.advance(100);
  expect(called).toEqual([50]);
});
