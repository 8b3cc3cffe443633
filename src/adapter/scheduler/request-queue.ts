/**
 * Requests that wait for a connection of one account.
 *
 *   add ──▶ [ transforms ] ──▶ take     fair between tenants within a class (fair-queue.ts);
 *       ╲─▶ [ queries    ] ──▶          a class waits for none of the classes below it
 *        ╲▶ [ background ] ──▶
 *             │        │
 *     deadline│        │no room (queue-room.ts)
 *             ▼        ▼
 *          expired  displaced           told at once, and never handed out later
 */
import type { Clock, Timer } from '../../lib/clock.ts';
import { type FairEntry, FairQueue } from './fair-queue.ts';
import { PRIORITIES, type Priority } from './priority.ts';
import type { Guest, QueueRoom } from './queue-room.ts';

export interface QueueEntry extends FairEntry, Guest {
  readonly tenant: string;
  readonly priority: Priority;
  /** False: a further part of a request that takes its room by its first part. */
  readonly takesRoom: boolean;
  /** Called once, when the deadline passed in the queue. It has left the queue by then. */
  expired(): void;
  /** Called once, when there is no room for it any more: leaves by `RequestQueue.remove`. */
  pushedOut(): void;
  /** Of the deadline; kept by the queue. */
  timer: Timer | undefined;
}

export interface RequestQueueOptions {
  room: QueueRoom;
  clock: Clock;
  /** Names that one command takes of entries with one key. */
  mergeLimit: number;
}

export class RequestQueue<E extends QueueEntry> {
  readonly #room: QueueRoom;
  readonly #clock: Clock;
  readonly #classes: Record<Priority, FairQueue<E>>;

  constructor({ room, clock, mergeLimit }: RequestQueueOptions) {
    this.#room = room;
    this.#clock = clock;
    this.#classes = {
      transform: new FairQueue<E>({ mergeLimit }),
      query: new FairQueue<E>({ mergeLimit }),
      background: new FairQueue<E>({ mergeLimit }),
    };
  }

  get size(): number {
    const { transform, query, background } = this.#classes;
    return transform.size + query.size + background.size;
  }

  sizeOf(priority: Priority): number {
    return this.#classes[priority].size;
  }

  /** Commands that would serve all that wait. */
  get commands(): number {
    const { transform, query, background } = this.#classes;
    return transform.commands + query.commands + background.commands;
  }

  /** Commands that would serve all that wait in the class. */
  commandsOf(priority: Priority): number {
    return this.#classes[priority].commands;
  }

  /** Names that wait with that key. */
  namesOf(priority: Priority, key: string): number {
    return this.#classes[priority].costOf(key);
  }

  /** False when there is no room. An entry whose deadline has passed expires in the next turn of its timer. */
  add(entry: E): boolean {
    if (entry.takesRoom && !this.#room.enter(entry)) return false;
    this.#insert(entry);
    return true;
  }

  /** An attempt that was not sent, to its old place. It was let in before, so room is not asked again. */
  putBack(entry: E): void {
    if (entry.takesRoom) this.#room.enterAgain(entry);
    this.#insert(entry);
  }

  /** The next of that class whose deadline has not passed; it stays where it is. */
  peek(priority: Priority): E | undefined {
    const waiting = this.#classes[priority];
    for (let next = waiting.first; next; next = waiting.first) if (!this.#late(next)) return next;
    return undefined;
  }

  /** The next that may share a command with others of that key; it stays where it is. */
  peekOf(priority: Priority, key: string): E | undefined {
    const waiting = this.#classes[priority];
    for (let next = waiting.firstOf(key); next; next = waiting.firstOf(key)) {
      if (!this.#late(next)) return next;
    }
    return undefined;
  }

  /** Takes out what was peeked at; its tenant pays for it. */
  take(entry: E): void {
    this.#classes[entry.priority].take(entry);
    this.#left(entry);
  }

  /** Any that waits: to empty the queue. */
  takeAny(): E | undefined {
    for (const priority of PRIORITIES) {
      const next = this.#classes[priority].first;
      if (!next) continue;
      this.remove(next);
      return next;
    }
    return undefined;
  }

  /** False when it has left already. */
  remove(entry: E): boolean {
    if (!this.#classes[entry.priority].remove(entry)) return false;
    this.#left(entry);
    return true;
  }

  #late(entry: E): boolean {
    if (entry.deadlineMs > this.#clock.monotonicMs()) return false;
    this.remove(entry);
    entry.expired();
    return true;
  }

  #insert(entry: E): void {
    this.#classes[entry.priority].add(entry);
    const ms = Math.max(0, entry.deadlineMs - this.#clock.monotonicMs());
    entry.timer = this.#clock.after(ms, () => {
      if (this.remove(entry)) entry.expired();
    });
  }

  #left(entry: E): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    if (entry.seat) this.#room.leave(entry);
  }
}
