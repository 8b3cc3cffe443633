/**
 * What the program needs of a Kubernetes API, by role. `client.ts` speaks to a real one, `src/embedded` holds one in memory;
 * controllers, allocator and holder know only these.
 */
import type { KubeObject, ObjectKey, Resource } from './objects.ts';

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface ObjectList<T> {
  items: T[];
  /** Where a watch continues from. */
  resourceVersion: string;
}

export interface Reader {
  /** The object as the store has it now (a quorum read), or undefined when there is none. */
  get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<T | undefined>;
  /** All objects as the store has them now (a quorum read), read in pages. */
  list<T extends KubeObject>(
    resource: Resource<T>,
    options?: ListOptions,
    signal?: AbortSignal,
  ): Promise<ObjectList<T>>;
}

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; resourceVersion: string };

export interface Watcher {
  /**
   * Changes after `resourceVersion`, in order. Ends (returns) when the server closes the stream; throws an ApiError, with
   * `isGone` true when the version is too old.
   */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
}

export interface DeleteOptions {
  uid?: string;
  resourceVersion?: string;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  gracePeriodSeconds?: number;
}

export interface Writer {
  create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T>;
  /** Replaces the object: a compare-and-swap on `metadata.resourceVersion`, which must be set. A conflict is an ApiError 409. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T>;
  /** Replaces the status subresource alone: a compare-and-swap as well. */
  replaceStatus<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T>;
  /** True when there was something to delete. */
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions, signal?: AbortSignal): Promise<boolean>;
}

/** An intent of server-side apply: what we want to own of an object. */
export type Intent<T extends KubeObject = KubeObject> = T | (KubeObject & Record<string, unknown>);

export interface Applier {
  /** Server-side apply of the whole intent, forced, as `fieldManager` (default `eppset`). With `metadata.uid` set it never resurrects. */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    intent: Intent<T>,
    options?: { fieldManager?: string; dryRun?: boolean },
    signal?: AbortSignal,
  ): Promise<T>;
  /** The same for the status subresource, as `eppset-status` by default. */
  applyStatus<T extends KubeObject>(
    resource: Resource<T>,
    intent: Intent<T>,
    options?: { fieldManager?: string },
    signal?: AbortSignal,
  ): Promise<T>;
}

export interface KubeClient extends Reader, Watcher, Writer, Applier {}
