import type { Clock, Timer } from '../../../src/lib/clock.ts';
import type { World } from './world.ts';

const ROUNDING_MS = 1e-3;
/** What a wall clock shows when the simulation begins. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/**
 * A machine's clocks: their own zero, and a rate that is a little wrong. While the machine is suspended its monotonic clock stands still, and
 * timers with it; boot time and the clock on the wall go on. The latter is set by hand or by NTP whenever somebody likes.
 */
export class MachineClock implements Clock {
  readonly #world: World;
  readonly #rate: number;
  readonly #zero: number;
  /** Boot time at which the machine was suspended. */
  #suspendedAtMs: number | undefined;
  #sleptMs = 0;
  #wallStepsMs = 0;
  #asleep: (() => void)[] = [];

  constructor(world: World, rate = 1) {
    this.#world = world;
    this.#rate = rate;
    this.#zero = world.between(0, 1e7) - world.nowMs * rate;
  }

  bootMs(): number {
    return this.#zero + this.#world.nowMs * this.#rate;
  }

  monotonicMs(): number {
    return (this.#suspendedAtMs ?? this.bootMs()) - this.#sleptMs;
  }

  wall(): Date {
    return new Date(EPOCH_MS + this.bootMs() + this.#wallStepsMs);
  }

  suspend(): void {
    this.#suspendedAtMs ??= this.bootMs();
  }

  wake(): void {
    if (this.#suspendedAtMs === undefined) return;
    this.#sleptMs += this.bootMs() - this.#suspendedAtMs;
    this.#suspendedAtMs = undefined;
    const asleep = this.#asleep;
    this.#asleep = [];
    for (const timer of asleep) timer();
  }

  stepWall(ms: number): void {
    this.#wallStepsMs += ms;
  }

  /** Calls `run` when the monotonic clock has gone on by `ms`. */
  after(ms: number, run: () => void): Timer {
    const dueMs = this.monotonicMs() + ms;
    let cancelled = false;
    const look = () => {
      const leftMs = dueMs - this.monotonicMs();
      if (cancelled) return;
      if (this.#suspendedAtMs !== undefined) this.#asleep.push(look);
      else if (leftMs > ROUNDING_MS) this.#world.after(leftMs / this.#rate, look);
      else run();
    };
    const cancel = this.#world.after(ms / this.#rate, look);
    return {
      cancel() {
        cancelled = true;
        cancel();
      },
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }
}
