/**
 * How many requests may wait, over all accounts of an adapter, and who has to leave when one more comes and there is no room.
 *
 *   a transform pushes out background work, then queries;
 *   a query pushes out background work;
 *   within a class the tenant with the most loses its newest, if the newcomer's tenant has less even with the newcomer:
 *   so everybody comes to have the same, or what he wants where that is less (max-min fair).
 */
import { strict as assert } from 'node:assert';
import { Heap } from './heap.ts';
import { PRIORITIES, type Priority } from './priority.ts';

/** One that waits. */
export interface Guest {
  readonly priority: Priority;
  readonly tenant: string;
  /** It has to leave for another: takes itself out, by way of `QueueRoom.leave`. */
  pushedOut(): void;
  /** Kept by the room. */
  seat: Seat | undefined;
}

/** Neighbours among the guests of one tenant and class, oldest first. */
export interface Seat {
  readonly guest: Guest;
  readonly party: Party;
  before: Seat | undefined;
  after: Seat | undefined;
}

/** Those of one tenant in one class. */
export interface Party {
  readonly tenant: string;
  count: number;
  newest: Seat | undefined;
  /** In the heap of its class; -1 while it is empty. */
  at: number;
}

interface Class {
  readonly parties: Map<string, Party>;
  /** The one with the most first. */
  readonly bySize: Heap<Party>;
}

export class QueueRoom {
  readonly limit: number;
  #taken = 0;
  readonly #classes = Object.fromEntries(PRIORITIES.map((name) => [name, newClass()])) as Record<
    Priority,
    Class
  >;

  constructor(limit: number) {
    this.limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** False when there is no room, and nobody who has to make some. */
  enter(guest: Guest): boolean {
    if (this.#taken >= this.limit && !this.#makeRoom(guest)) return false;
    this.enterAgain(guest);
    return true;
  }

  /** One that was let in before: room is not asked again. */
  enterAgain(guest: Guest): void {
    assert(guest.seat === undefined, 'a guest has one seat');
    const { parties, bySize } = this.#classes[guest.priority];
    let party = parties.get(guest.tenant);
    if (!party) {
      party = { tenant: guest.tenant, count: 0, newest: undefined, at: -1 };
      parties.set(guest.tenant, party);
    }
    const seat: Seat = { guest, party, before: party.newest, after: undefined };
    if (party.newest) party.newest.after = seat;
    party.newest = seat;
    party.count++;
    if (party.at < 0) bySize.add(party);
    else bySize.update(party.at);
    guest.seat = seat;
    this.#taken++;
  }

  leave(guest: Guest): void {
    const { seat } = guest;
    assert(seat, 'only a guest can leave');
    const { party, before, after } = seat;
    if (before) before.after = after;
    if (after) after.before = before;
    else party.newest = before;
    guest.seat = undefined;
    party.count--;
    this.#taken--;
    const { parties, bySize } = this.#classes[guest.priority];
    if (party.count > 0) {
      bySize.update(party.at);
    } else {
      bySize.remove(party.at);
      parties.delete(party.tenant);
    }
  }

  #makeRoom(newcomer: Guest): boolean {
    const own = PRIORITIES.indexOf(newcomer.priority);
    for (let rank = PRIORITIES.length - 1; rank >= own; rank--) {
      const { parties, bySize } = this.#classes[PRIORITIES[rank] as Priority];
      const biggest = bySize.first;
      if (!biggest?.newest) continue;
      const mine = rank === own ? (parties.get(newcomer.tenant)?.count ?? 0) : 0;
      if (rank === own && mine + 1 >= biggest.count) return false;
      const before = this.#taken;
      biggest.newest.guest.pushedOut();
      assert(this.#taken < before, 'who is pushed out leaves');
      return true;
    }
    return false;
  }
}

function newClass(): Class {
  return {
    parties: new Map(),
    bySize: new Heap<Party>({
      before: (a, b) => a.count > b.count,
      moved: (party, at) => {
        party.at = at;
      },
    }),
  };
}
