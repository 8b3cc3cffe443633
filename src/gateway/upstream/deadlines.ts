import { EarliestTimer } from '../../epp/earliest-timer.ts';
import type { Clock } from '../../lib/clock.ts';

export interface Due {
  /** When, in monotonic milliseconds; it may be put off without a word, never brought forward. */
  readonly dueMs: number;
  expire(): void;
}

/** One timer for all connections: most requests are answered long before their time. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #watched = new Set<Due>();
  readonly #timer: EarliestTimer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = new EarliestTimer(clock, () => this.#look());
  }

  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  watch(due: Due, atMs: number): void {
    this.#watched.add(due);
    this.#timer.watch(atMs);
  }

  forget(due: Due): void {
    this.#watched.delete(due);
    if (this.#watched.size === 0) this.#timer.cancel();
  }

  #look(): number {
    const nowMs = this.nowMs();
    let next = Number.POSITIVE_INFINITY;
    for (const due of [...this.#watched]) {
      if (due.dueMs <= nowMs) due.expire();
      else next = Math.min(next, due.dueMs);
    }
    return next;
  }
}
