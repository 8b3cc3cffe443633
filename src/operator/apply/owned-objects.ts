import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import { isConflict } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import { type KubeObject, keyOf, keyString, type ObjectKey, type Resource } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import { isAsIntended, isOfIntent, stamped } from './intent.ts';

/** An object that shall exist, and as which kind. */
export interface Desired {
  resource: Resource;
  object: KubeObject;
}

/** The part of an informer that is read here. */
export interface Cache<T extends KubeObject = KubeObject> {
  get(key: ObjectKey): T | undefined;
  byIndex(index: string, value: string): T[];
}

/** Name of the index of the caches by the UID of the controlling owner. */
export const BY_OWNER = 'owner';

export function ownerUids(object: KubeObject): string[] {
  const { ownerReferences = [] } = object.metadata;
  return ownerReferences.filter((owner) => owner.controller === true).map(({ uid }) => uid);
}

/** What came of bringing objects about. */
export interface Outcome {
  created: string[];
  /** Set back after somebody else had changed them. */
  corrected: string[];
  changed: string[];
  removed: string[];
  /** Being deleted, or left by a predecessor of the same name: to be tried again. */
  waiting: string[];
  /** Names that are somebody else's objects: `Service default/core-bj`. */
  taken: string[];
}

/** What we wrote last. */
interface LastWrite {
  /** The version in the cache when we wrote. */
  cached: string | undefined;
  /** The API's answer, for as long as the cache has not seen it. */
  stored: KubeObject | undefined;
  version: string;
  checksum: string;
}

export interface OwnedObjectsOptions {
  client: Pick<KubeClient, 'get' | 'apply' | 'delete' | 'replace'>;
  clock: Clock;
  /** One a kind that may be owned, each with the index `BY_OWNER`. */
  kinds: readonly OwnedKind[];
}

export interface OwnedKind {
  resource: Resource;
  cache: Cache;
}

/** How long an object that someone deletes may keep our finalizer while its owner lives: the owner's own deletion may be on its way. */
const DELETION_GRACE_MS = 5_000;

/** Brings about and keeps up the objects that a custom resource owns, with as few writes as there are differences. */
export class OwnedObjects {
  readonly #client: OwnedObjectsOptions['client'];
  readonly #clock: Clock;
  readonly #kinds: readonly OwnedKind[];
  readonly #caches: ReadonlyMap<string, Cache>;
  /** By the owner's key, then by the object's name. */
  readonly #lastWrites = new Map<string, Map<string, LastWrite>>();
  /** When an object was first seen in deletion, by UID. */
  readonly #deletions = new Map<string, number>();

