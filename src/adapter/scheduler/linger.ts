/**
 * Whether a check should wait a moment for others to share its command. Pure.
 *
 * It pays only where so many come that the command is full within the moment: then the wait is repaid by the commands that it
 * saves. Anywhere else it would cost time and save nothing, so a check goes out at once.
 */
export const LINGER_MS = 1; // a timer of 1 ms ends within 2

/** Over which the rate of arrivals is taken. */
const WINDOW_MS = 20;
/** Keys that are watched; checks of further ones never wait. */
const KEYS = 64;

interface Arrivals {
  /** Names, those of the past fading away. */
  names: number;
  atMs: number;
  /** Since when a check waits for others; undefined while none does. */
  sinceMs: number | undefined;
}

export class Linger {
  readonly #arrivals = new Map<string, Arrivals>();

  /** To be told of every check. */
  arrived(key: string, names: number, nowMs: number): void {
    const arrivals = this.#arrivals.get(key);
    if (arrivals) {
      arrivals.names = faded(arrivals, nowMs) + names;
      arrivals.atMs = nowMs;
    } else {
      if (this.#arrivals.size >= KEYS) this.#forget(nowMs);
      if (this.#arrivals.size < KEYS) this.#arrivals.set(key, { names, atMs: nowMs, sinceMs: undefined });
    }
  }

  /**
   * Milliseconds that a command may wait for more names; 0: it goes out now.
   * @param missing names that still fit into it
   */
  waitMs(key: string, missing: number, nowMs: number): number {
    const arrivals = this.#arrivals.get(key);
    if (!arrivals || missing <= 0) return 0;
    const perMs = faded(arrivals, nowMs) / WINDOW_MS;
    if (perMs * LINGER_MS < missing) return 0;
    arrivals.sinceMs ??= nowMs;
    return Math.max(0, arrivals.sinceMs + LINGER_MS - nowMs);
  }

  /** A command of that key goes out. */
  sent(key: string): void {
    const arrivals = this.#arrivals.get(key);
    if (arrivals) arrivals.sinceMs = undefined;
  }

  #forget(nowMs: number): void {
    for (const [key, arrivals] of this.#arrivals)
      if (faded(arrivals, nowMs) < 0.01) this.#arrivals.delete(key);
  }
}

function faded({ names, atMs }: Arrivals, nowMs: number): number {
  return names * Math.exp((atMs - nowMs) / WINDOW_MS);
}
