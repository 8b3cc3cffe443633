/**
 * Entries of one priority, fair between tenants: start-time fair queueing. Pure; every step is O(log n).
 *
 *   tenants by what they were served ──▶ a: 41  ──▶ lanes by the deadline of their first ──▶ [com] ○ ○ ○     entries by deadline
 *   (its virtual time), least first      b: 42      (a lane: what may share a command)       [   ] ○         (then by age)
 *                                        c: 44
 *
 *   `first` is that of the tenant with the least. Taking it adds its cost to its tenant's time. A tenant that comes (again)
 *   starts at the present, so nobody saves up time by staying away, and a newcomer waits one round at most, however much the
 *   others have waiting.
 *
 *   `firstOf` a lane's key is the one to share a command with: of the tenants that have such entries the one with the least.
 *   It is paid for like any other, ahead of its turn.
 */
import { strict as assert } from 'node:assert';
import { Heap } from './heap.ts';

export interface FairEntry {
  readonly tenant: string;
  /** Monotonic milliseconds; a tenant's earliest is served first. */
  readonly deadlineMs: number;
  /** Of equal deadlines the smaller is served first. */
  readonly order: number;
  /** What serving it takes, of names or commands. */
  readonly cost: number;
  /** Entries with the same key may go into one command; undefined: this one goes alone. */
  readonly mergeKey: string | undefined;
  /** Where it waits; kept by the queue. */
  place: Place | undefined;
}

/** Where an entry stands: its heap, and where there. */
export interface Place {
  readonly lane: Lane;
  at: number;
}

interface Lane {
  readonly tenant: Tenant;
  readonly key: string | undefined;
  readonly entries: Heap<FairEntry>;
  /** Among the lanes of its tenant. */
  at: number;
  readonly group: Group | undefined;
  /** Among the lanes of its group, and the tenant's time when it was put there: that only grows, so it is mended when looked at. */
  groupAt: number;
  groupTime: number;
}

interface Tenant {
  readonly lanes: Map<string | undefined, Lane>;
  readonly byDeadline: Heap<Lane>;
  time: number;
  /** Of equal times the one that has stood there longer comes first. */
  turn: number;
  at: number;
}

/** The lanes of one key. */
interface Group {
  readonly byTime: Heap<Lane>;
  cost: number;
}

/** Tenants and lanes that have nothing waiting are kept, up to so many: most come again at once. */
const KEPT = 64;

const earlier = (a: FairEntry, b: FairEntry): boolean =>
  a.deadlineMs === b.deadlineMs ? a.order < b.order : a.deadlineMs < b.deadlineMs;