  constructor(options: OwnedObjectsOptions) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#kinds = options.kinds;
    this.#caches = new Map(options.kinds.map(({ resource, cache }) => [resource.kind, cache]));
  }

  /** Makes the objects of `owner` be exactly the desired ones. Throws what the API answers to a write. */
  async bring(owner: KubeObject, desired: readonly Desired[], signal: AbortSignal): Promise<Outcome> {
    const outcome: Outcome = {
      created: [],
      corrected: [],
      changed: [],
      removed: [],
      waiting: [],
      taken: [],
    };
    for (const item of desired) await this.#bringOne(owner, item, outcome, signal);
    const wanted = new Set(desired.map(({ object }) => nameOf(object)));
    for (const leftover of this.owned(owner)) {
      if (wanted.has(nameOf(leftover.object)) || leftover.object.metadata.deletionTimestamp) continue;
      if (await this.remove(leftover, 'Background', signal)) outcome.removed.push(nameOf(leftover.object));
    }
    return outcome;
  }

  /** What the caches have of the owner's objects. */
  owned(owner: KubeObject): Desired[] {
    const uid = owner.metadata.uid ?? '';
    return this.#kinds.flatMap(({ resource, cache }) =>
      cache.byIndex(BY_OWNER, uid).map((object) => ({ resource, object })),
    );
  }

  /** The object as last seen: in the cache, or in the answer to our own last write while the cache is behind it. */
  seen(owner: KubeObject, object: KubeObject): KubeObject | undefined {
    const cached = this.#caches.get(object.kind)?.get(keyOf(object));
    const last = this.#lastWrite(owner, object);
    if (last === undefined || cached === undefined) return cached;
    if (cached.metadata.resourceVersion === last.cached) return last.stored;
    last.stored = undefined;
    return cached;
  }

  /** The owner's own object of this kind and name, as last seen. */
  seenOwn<T extends KubeObject>(owner: KubeObject, { kind }: Resource<T>, name: string): T | undefined {
    const found = this.seen(owner, { ...owner, kind, metadata: { ...owner.metadata, name } });
    return found && ownerUids(found).includes(owner.metadata.uid ?? '') ? (found as T) : undefined;
  }

  /** Deletes the very object, without our finalizer. True when there was something to do. */
  async remove(
    { resource, object }: Desired,
    propagationPolicy: 'Background' | 'Foreground',
    signal: AbortSignal,
  ): Promise<boolean> {
    await this.release({ resource, object }, signal);
    const uid = object.metadata.uid;
    try {
      return await this.#client.delete(
        resource,
        keyOf(object),
        { propagationPolicy, ...(uid !== undefined && { uid }) },
        signal,
      );
    } catch (error) {
      // Another object of this name by now.
      if (isConflict(error)) return false;
      throw error;
    }
  }

  /** Takes our finalizer off. */
  async release({ resource, object }: Desired, signal: AbortSignal): Promise<void> {
    if (!object.metadata.finalizers?.includes(FINALIZER.drain)) return;
    const live = await this.#client.get(resource, keyOf(object), signal);
    if (live === undefined || live.metadata.uid !== object.metadata.uid) return;
    const finalizers = live.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER.drain)) return;
    const rest = finalizers.filter((name) => name !== FINALIZER.drain);
    await this.#client.replace(
      resource,
      { ...live, metadata: { ...live.metadata, finalizers: rest } },
      signal,
    );
  }

  /** The owner is gone for good. */
  forget(owner: ObjectKey): void {
    this.#lastWrites.delete(keyString(owner));
  }

  async #bringOne(owner: KubeObject, desired: Desired, outcome: Outcome, signal: AbortSignal): Promise<void> {
    const { resource, object } = desired;
    const name = nameOf(object);
    // The caches hold what carries our labels: what they do not know may still be there.
    const live = this.seen(owner, object) ?? (await this.#client.get(resource, keyOf(object), signal));
    if (live !== undefined) {
      const isOurs = ownerUids(live).includes(owner.metadata.uid ?? '');
      if (!isOurs && !isPredecessors(live, owner)) {
        outcome.taken.push(name);
        return;
      }
      if (!isOurs || live.metadata.deletionTimestamp !== undefined) {
        outcome.waiting.push(name);
        const mayGo = live.metadata.deletionTimestamp !== undefined && (!isOurs || this.#mayRelease(live));
        if (mayGo) await this.release({ resource, object: live }, signal);
        return;
      }
    }
    const wanted = stamped(object);
    const { intent, checksum } = wanted;
    const unchanged = live !== undefined && isOfIntent(wanted, live);
    if (unchanged && (isAsIntended(wanted, live) || this.#cannotCover(owner, live, checksum))) return;
    const cached = this.#caches.get(object.kind)?.get(keyOf(object))?.metadata.resourceVersion;
    const stored = await this.#client.apply(resource, intent, {}, signal);
    this.#remember(owner, name, { cached, stored, version: versionOf(stored), checksum });
    if (live === undefined) outcome.created.push(name);
    else if (unchanged) outcome.corrected.push(name);
    else outcome.changed.push(name);
  }

  /** The API turned our last write of this intent into something that does not look like it, and nothing has changed since. */
  #cannotCover(owner: KubeObject, live: KubeObject, checksum: string): boolean {
    const last = this.#lastWrite(owner, live);
    return last !== undefined && last.checksum === checksum && last.version === versionOf(live);
  }

  #lastWrite(owner: KubeObject, object: KubeObject): LastWrite | undefined {
    return this.#lastWrites.get(keyString(keyOf(owner)))?.get(nameOf(object));
  }

  #remember(owner: KubeObject, name: string, write: LastWrite): void {
    const key = keyString(keyOf(owner));
    const writes = this.#lastWrites.get(key) ?? new Map<string, LastWrite>();
    this.#lastWrites.set(key, writes.set(name, write));
  }

  #mayRelease(object: KubeObject): boolean {
    const uid = object.metadata.uid ?? '';
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = this.#deletions.get(uid) ?? nowMs;
    this.#deletions.set(uid, sinceMs);
    if (nowMs - sinceMs < DELETION_GRACE_MS) return false;
    this.#deletions.delete(uid);
    return true;
  }
}

/** `Service default/core-bj-adapter`. */
export function nameOf(object: KubeObject): string {
  return `${object.kind} ${keyString(keyOf(object))}`;
}

/** Changes with the spec where the kind counts generations: status may change as it likes. */
function versionOf({ metadata }: KubeObject): string {
  return metadata.generation === undefined
    ? `version ${metadata.resourceVersion}`
    : `generation ${metadata.generation}`;
}

/** Left by an owner of the same name, which is gone: the garbage collector takes it away. */
function isPredecessors(object: KubeObject, owner: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some(
    (reference) =>
      reference.controller === true &&
      reference.kind === owner.kind &&
      reference.name === owner.metadata.name &&
      reference.uid !== owner.metadata.uid,
  );
}
