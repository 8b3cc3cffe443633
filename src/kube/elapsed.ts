import { uptime } from 'node:os';
import type { Clock } from '../lib/clock.ts';

/** A point in time of this process, on two clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly bootMs: number;
}

/**
 * Measures time that others measure too: by whichever went further of the monotonic clock, which stands still while the machine is
 * suspended, and the time since boot, which does not. A paused process sees the pause in both.
 */
export class Elapsed {
  readonly #clock: Clock;
  readonly #bootMs: () => number;

  /** `bootMs` is the time since boot in milliseconds; the system's own unless a test owns time. */
  constructor(clock: Clock, bootMs: () => number = () => uptime() * 1000) {
    this.#clock = clock;
    this.#bootMs = bootMs;
  }

  now(): Moment {
    return { monotonicMs: this.#clock.monotonicMs(), bootMs: this.#bootMs() };
  }

  /** Milliseconds since `moment`. */
  since(moment: Moment): number {
    const now = this.now();
    return Math.max(now.monotonicMs - moment.monotonicMs, now.bootMs - moment.bootMs);
  }
}
