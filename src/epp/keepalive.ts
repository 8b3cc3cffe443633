import type { Clock, Timer } from '../lib/clock.ts';
import type { EppCommand } from './command.ts';
import type { CommandFlow } from './command-flow.ts';
import { LONGEST_TIMER_MS } from './earliest-timer.ts';
import type { SessionOptions } from './session-options.ts';

/** How soon one that may not be sent now is asked for again: its time is not over, and others wait for room until it has gone. */
const NOT_NOW_MS = 250;

/** Speaks where a session has been silent for too long. */
export class Keepalive {
  readonly #options: Pick<SessionOptions, 'keepaliveAfterMs' | 'permit' | 'profile' | 'timeouts'> & {
    clock: Clock;
  };
  readonly #flow: CommandFlow;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: SessionOptions, flow: CommandFlow) {
    this.#options = options;
    this.#flow = flow;
  }

  /** One timer that looks again, instead of one set anew by every command; a busy session is looked at soon again. */
  start(): void {
    const { clock, keepaliveAfterMs: afterMs } = this.#options;
    if (afterMs <= 0 || this.#stopped) return;
    this.#lookAfter(Math.max(this.#flow.lastWriteMs + afterMs - clock.monotonicMs(), afterMs / 8));
  }

  #lookAfter(ms: number): void {
    const { clock, keepaliveAfterMs: afterMs, permit } = this.#options;
    this.#timer = clock.after(Math.min(ms, LONGEST_TIMER_MS), () => {
      const silent = clock.monotonicMs() - this.#flow.lastWriteMs >= afterMs;
      if (silent && this.#flow.inFlight === 0) {
        if (permit.maySpeak?.() === false) {
          this.#lookAfter(Math.min(NOT_NOW_MS, afterMs / 8));
          return;
        }
        this.#speak();
      }
      this.start();
    });
  }

  /** For ever. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #speak(): void {
    const { profile, timeouts } = this.#options;
    const command: EppCommand =
      profile.keepalive === 'poll'
        ? { command: 'poll', body: { op: 'req' } }
        : { command: 'hello', body: {} };
    // a failure is the session's, and `ended` tells it
    this.#flow.request(command, { timeoutMs: timeouts.commandMs }).catch(() => {});
  }
}
