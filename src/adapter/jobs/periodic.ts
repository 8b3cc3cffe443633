/**
 * Runs a job again and again.
 *
 *   start ─▶ wait a little ─▶ run ─▶ wait for the rest of the interval ─▶ run ─▶ …
 *            (jitter, so that accounts        │
 *             do not all start at once)       └─ longer than the interval: the runs that were due meanwhile are missed,
 *                                                counted, and not made up for; two runs never overlap
 *
 * A run that fails is told, and the next one comes in its time: what needs an earlier try again does that itself.
 */
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';

/** One time of being the only runner. */
export interface Term {
  /** Aborted when it ends. */
  readonly signal: AbortSignal;
  /** Asked right before anything is begun: a process that was paused sees here that its time is over. */
  holds(): boolean;
}

export interface PeriodicJob {
  /** As in metrics and in the account's status. */
  readonly name: string;
  readonly intervalMs: number;
  /** Rejects with what is wrong, in a sentence without secrets. Ends soon after the term does. */
  run(term: Term): Promise<void>;
}

export interface JobEvents {
  succeeded(job: PeriodicJob, run: { ms: number }): void;
  failed(job: PeriodicJob, run: { ms: number; message: string }): void;
  missed(job: PeriodicJob, runs: number): void;
}

export interface PeriodicOptions {
  events: JobEvents;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
}

const LONGEST_FIRST_WAIT_MS = 5_000;
/** Each interval is up to so much shorter or longer. */
const JITTER = 0.1;

/** Resolves when the term has ended and the run under way with it; never rejects. */
export async function runPeriodically(
  job: PeriodicJob,
  term: Term,
  { events, clock, random }: PeriodicOptions,
): Promise<void> {
  const { signal } = term;
  let waitMs = random() * Math.min(job.intervalMs, LONGEST_FIRST_WAIT_MS);
  for (;;) {
    await clock.sleep(waitMs, signal).catch(() => undefined);
    if (signal.aborted || !term.holds()) return;
    const startMs = clock.monotonicMs();
    const failure = await job.run(term).then(
      () => undefined,
      (error: unknown) => ({ message: messageOf(error) }),
    );
    const ms = clock.monotonicMs() - startMs;
    // What failed because the term ended is nobody's fault
    if (signal.aborted) return;
    if (failure) events.failed(job, { ms, ...failure });
    else events.succeeded(job, { ms });
    const missed = Math.floor(ms / job.intervalMs);
    if (missed > 0) events.missed(job, missed);
    waitMs = restOfInterval(job.intervalMs * (1 + JITTER * (2 * random() - 1)), ms);
  }
}

/** Until the next run is due, by the start of the last one. */
function restOfInterval(intervalMs: number, tookMs: number): number {
  return tookMs < intervalMs ? intervalMs - tookMs : intervalMs - (tookMs % intervalMs);
}
