/** What the registry does by itself when its time has come. Looked at before each command, so that no timer is needed. */

interface Entry {
  readonly atMs: number;
  run(): void;
}

export class Agenda {
  /** The earliest first; of two at one time the one that came first. */
  readonly #entries: Entry[] = [];

  /** Milliseconds since 1970; Infinity where nothing waits. */
  get nextMs(): number {
    return this.#entries[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** @param run finds out by itself whether it is still wanted */
  add(at: Date, run: () => void): void {
    const atMs = at.getTime();
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, { atMs, run });
  }

  /** Does all that is due, in the order of its times; what that adds and is due as well, too. */
  run(nowMs: number): void {
    while (this.nextMs <= nowMs) this.#entries.shift()?.run();
  }
}
