import { setImmediate as nextTurn } from 'node:timers/promises';
import { FIELD_MANAGER } from '../api/v1alpha1/labels.ts';
import { NAMESPACE } from '../kube/builtin.ts';
import type {
  DeleteOptions,
  Intent,
  KubeClient,
  ListOptions,
  ObjectList,
  WatchEvent,
} from '../kube/interfaces.ts';
import { type KubeObject, keyOf, type ObjectKey, type Resource } from '../kube/objects.ts';
import { describe, objectPath } from '../kube/resource-path.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type Actor, applyIntent, ownershipAfterUpdate } from './field-managers.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { copyJson } from './json.ts';
import { type KeptObject, outlives, resumed } from './kept-objects.ts';
import { bare, mergeMeta, setStatus, statusOf } from './object-parts.ts';
import { ObjectTable, type StoredObject } from './object-table.ts';
import { ObjectWriter } from './object-writer.ts';
import * as refuse from './refusals.ts';
import { fieldMatcher, labelMatcher, type Matcher } from './selectors.ts';
import { encodeStringData, type ServedKind, ServedKinds } from './served-kinds.ts';
import { eventFor, watchFrom } from './watch-events.ts';

export interface StoreOptions {
  clock: Clock;
  log: Log;
  /** The custom resources that it serves. */
  kinds?: readonly ServedKind[];
  /** Changes that watches can go back. Default 2,000. */
  historyLimit?: number;
  /** What another store kept. */
  kept?: readonly KeptObject[];
}

/** A quiet watch is told its position after so many versions, so that it does not fall out of the history. */
const BOOKMARK_EVERY = 500;

/**
 * A Kubernetes API in memory: versions and compare-and-swap, watches, finalizers, owners, server-side apply, status subresources,
 * and custom resources defaulted and checked by their schemas. It has no access control, no admission policies, and of the
 * built-in kinds it checks nothing but the metadata.
 */
export class EmbeddedStore implements KubeClient {
  readonly #table: ObjectTable;
  readonly #kinds: ServedKinds;
  readonly #writer: ObjectWriter;
  readonly #collector: GarbageCollector;

