/** The instances that requests go to, each with its connections and what is under way there. */
import type { Instance, InstanceState } from './instance.ts';
import type { Deadlines } from './upstream/deadlines.ts';
import { Upstream } from './upstream/upstream.ts';

/** An instance for as long as it is listed, whatever changes about it. */
export interface TrackedInstance extends Instance {
  readonly upstream: Upstream;
  /** Requests that are not answered yet. */
  outstanding: number;
  /** What it said last of the commands it could take on, for the balancer `weight`. */
  capacity: number | undefined;
}

class Tracked implements TrackedInstance {
  readonly id: string;
  readonly origin: string;
  readonly upstream: Upstream;
  readonly source: Instance['source'];
  set: string | undefined;
  state: InstanceState = 'ready';
  weight = 0;
  outstanding = 0;
  capacity: number | undefined;

  constructor({ id, origin, source }: Instance, deadlines: Deadlines) {
    this.id = id;
    this.origin = origin;
    this.source = source;
    this.upstream = new Upstream(origin, deadlines);
  }

  take({ set, state, weight }: Instance): void {
    this.set = set;
    this.state = state;
    this.weight = weight;
  }
}

export class InstanceTable {
  readonly #deadlines: Deadlines;
  #tracked = new Map<string, Tracked>();

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** In the order of the list; a new array after each `take`. */
  get all(): TrackedInstance[] {
    return [...this.#tracked.values()];
  }

  /** A new list: who stays keeps connections and counts, who has gone finishes what is under way. */
  take(instances: readonly Instance[]): void {
    const before = this.#tracked;
    this.#tracked = new Map();
    for (const instance of instances) {
      const known = before.get(instance.id);
      const tracked = known?.origin === instance.origin ? known : new Tracked(instance, this.#deadlines);
      tracked.take(instance);
      this.#tracked.set(instance.id, tracked);
    }
    for (const [id, tracked] of before) if (this.#tracked.get(id) !== tracked) tracked.upstream.close();
  }

  /** Cuts what is under way. */
  destroy(): void {
    for (const { upstream } of this.#tracked.values()) upstream.destroy();
  }
}
