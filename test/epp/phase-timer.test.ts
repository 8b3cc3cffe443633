import { expect, it } from 'vitest';
import { PhaseTimer } from '../../src/epp/phase-timer.ts';
import { ManualClock } from '../adapter/manual-clock.ts';

it('gives each phase its own time: a new one takes the place of the old', () => {
  const clock = new ManualClock();
  const phase = new PhaseTimer(clock);
  const over: string[] = [];
  expect(phase.running).toBe(false);
  phase.start(50, () => over.push('greeting'));
  clock.advance(40);
  phase.start(50, () => over.push('login'));
  expect([phase.running, clock.pending]).toEqual([true, 1]);
  clock.advance(49);
  expect(over).toEqual([]);
  clock.advance(1);
  expect(over).toEqual(['login']);
});

it('does nothing once it is stopped, however often', () => {
  const clock = new ManualClock();
  const phase = new PhaseTimer(clock);
  phase.start(50, () => {
    throw new Error('it was stopped');
  });
  phase.stop();
  phase.stop();
  expect([phase.running, clock.pending]).toEqual([false, 0]);
  clock.advance(100);
});
