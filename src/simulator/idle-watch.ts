/** Drops a connection on which nothing was executed for too long. */
import type { Clock, Timer } from '../lib/clock.ts';

export interface IdleWatchOptions {
  clock: Clock;
  timeoutMs: number;
  /** True while something waits or is worked on: that is no idleness. */
  busy(): boolean;
  drop(): void;
}

export class IdleWatch {
  readonly #options: IdleWatchOptions;
  #timeoutMs: number;
  #lastActivityMs: number;
  #timer: Timer | undefined;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs;
    this.#lastActivityMs = options.clock.monotonicMs();
  }

  start(): void {
    const { clock, busy, drop } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.after(Math.max(this.#untilDropMs, 1), () => {
      if (busy()) this.touch();
      if (this.#untilDropMs > 0) this.start();
      else drop();
    });
  }

  touch(): void {
    this.#lastActivityMs = this.#options.clock.monotonicMs();
  }

  /** From now on it is dropped sooner, or later. */
  change(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
    this.start();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** How long the connection would still have been kept. */
  get leftMs(): number {
    return Math.max(0, this.#untilDropMs);
  }

  get #untilDropMs(): number {
    return this.#lastActivityMs + this.#timeoutMs - this.#options.clock.monotonicMs();
  }
}