export class FairQueue<E extends FairEntry> {
  readonly #mergeLimit: number;
  readonly #tenants = new Map<string, Tenant>();
  readonly #groups = new Map<string, Group>();
  readonly #byTime = new Heap<Tenant>({
    before: (a, b) => (a.time === b.time ? a.turn < b.turn : a.time < b.time),
    moved: (tenant, at) => {
      tenant.at = at;
    },
  });
  #time = 0;
  /** The furthest of any tenant. */
  #latest = 0;
  #turns = 0;
  #size = 0;
  #commands = 0;

  /** @param options.mergeLimit cost that one command takes of entries with one key */
  constructor(options: { mergeLimit: number }) {
    this.#mergeLimit = options.mergeLimit;
  }

  get size(): number {
    return this.#size;
  }

  /** Commands that would serve all that wait. */
  get commands(): number {
    return this.#commands;
  }

  get first(): E | undefined {
    return this.#byTime.first?.byDeadline.first?.entries.first as E | undefined;
  }

  firstOf(key: string): E | undefined {
    const byTime = this.#groups.get(key)?.byTime;
    if (!byTime) return undefined;
    for (let lane = byTime.first; lane; lane = byTime.first) {
      if (lane.groupTime === lane.tenant.time) return lane.entries.first as E;
      lane.groupTime = lane.tenant.time;
      byTime.update(lane.groupAt);
    }
    return undefined;
  }

  /** Cost of all that wait with that key. */
  costOf(key: string): number {
    return this.#groups.get(key)?.cost ?? 0;
  }

  add(entry: E): void {
    assert(entry.place === undefined, 'an entry waits in one place');
    const tenant = this.#tenantOf(entry.tenant);
    const lane = this.#laneOf(tenant, entry.mergeKey);
    entry.place = { lane, at: -1 };
    lane.entries.add(entry);
    if (lane.at < 0) tenant.byDeadline.add(lane);
    else tenant.byDeadline.update(lane.at);
    if (tenant.at < 0) {
      tenant.time = Math.max(tenant.time, this.#time);
      tenant.turn = ++this.#turns;
      this.#byTime.add(tenant);
    }
    if (lane.group && lane.groupAt < 0) {
      lane.groupTime = tenant.time;
      lane.group.byTime.add(lane);
    }
    this.#count(lane.group, entry.cost, 1);
  }

  /** Takes it out and charges its tenant for it. */
  take(entry: E): void {
    const tenant = entry.place?.lane.tenant;
    assert(tenant, 'only what waits is taken');
    if (tenant === this.#byTime.first) this.#time = Math.max(this.#time, tenant.time);
    tenant.time += entry.cost;
    tenant.turn = ++this.#turns;
    this.#latest = Math.max(this.#latest, tenant.time);
    this.#byTime.update(tenant.at);
    this.remove(entry);
  }

  /** False when it has left already. */
  remove(entry: E): boolean {
    const { place } = entry;
    if (!place) return false;
    const { lane } = place;
    const { tenant, group } = lane;
    lane.entries.remove(place.at);
    entry.place = undefined;
    if (lane.entries.size > 0) {
      tenant.byDeadline.update(lane.at);
    } else {
      tenant.byDeadline.remove(lane.at);
      if (group) group.byTime.remove(lane.groupAt);
      if (tenant.lanes.size > KEPT) tenant.lanes.delete(lane.key);
      if (tenant.byDeadline.size === 0) this.#byTime.remove(tenant.at);
      // Nobody waits: what was owed to the others is settled
      if (this.#byTime.size === 0) this.#time = this.#latest;
    }
    this.#count(group, entry.cost, -1);
    return true;
  }

  #count(group: Group | undefined, cost: number, sign: 1 | -1): void {
    this.#size += sign;
    if (!group) {
      this.#commands += sign;
      return;
    }
    const before = Math.ceil(group.cost / this.#mergeLimit);
    group.cost += sign * cost;
    this.#commands += Math.ceil(group.cost / this.#mergeLimit) - before;
  }

  #tenantOf(name: string): Tenant {
    const known = this.#tenants.get(name);
    if (known) return known;
    if (this.#tenants.size > 2 * (KEPT + this.#byTime.size)) this.#forget();
    const tenant: Tenant = {
      lanes: new Map(),
      byDeadline: new Heap<Lane>({
        before: (a, b) => earlier(a.entries.first as FairEntry, b.entries.first as FairEntry),
        moved: (lane, at) => {
          lane.at = at;
        },
      }),
      time: this.#time,
      turn: 0,
      at: -1,
    };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #laneOf(tenant: Tenant, key: string | undefined): Lane {
    const known = tenant.lanes.get(key);
    if (known) return known;
    const entries = new Heap<FairEntry>({
      before: earlier,
      moved: ({ place }, at) => {
        if (place) place.at = at;
      },
    });
    const group = key === undefined ? undefined : this.#groupOf(key);
    const lane: Lane = { tenant, key, entries, at: -1, group, groupAt: -1, groupTime: 0 };
    tenant.lanes.set(key, lane);
    return lane;
  }

  #groupOf(key: string): Group {
    let group = this.#groups.get(key);
    if (!group) {
      const byTime = new Heap<Lane>({
        before: (a, b) => a.groupTime < b.groupTime,
        moved: (lane, at) => {
          lane.groupAt = at;
        },
      });
      group = { byTime, cost: 0 };
      this.#groups.set(key, group);
    }
    return group;
  }

  /** Drops who has nothing waiting: what they were served ahead of the others is forgiven. And the groups that nobody is in. */
  #forget(): void {
    for (const [name, tenant] of this.#tenants) if (tenant.at < 0) this.#tenants.delete(name);
    const used = new Set(
      [...this.#tenants.values()].flatMap(({ lanes }) => [...lanes.values()]).map(({ group }) => group),
    );
    for (const [key, group] of this.#groups) if (!used.has(group)) this.#groups.delete(key);
  }
}
