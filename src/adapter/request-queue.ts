/**
 * Requests that wait for a connection of one account: first in, first out, transforms before queries.
 *
 *   add ──▶ [ transforms: ○ ○ ○ ] ──▶ take      O(1) at both ends and in the middle (lists with links both ways)
 *       ╲─▶ [ queries:    ○ ○ ○ ] ──▶
 *             │ deadline                        expired work is told at once and never handed out later
 *             ▼
 *          expired
 */
import type { Clock, Timer } from '../lib/clock.ts';

/** How many requests may wait, over all accounts of an adapter. */
export class QueueRoom {
  readonly limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  get full(): boolean {
    return this.#taken >= this.limit;
  }

  enter(): void {
    this.#taken++;
  }

  leave(): void {
    this.#taken--;
  }
}

export interface QueueEntry {
  /** Transforms are handed out before queries. */
  readonly transform: boolean;
  /** Monotonic milliseconds after which it is worth nothing any more. */
  readonly deadlineMs: number;
  /** Called once, when the deadline passed in the queue. It has left the queue by then. */
  expired(): void;
}

/** A place in the queue. */
export interface Waiting<E extends QueueEntry> {
  readonly entry: E;
  list: List<E> | undefined;
  before: Waiting<E> | undefined;
  after: Waiting<E> | undefined;
  timer: Timer | undefined;
}

interface List<E extends QueueEntry> {
  first: Waiting<E> | undefined;
  last: Waiting<E> | undefined;
}

export class RequestQueue<E extends QueueEntry> {
  readonly #room: QueueRoom;
  readonly #clock: Clock;
  readonly #transforms: List<E> = { first: undefined, last: undefined };
  readonly #queries: List<E> = { first: undefined, last: undefined };
  #size = 0;

  constructor(options: { room: QueueRoom; clock: Clock }) {
    this.#room = options.room;
    this.#clock = options.clock;
  }

  get size(): number {
    return this.#size;
  }

  /** Undefined when there is no room. An entry whose deadline has passed expires in the next turn of its timer. */
  add(entry: E): Waiting<E> | undefined {
    if (this.#room.full) return undefined;
    return this.#insert(entry, 'last');
  }

  /** Back to the front of its list: an attempt that was not sent keeps its place. It was let in before, so room is not asked again. */
  putBack(entry: E): Waiting<E> {
    return this.#insert(entry, 'first');
  }

  /** The next entry whose deadline has not passed. */
  take(): E | undefined {
    for (;;) {
      const next = this.#transforms.first ?? this.#queries.first;
      if (!next) return undefined;
      this.remove(next);
      if (next.entry.deadlineMs > this.#clock.monotonicMs()) return next.entry;
      next.entry.expired();
    }
  }

  /** False when it has left already. */
  remove(waiting: Waiting<E>): boolean {
    const { list, before, after } = waiting;
    if (!list) return false;
    if (before) before.after = after;
    else list.first = after;
    if (after) after.before = before;
    else list.last = before;
    waiting.list = waiting.before = waiting.after = undefined;
    waiting.timer?.cancel();
    this.#size--;
    this.#room.leave();
    return true;
  }

  #insert(entry: E, where: 'first' | 'last'): Waiting<E> {
    const list = entry.transform ? this.#transforms : this.#queries;
    const waiting: Waiting<E> = {
      entry,
      list,
      before: where === 'last' ? list.last : undefined,
      after: where === 'first' ? list.first : undefined,
      timer: undefined,
    };
    if (waiting.before) waiting.before.after = waiting;
    else list.first = waiting;
    if (waiting.after) waiting.after.before = waiting;
    else list.last = waiting;
    this.#size++;
    this.#room.enter();
    waiting.timer = this.#clock.after(Math.max(0, entry.deadlineMs - this.#clock.monotonicMs()), () => {
      if (this.remove(waiting)) entry.expired();
    });
    return waiting;
  }
}
