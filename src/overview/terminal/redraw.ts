import type { Clock, Timer } from '../../lib/clock.ts';

/** Draws when asked, at most once in a time, and never a frame that is not asked for. */
export class Redraw {
  readonly #clock: Clock;
  readonly #draw: () => void;
  readonly #everyMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, draw: () => void, everyMs: number) {
    this.#clock = clock;
    this.#draw = draw;
    this.#everyMs = everyMs;
  }

  /** Soon: at once, or when the time since the last frame is over. */
  ask(): void {
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#lastMs + this.#everyMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.after(waitMs, () => {
      this.#timer = undefined;
      this.#lastMs = this.#clock.monotonicMs();
      this.#draw();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
