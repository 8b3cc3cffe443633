import { describe, expect, it } from 'vitest';
import { type PeriodicJob, runPeriodically } from '../../../src/adapter/jobs/periodic.ts';
import { ManualClock } from '../manual-clock.ts';

const INTERVAL_MS = 10_000;

/** Lets everything that waits for a promise go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function start(run: PeriodicJob['run'], options: { random?: () => number } = {}) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const told: string[] = [];
  let held = true;
  const ended = runPeriodically(
    { name: 'poll', intervalMs: INTERVAL_MS, run },
    { signal: stop.signal, holds: () => held },
    {
      events: {
        succeeded: (_job, { ms }) => told.push(`ok after ${ms}`),
        failed: (_job, { message }) => told.push(message),
        missed: (_job, runs) => told.push(`missed ${runs}`),
      },
      clock,
      random: options.random ?? (() => 0.5),
    },
  );
  const advance = async (ms: number) => {
    clock.advance(ms);
    for (let i = 0; i < 5; i++) await turn();
  };
  return { advance, clock, ended, stop, told, lose: () => (held = false) };
}

describe('a periodic job', () => {
  it('runs after a moment, and then at its interval', async () => {
    let runs = 0;
    const { advance } = start(async () => void runs++);
    await advance(2_499);
    expect(runs).toBe(0);
    await advance(1);
    expect(runs).toBe(1);
    await advance(INTERVAL_MS - 1);
    expect(runs).toBe(1);
    await advance(1);
    expect(runs).toBe(2);
  });

  it('spreads first runs and intervals', async () => {
    let runs = 0;
    const { advance } = start(async () => void runs++, { random: () => 0 });
    await advance(0);
    expect(runs).toBe(1);
    await advance(INTERVAL_MS * 0.9);
    expect(runs).toBe(2);
  });

  it('goes on after a run that failed, and tells why', async () => {
    let runs = 0;
    const { advance, told } = start(async () => {
      if (++runs === 1) throw new Error('the registry is away');
    });
    await advance(2_500);
    await advance(INTERVAL_MS);
    expect(told).toEqual(['the registry is away', 'ok after 0']);
  });

  it('never overlaps: what a long run left out is counted and not made up for', async () => {
    let finish = () => {};
    let runs = 0;
    const { advance, told } = start(() => {
      runs++;
      return new Promise((resolve) => (finish = resolve));
    });
    await advance(2_500);
    await advance(2.5 * INTERVAL_MS);
    expect(runs).toBe(1);
    finish();
    await advance(0);
    expect(told).toEqual([`ok after ${2.5 * INTERVAL_MS}`, 'missed 2']);
    await advance(INTERVAL_MS / 2 - 1);
    expect(runs).toBe(1);
    await advance(1);
    expect(runs).toBe(2);
  });

  it('begins nothing when a process that was paused finds its term over', async () => {
    let runs = 0;
    const { advance, ended, lose } = start(async () => void runs++);
    lose();
    await advance(INTERVAL_MS);
    await ended;
    expect(runs).toBe(0);
  });

  it('ends with its term, and blames no job for that', async () => {
    const { advance, ended, stop, told } = start(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut')))),
    );
    await advance(2_500);
    stop.abort();
    await ended;
    expect(told).toEqual([]);
  });
});
