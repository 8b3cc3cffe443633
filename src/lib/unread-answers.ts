/**
 * Answers that nobody reads. A client that asks and asks without reading fills the buffers between us, and from then on each of its
 * answers holds a place among the requests at once. What it does not take in time is cut.
 *
 *   given ──▶ unread ──▶ late ──▶ its connection is cut
 *                │ taken by the system: the usual end, at once
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';

const PATIENCE_MS = 10_000;

export class UnreadAnswers {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #unread = new Set<ServerResponse>();
  readonly #late = new WeakSet<ServerResponse>();
  #looking = false;
  readonly #taken: (this: ServerResponse) => void;

  /** @param patienceMs it is cut after this time at the earliest, after twice as long at the latest; 10 s by default */
  constructor(clock: Clock, patienceMs = PATIENCE_MS) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    const unread = this.#unread;
    this.#taken = function taken() {
      unread.delete(this);
    };
  }

  /** Before it is written. */
  given(response: ServerResponse): void {
    this.#unread.add(response);
    // it comes once: `once` would make a listener for each answer
    response.on('close', this.#taken);
    if (!this.#looking) this.#lookLater();
  }

  #lookLater(): void {
    this.#looking = true;
    this.#clock.after(this.#patienceMs, () => {
      this.#looking = false;
      this.#look();
      if (this.#unread.size > 0) this.#lookLater();
    });
  }

  #look(): void {
    for (const response of this.#unread) {
      // one without a socket waits for its turn, behind a command that is at work
      if (!response.socket) continue;
      if (this.#late.has(response)) response.socket.destroy();
      else this.#late.add(response);
    }
  }
}
