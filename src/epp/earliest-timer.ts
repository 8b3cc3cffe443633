import type { Clock, Timer } from '../lib/clock.ts';

/** setTimeout takes no more; a longer one would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Bounds how often it looks, however close together the times are. */
const SHORTEST_MS = 1;

/**
 * One timer for many points in time: set anew only for an earlier one. Commands are mostly answered long before their time,
 * so that a timer for each would be set and taken back in vain.
 */
export class EarliestTimer {
  readonly #clock: Clock;
  readonly #onDue: () => number;
  #timer: Timer | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  /** @param onDue does what is due and returns the next time, in monotonic milliseconds; Infinity: none */
  constructor(clock: Clock, onDue: () => number) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Looks at `atMs` (monotonic) or sooner. */
  watch(atMs: number): void {
    if (!(atMs < this.#atMs)) return;
    this.#timer?.cancel();
    this.#atMs = atMs;
    const ms = Math.max(SHORTEST_MS, atMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.after(Math.min(ms, LONGEST_TIMER_MS), () => {
      this.cancel();
      this.watch(this.#onDue());
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
