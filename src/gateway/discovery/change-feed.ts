/** What changes in a list of instances, numbered, with the last changes kept for those who were away for a moment. */
import type { Instance, InstanceSource } from '../instance.ts';

/** From one list to the next. */
export interface InstanceChange {
  readonly id: number;
  /** New ones, and those of which anything is different now. */
  readonly upserted: readonly Instance[];
  /** What stood there before, of those that were there. */
  readonly replaced: readonly Instance[];
  /** Those that are gone, as they were. */
  readonly removed: readonly Instance[];
}

/** Changes that are kept. */
const HISTORY = 256;

export class ChangeFeed {
  readonly #source: InstanceSource;
  readonly #leave: () => void;
  readonly #listeners = new Set<(change: InstanceChange) => void>();
  readonly #history: InstanceChange[] = [];
  #known: ReadonlyMap<string, Instance>;
  #lastId = 0;

  constructor(source: InstanceSource) {
    this.#source = source;
    this.#known = byId(source.instances);
    this.#leave = source.subscribe(() => this.#look());
  }

  /** Of the latest change; 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The changes after this one; undefined where some of them are forgotten, or it never was. */
  since(id: number): readonly InstanceChange[] | undefined {
    const first = this.#lastId - this.#history.length;
    return id < first || id > this.#lastId ? undefined : this.#history.slice(id - first);
  }

  onChange(listener: (change: InstanceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#leave();
    this.#listeners.clear();
  }

  #look(): void {
    const before = this.#known;
    const now = byId(this.#source.instances);
    const upserted = [...now.values()].filter((instance) => before.get(instance.id) !== instance);
    const replaced = upserted.flatMap(({ id }) => before.get(id) ?? []);
    const removed = [...before.values()].filter(({ id }) => !now.has(id));
    if (upserted.length + removed.length === 0) return;
    this.#known = now;
    this.#lastId += 1;
    const change = { id: this.#lastId, upserted, replaced, removed };
    this.#history.push(change);
    if (this.#history.length > HISTORY) this.#history.shift();
    for (const listener of [...this.#listeners]) listener(change);
  }
}

function byId(instances: readonly Instance[]): ReadonlyMap<string, Instance> {
  return new Map(instances.map((instance) => [instance.id, instance]));
}

/** The part of a change that concerns a set; undefined where nothing does. One that left the set for another is removed from it. */
export function changeOfSet(change: InstanceChange, set: string): InstanceChange | undefined {
  const ofSet = (instance: Instance) => instance.set === set;
  const upserted = change.upserted.filter(ofSet);
  const stays = new Set(upserted.map(({ id }) => id));
  const replaced = change.replaced.filter(ofSet);
  const moved = replaced.filter(({ id }) => !stays.has(id));
  const removed = [...change.removed.filter(ofSet), ...moved];
  return upserted.length + removed.length === 0 ? undefined : { id: change.id, upserted, replaced, removed };
}