  constructor(options: StoreOptions) {
    this.#kinds = new ServedKinds(options.kinds ?? []);
    this.#table = new ObjectTable(options.historyLimit ?? 2_000);
    this.#writer = new ObjectWriter(this.#table, options.clock);
    this.#collector = new GarbageCollector(this.#table, this, options.log);
    for (const { resource, object, managers } of (options.kept ?? []).map(resumed))
      this.#table.put(resource, object, managers);
    for (const name of ['default', 'kube-system'])
      if (this.#table.get(NAMESPACE, { name }) === undefined)
        this.#writer.insert(this.#kindOf('start', NAMESPACE), namespace(name));
  }

  /** What outlives this process. */
  snapshot(): KeptObject[] {
    return this.#table.stored().filter(({ resource }) => outlives(resource));
  }

  /** Calls `listener` after every change of what outlives this process. */
  onChange(listener: () => void): void {
    this.#table.onChange(({ resource }) => {
      if (outlives(resource)) listener();
    });
  }

  /** Resolves when nothing is left to collect: dependents of what is gone, namespaces that are to go. */
  settled(): Promise<void> {
    return this.#collector.settled();
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    objectPath(resource, key);
    await this.#turn(signal);
    this.#kindOf(describe('get', resource, key), resource);
    return copyJson(this.#table.get(resource, key)?.object) as T | undefined;
  }

  async list<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
    signal?: AbortSignal,
  ): Promise<ObjectList<T>> {
    await this.#turn(signal);
    const matches = this.#matcher(describe('list', resource), resource, options);
    const items = this.#table.list(resource).filter(matches).map(copyJson) as T[];
    return { items, resourceVersion: String(this.#table.history.version) };
  }

  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void> {
    const what = describe('watch', resource);
    const matches = this.#matcher(what, resource, options);
    const { history } = this.#table;
    let version = watchFrom(what, options.resourceVersion);
    let toldVersion = version;
    await this.#turn(signal);
    for (;;) {
      signal.throwIfAborted();
      const changes = history.after(version);
      if (changes === undefined) throw refuse.expired(what, String(version), history.oldest);
      for (const change of changes) {
        version = change.version;
        const event = eventFor<T>(change, resource, matches);
        if (event === undefined) continue;
        toldVersion = version;
        yield event;
        signal.throwIfAborted();
      }
      if (version - toldVersion >= BOOKMARK_EVERY) {
        toldVersion = version;
        yield { type: 'BOOKMARK', resourceVersion: String(version) };
      }
      if (version === history.version) await history.changed(signal);
      // As from a server, events of one burst come together, not each in the middle of the write that made it.
      await nextTurn();
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    const what = describe('create', resource, keyOf(object));
    const sent = copyJson(object);
    await this.#turn(signal);
    const kind = this.#kindOf(what, resource);
    this.#writer.checkPlace(what, kind, sent);
    if (sent.metadata.resourceVersion)
      throw refuse.badRequest(what, 'resourceVersion should not be set on objects to be created');
    if (this.#table.get(resource, keyOf(sent)) !== undefined)
      throw refuse.alreadyExists(what, resource, sent.metadata.name);
    const fresh = this.#writer.admit(what, kind, this.#writer.born(kind, sent), undefined);
    const actor: Actor = { manager: FIELD_MANAGER.objects, operation: 'Update', subresource: undefined };
    const managers = ownershipAfterUpdate(undefined, fresh, new Map(), actor, kind.shape);
    return copyJson(this.#table.put(resource, fresh, managers)) as T;
  }

  async replace<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    const what = describe('replace', resource, keyOf(object));
    const { kind, live, sent } = await this.#startReplace(what, resource, object, signal);
    const next = { ...sent, metadata: mergeMeta(live.object.metadata, sent.metadata) };
    if (kind.hasStatus) setStatus(next, statusOf(live.object));
    const actor: Actor = { manager: FIELD_MANAGER.objects, operation: 'Update', subresource: undefined };
    return this.#update(what, kind, live, next, actor) as T;
  }

  async replaceStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    signal?: AbortSignal,
  ): Promise<T> {
    const what = describe('replace status of', resource, keyOf(object));
    const { kind, live, sent } = await this.#startReplace(what, resource, object, signal);
    if (!kind.hasStatus) throw refuse.notServed(what);
    const next = { ...live.object };
    setStatus(next, statusOf(sent));
    const actor: Actor = { manager: FIELD_MANAGER.status, operation: 'Update', subresource: 'status' };
    return this.#update(what, kind, live, next, actor) as T;
  }

  async delete(
    resource: Resource,
    key: ObjectKey,
    options: DeleteOptions = {},
    signal?: AbortSignal,
  ): Promise<boolean> {
    const what = describe('delete', resource, key);
    objectPath(resource, key);
    await this.#turn(signal);
    const kind = this.#kindOf(what, resource);
    const live = this.#table.get(resource, key);
    if (live === undefined) return false;
    const { uid, resourceVersion } = live.object.metadata;
    if (options.uid !== undefined && options.uid !== uid)
      throw refuse.wrongUid(what, resource, key.name, options.uid, String(uid));
    if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion)
      throw refuse.modified(what, resource, key.name);
    this.#writer.markDeleted(kind, live, options);
    return true;
  }

  async apply<T extends KubeObject>(
    resource: Resource<T>,
    intent: Intent<T>,
    options: { fieldManager?: string; dryRun?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const what = describe('apply', resource, keyOf(intent));
    const actor: Actor = {
      manager: options.fieldManager ?? FIELD_MANAGER.objects,
      operation: 'Apply',
      subresource: undefined,
    };
    const sent = copyJson(intent) as KubeObject;
    await this.#turn(signal);
    const kind = this.#kindOf(what, resource);
    this.#writer.checkIntent(what, kind, sent);
    if (kind.hasStatus) setStatus(sent, undefined);
    const prepared = encodeStringData(sent);
    const live = this.#table.get(resource, keyOf(sent));
    if (live !== undefined)
      return this.#applyTo(what, kind, live, prepared, actor, options.dryRun === true) as T;
    this.#writer.checkPlace(what, kind, sent);
    const born = this.#writer.born(kind, bare(prepared));
    const { object, managers } = applyIntent(born, prepared, new Map(), actor, kind.shape);
    const fresh = this.#writer.admit(what, kind, object, undefined);
    return copyJson(options.dryRun === true ? fresh : this.#table.put(resource, fresh, managers)) as T;
  }

  async applyStatus<T extends KubeObject>(
    resource: Resource<T>,
    intent: Intent<T>,
    options: { fieldManager?: string } = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const what = describe('apply status of', resource, keyOf(intent));
    const manager = options.fieldManager ?? FIELD_MANAGER.status;
    const sent = copyJson(intent) as KubeObject;
    await this.#turn(signal);
    const kind = this.#kindOf(what, resource);
    if (!kind.hasStatus) throw refuse.notServed(what);
    this.#writer.checkIntent(what, kind, sent);
    const live = this.#table.get(resource, keyOf(sent));
    if (live === undefined) throw refuse.notFound(what, resource, sent.metadata.name);
    const status = bare(sent);
    setStatus(status, statusOf(sent));
    return this.#applyTo(
      what,
      kind,
      live,
      status,
      { manager, operation: 'Apply', subresource: 'status' },
      false,
    ) as T;
  }

  #applyTo(
    what: string,
    kind: ServedKind,
    live: StoredObject,
    intent: KubeObject,
    actor: Actor,
    dryRun: boolean,
  ): KubeObject {
    const { object, managers } = applyIntent(live.object, intent, live.managers, actor, kind.shape);
    const next = this.#writer.admit(what, kind, object, live.object);
    return copyJson(dryRun ? next : this.#writer.commit(kind, live, next, managers));
  }

  #update(what: string, kind: ServedKind, live: StoredObject, next: KubeObject, actor: Actor): KubeObject {
    const admitted = this.#writer.admit(what, kind, next, live.object);
    const managers = ownershipAfterUpdate(live.object, admitted, live.managers, actor, kind.shape);
    return copyJson(this.#writer.commit(kind, live, admitted, managers));
  }

  /** Requests are answered in a later turn of the event loop: callers that wait for each other leave room for I/O. */
  async #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await nextTurn();
    signal?.throwIfAborted();
  }

  #kindOf(what: string, resource: Resource): ServedKind {
    const kind = this.#kinds.find(resource);
    if (kind === undefined) throw refuse.notServed(what);
    return kind;
  }

  #matcher(what: string, resource: Resource, options: ListOptions): Matcher {
    const kind = this.#kindOf(what, resource);
    try {
      const byLabel = labelMatcher(options.labelSelector ?? '');
      const byField = fieldMatcher(options.fieldSelector ?? '', kind.selectable);
      const { namespace } = options;
      return (object) =>
        (namespace === undefined || !resource.namespaced || object.metadata.namespace === namespace) &&
        byLabel(object) &&
        byField(object);
    } catch (error) {
      throw refuse.badRequest(what, messageOf(error));
    }
  }

  async #startReplace<T extends KubeObject>(
    what: string,
    resource: Resource<T>,
    object: T,
    signal: AbortSignal | undefined,
  ): Promise<{ kind: ServedKind; live: StoredObject; sent: KubeObject }> {
    if (!object.metadata.resourceVersion)
      throw new Error(`${what}: metadata.resourceVersion is not set; read the object first`);
    objectPath(resource, keyOf(object));
    const sent = copyJson(object) as KubeObject;
    await this.#turn(signal);
    const kind = this.#kindOf(what, resource);
    const live = this.#table.get(resource, keyOf(sent));
    const { name, uid, resourceVersion } = sent.metadata;
    if (live === undefined) throw refuse.notFound(what, resource, name);
    if (uid !== undefined && uid !== live.object.metadata.uid)
      throw refuse.wrongUid(what, resource, name, uid, String(live.object.metadata.uid));
    if (resourceVersion !== live.object.metadata.resourceVersion) throw refuse.modified(what, resource, name);
    return { kind, live, sent };
  }
}

function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
