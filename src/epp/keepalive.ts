import type { Clock, Timer } from '../lib/clock.ts';
import { LONGEST_TIMER_MS } from './earliest-timer.ts';

/** Says when a session has been silent for too long. */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
  }

  /** One timer that looks again, instead of one set anew by every command; a busy session is looked at soon again. */
  start(): void {
    const { clock, afterMs, lastWriteMs, onSilence } = this.#options;
    if (afterMs <= 0 || this.#stopped) return;
    const due = Math.max(lastWriteMs() + afterMs - clock.monotonicMs(), afterMs / 8);
    this.#timer = clock.after(Math.min(due, LONGEST_TIMER_MS), () => {
      if (clock.monotonicMs() - lastWriteMs() >= afterMs) onSilence();
      this.start();
    });
  }

  /** For ever. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}

export interface KeepaliveOptions {
  clock: Clock;
  /** Silence of ours in milliseconds; 0: it never matters. */
  afterMs: number;
  /** When we wrote last, in monotonic milliseconds. */
  lastWriteMs: () => number;
  onSilence: () => void;
}
