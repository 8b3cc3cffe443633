import type { Clock, Timer } from '../lib/clock.ts';

/** The time that the phase of the moment has: a new phase takes the place of the old one. */
export class PhaseTimer {
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get running(): boolean {
    return this.#timer !== undefined;
  }

  start(ms: number, onTimeout: () => void): void {
    this.stop();
    this.#timer = this.#clock.after(ms, onTimeout);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
