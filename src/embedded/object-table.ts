import type { KubeObject, ObjectKey, Resource } from '../kube/objects.ts';
import { keyOf, keyString } from '../kube/objects.ts';
import type { Managers } from './field-managers.ts';
import { type Change, History } from './history.ts';
import { groupOf } from './refusals.ts';

/** An object and who owns its fields. Never changed, only replaced. */
export interface StoredObject {
  readonly object: KubeObject;
  readonly managers: Managers;
}

/** Versions begin here, so that a version which is surely too old exists from the start. */
const FIRST_VERSION = 1_000;

/** All objects of all kinds under one counter of versions. Synchronous: what is read here is what is there. */
export class ObjectTable {
  readonly history: History;
  readonly #kinds = new Map<string, { resource: Resource; objects: Map<string, StoredObject> }>();
  readonly #listeners: ((change: Change) => void)[] = [];

  constructor(historyLimit: number) {
    this.history = new History(historyLimit, FIRST_VERSION);
  }

  get(resource: Resource, key: ObjectKey): StoredObject | undefined {
    return this.#kinds.get(kindKey(resource))?.objects.get(keyString(key));
  }

  /** All objects of one kind, sorted by namespace and name. */
  list(resource: Resource): KubeObject[] {
    const objects = this.#kinds.get(kindKey(resource))?.objects ?? new Map<string, StoredObject>();
    return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stored]) => stored.object);
  }

  /** All objects of all kinds, in no order that means anything. */
  *everything(): Generator<{ resource: Resource; object: KubeObject }> {
    for (const { resource, objects } of this.#kinds.values())
      for (const { object } of [...objects.values()]) yield { resource, object };
  }

  /** The same with who owns their fields. */
  stored(): ({ resource: Resource } & StoredObject)[] {
    return [...this.#kinds.values()].flatMap(({ resource, objects }) =>
      [...objects.values()].map((stored) => ({ resource, ...stored })),
    );
  }

  /** Stores the object under a new version and returns it with that. */
  put(resource: Resource, object: KubeObject, managers: Managers): KubeObject {
    const version = this.history.version + 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const kind = this.#kind(resource);
    const key = keyString(keyOf(object));
    const previous = kind.objects.get(key)?.object;
    kind.objects.set(key, { object: stored, managers });
    this.#tell({
      version,
      resource: kind.resource,
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      object: stored,
      previous,
    });
    return stored;
  }

  /** Takes the object away; `last` is its state that watches are told. */
  remove(resource: Resource, last: KubeObject): KubeObject {
    const version = this.history.version + 1;
    const kind = this.#kind(resource);
    const key = keyString(keyOf(last));
    const previous = kind.objects.get(key)?.object;
    const object = { ...last, metadata: { ...last.metadata, resourceVersion: String(version) } };
    kind.objects.delete(key);
    this.#tell({ version, resource: kind.resource, type: 'DELETED', object, previous });
    return object;
  }

  /** Calls `listener` synchronously after every change. */
  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  #kind(resource: Resource) {
    const key = kindKey(resource);
    const found = this.#kinds.get(key);
    if (found !== undefined) return found;
    const kind = { resource, objects: new Map<string, StoredObject>() };
    this.#kinds.set(key, kind);
    return kind;
  }

  #tell(change: Change): void {
    this.history.append(change);
    for (const listener of this.#listeners) listener(change);
  }
}

/** The group and the plural make a kind; its version is only a way to write it. */
export function kindKey(resource: Resource): string {
  return `${resource.plural}.${groupOf(resource.apiVersion)}`;
}
