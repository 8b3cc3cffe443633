/**
 * The commands of one session, from `send` to their replies.
 *
 *   add ──▶ waiting ○ ○ ○ ──▶ staged ◐ ◐ ──▶ written ● ● ──▶ answered
 *              │                 └──── in flight ────┘
 *              ▼                  at most `depth`; a transform only while nothing is in flight
 *           expired, withdrawn
 *
 * Staged: will be written before this turn of the event loop is over, together with its neighbours. Until then nobody but us
 * has seen it: if the session breaks, it was not sent.
 *
 * A reply of any command may end the session (25xx, RFC 5730 section 3) and leave what was written behind it unknown. So a
 * transform waits until everything before it is answered. Queries may follow it: they cannot harm it, as long as their
 * patience does not end the session under it (see `overdue`). The order is that of `add`: nothing overtakes.
 */
import { type Exchange, InFlight, type Match } from './in-flight.ts';
import type { ServerFrame } from './responses/response.ts';

const NONE: readonly Exchange[] = [];

export class Pipeline {
  readonly depth: number;
  readonly #waiting: Exchange[] = [];
  readonly #inFlight = new InFlight();
  /** So many of those in flight, the youngest, are staged. */
  #staged = 0;
  /** Something behind a transform got no reply in time: nothing is written any more. */
  #stuck = false;

  /** @param depth commands in flight at once */
  constructor(depth: number) {
    this.depth = depth;
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get staged(): number {
    return this.#staged;
  }

  /** A reply is overdue behind a transform: once that is answered the session must end. */
  get stuck(): boolean {
    return this.#stuck;
  }

  /** How many queries would go out at once if they were added now. */
  get room(): number {
    if (this.#stuck || this.#waiting.length > 0) return 0;
    return Math.max(0, this.depth - this.#inFlight.length);
  }

  add(exchange: Exchange): void {
    this.#waiting.push(exchange);
  }

  /** False when it does not wait any more. */
  remove(exchange: Exchange): boolean {
    const at = this.#waiting.indexOf(exchange);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  /** Stages what may go out now. Returns those that it met after their deadline: they have left, and never go out. */
  stage(nowMs: number): readonly Exchange[] {
    let expired: Exchange[] | undefined;
    for (let next = this.#waiting[0]; next && this.#mayGo(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      if (next.deadlineMs <= nowMs) {
        expired ??= [];
        expired.push(next);
        continue;
      }
      this.#inFlight.add(next);
      this.#staged++;
    }
    return expired ?? NONE;
  }

  #mayGo({ command }: Exchange): boolean {
    const { length } = this.#inFlight;
    return length === 0 || (length < this.depth && !command.transform && !this.#stuck);
  }

  /** What is staged, for the one write that must follow. */
  take(): Exchange[] {
    const staged = this.#inFlight.last(this.#staged);
    this.#staged = 0;
    return staged;
  }

  /** The exchange that a frame answers; it has left. */
  match(frame: ServerFrame): Match {
    return this.#inFlight.match(frame, this.#inFlight.length - this.#staged);
  }

  /** The exchange that an unreadable frame answers, as far as can be told; it has left. */
  matchUnreadable(document: string): Exchange | undefined {
    return this.#inFlight.matchUnreadable(document, this.#inFlight.length - this.#staged);
  }

  /** Those whose deadline passed while they waited. They have left. */
  takeExpired(nowMs: number): Exchange[] {
    const expired = this.#waiting.filter(({ deadlineMs }) => deadlineMs <= nowMs);
    if (expired.length > 0) {
      const left = this.#waiting.filter(({ deadlineMs }) => deadlineMs > nowMs);
      this.#waiting.splice(0, this.#waiting.length, ...left);
    }
    return expired;
  }

  /**
   * What got no reply in time. `fatal` ends the session: nothing tells any more which reply belongs to which command. But a
   * transform (always the oldest in flight) has time of its own, which a query behind it must not cut short: then the late
   * ones are `givenUp`, and what is `stuck` ends with the transform's reply.
   */
  overdue(nowMs: number): { fatal: Exchange | undefined; givenUp: Exchange[] } {
    const late = this.#inFlight.overdue(nowMs);
    const { head } = this.#inFlight;
    if (late.length === 0 || !head?.command.transform || late[0] === head) {
      return { fatal: late[0], givenUp: [] };
    }
    for (const exchange of late) exchange.givenUp = true;
    this.#stuck = true;
    return { fatal: undefined, givenUp: late };
  }

  /** When `takeExpired` or `overdue` has something to tell next, in monotonic milliseconds; Infinity: never. */
  nextDueMs(): number {
    let next = this.#inFlight.nextDueMs();
    for (const { deadlineMs } of this.#waiting) if (deadlineMs < next) next = deadlineMs;
    return next;
  }

  /** Empties it. */
  takeAll(): { written: Exchange[]; unwritten: Exchange[] } {
    const staged = this.take();
    const inFlight = this.#inFlight.takeAll();
    const written = inFlight.slice(0, inFlight.length - staged.length);
    return { written, unwritten: [...staged, ...this.#waiting.splice(0)] };
  }
}
