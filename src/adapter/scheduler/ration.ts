/**
 * Whether a command may go out now under the account's rate; if not, its host is called when one may. One timer, whatever waits.
 */
import type { Clock, Timer } from '../../lib/clock.ts';
import type { CommandRate, Left } from './command-rate.ts';

export interface RationOptions {
  rate: CommandRate;
  clock: Clock;
  /** There may be room by now. */
  onRoom(): void;
}

/** A timer may end a little early. */
const AT_LEAST_MS = 1;

export class Ration {
  readonly #options: RationOptions;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  /** Since when something could go out, were it not for the rate. */
  #sinceMs: number | undefined;
  #waitedMs = 0;

  constructor(options: RationOptions) {
    this.#options = options;
  }

  /** Something could go out, were it not for the rate. */
  get short(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** How long, all in all, nothing went out for the rate alone. */
  waitedMs(nowMs: number): number {
    return this.#waitedMs + (this.#sinceMs === undefined ? 0 : nowMs - this.#sinceMs);
  }

  /** @param left what the command must leave to others */
  allows(nowMs: number, left: Left): boolean {
    const { rate } = this.#options;
    if (!rate.limited || rate.may(nowMs, left)) return true;
    this.#sinceMs ??= nowMs;
    this.#awaitRoom(nowMs, left);
    return false;
  }

  sent(nowMs: number): void {
    this.#options.rate.sent(nowMs);
    this.#count(nowMs);
  }

  /** Nothing waits any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#count(this.#options.clock.monotonicMs());
  }

  #count(nowMs: number): void {
    if (this.#sinceMs === undefined) return;
    this.#waitedMs += nowMs - this.#sinceMs;
    this.#sinceMs = undefined;
  }

  #awaitRoom(nowMs: number, left: Left): void {
    const { rate, clock } = this.#options;
    // What leaves more to others has its room later
    if (this.#timer && (left.reserve || left.waiting > 0)) return;
    const waitMs = rate.waitMs(nowMs, left);
    // Nothing but a change brings room, and changes are told
    if (!Number.isFinite(waitMs) || nowMs + waitMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = nowMs + waitMs;
    this.#timer = clock.after(Math.max(AT_LEAST_MS, Math.ceil(waitMs)), () => {
      this.#timer = undefined;
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#count(clock.monotonicMs());
      this.#options.onRoom();
    });
  }
}
