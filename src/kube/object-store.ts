import type { KubeObject, ObjectKey } from './objects.ts';
import { keyOf, keyString } from './objects.ts';

/** What happened to an object. Objects are shared by all who read them: never change one. */
export type InformerEvent<T extends KubeObject> =
  | { type: 'added'; object: T }
  | { type: 'updated'; object: T; previous: T }
  | { type: 'deleted'; object: T };

/** Under which values an object is found, e.g. the names of what it refers to. */
export type IndexFunction<T extends KubeObject> = (object: T) => Iterable<string>;

interface Index<T extends KubeObject> {
  valuesOf: IndexFunction<T>;
  keys: Map<string, Set<string>>;
}

/**
 * What an informer has seen of one kind: the objects by key, and indexes over them. Every change is answered with the events
 * that tell it, so that a list after an outage tells exactly what was missed. Pure.
 */
export class ObjectStore<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyString(key));
  }

  /** All objects, sorted by key. */
  list(): T[] {
    return this.#pick([...this.#objects.keys()]);
  }

  /** The objects with this value in the index, sorted by key. Throws for an index that was not added. */
  byIndex(index: string, value: string): T[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`there is no index ${index}`);
    return this.#pick([...(found.keys.get(value) ?? [])]);
  }

  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    if (this.#indexes.has(name)) throw new Error(`there is an index ${name} already`);
    const index: Index<T> = { valuesOf, keys: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) enter(index, key, object);
  }

  /** Takes the state of one object. An object of another UID is another object: the old one is told as deleted. */
  put(object: T): InformerEvent<T>[] {
    const key = keyString(keyOf(object));
    const previous = this.#objects.get(key);
    this.#set(key, previous, object);
    if (previous === undefined) return [{ type: 'added', object }];
    if (previous.metadata.uid !== object.metadata.uid)
      return [
        { type: 'deleted', object: previous },
        { type: 'added', object },
      ];
    if (previous.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    return [{ type: 'updated', object, previous }];
  }

  /** Takes the last state of an object that is gone. */
  remove(object: T): InformerEvent<T>[] {
    const key = keyString(keyOf(object));
    const previous = this.#objects.get(key);
    if (previous === undefined) return [];
    this.#set(key, previous, undefined);
    return [{ type: 'deleted', object }];
  }

  /** Takes all objects that there are; what is not among them is gone. Deletions are told first. */
  replaceAll(objects: readonly T[]): InformerEvent<T>[] {
    const present = new Set(objects.map((object) => keyString(keyOf(object))));
    const gone = [...this.#objects].filter(([key]) => !present.has(key)).map(([, object]) => object);
    return [
      ...gone.flatMap((object) => this.remove(object)),
      ...objects.flatMap((object) => this.put(object)),
    ];
  }

  #pick(keys: string[]): T[] {
    return keys.sort().map((key) => this.#objects.get(key) as T);
  }

  #set(key: string, previous: T | undefined, object: T | undefined): void {
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) leave(index, key, previous);
      if (object !== undefined) enter(index, key, object);
    }
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
  }
}

function enter<T extends KubeObject>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value);
    if (keys === undefined) index.keys.set(value, new Set([key]));
    else keys.add(key);
  }
}

function leave<T extends KubeObject>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keys.delete(value);
  }
}
