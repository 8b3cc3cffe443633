import { Backoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { abortable } from './abortable.ts';
import { isGone } from './api-error.ts';
import type { ListOptions, Reader, Watcher } from './interfaces.ts';
import { type IndexFunction, type InformerEvent, ObjectStore } from './object-store.ts';
import { type KubeObject, keyOf, keyString, type ObjectKey, type Resource } from './objects.ts';

export type { IndexFunction, InformerEvent } from './object-store.ts';

export interface InformerOptions<T extends KubeObject> extends ListOptions {
  client: Reader & Watcher;
  resource: Resource<T>;
  clock: Clock;
  log: Log;
  /** What is kept of an object, and told to all: never another name, namespace, UID or version. Default: all of it. */
  keep?: (object: T) => T;
  /** Tells every object again as `updated` (with `previous` the same object) in this period, jittered. Default: never. */
  resyncMs?: number;
  /** The first and the longest wait after a failure, before jitter. Default 800 ms and 30 s, client-go's. */
  backoff?: { baseMs: number; maxMs: number };
}

export type InformerHandler<T extends KubeObject> = (event: InformerEvent<T>) => void;

/** The part of an informer that a controller needs. */
export interface EventSource<T extends KubeObject> {
  onEvent(handler: InformerHandler<T>): () => void;
  synced(signal?: AbortSignal): Promise<void>;
}

/** A watch that ends sooner than this without a word counts as a failure: else a broken proxy makes us spin. */
const SHORT_WATCH_MS = 1_000;
/**
 * After so many failures in a row the objects are listed again, even though the version might still do: a store that was
 * restored from a backup has taken its versions back, and a watch from one in its future is silent.
 */
const FAILURES_BEFORE_LIST = 2;

/**
 * A local copy of the objects of one kind, kept up to date by list and watch until its signal is aborted: no error ends it.
 *
 *          +--- 410, or a second failure ---+
 *          v                                |
 *   run -> list -- diff to the copy --> watch --+  the server ends it, a stream breaks, silence:
 *          |  ^                             ^   |  go on from the last version
 *          +--+ failure: wait, again        +---+
 *
 * What was missed in between is told by comparing the list with the copy, deletions included.
 */
export class Informer<T extends KubeObject> implements EventSource<T> {
  readonly #options: InformerOptions<T>;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #store = new ObjectStore<T>();
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #firstList = Promise.withResolvers<void>();
  #hasSynced = false;
  #running = false;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#log = options.log.child({ informer: options.resource.plural });
    this.#backoff = new Backoff(options.backoff ?? { baseMs: 800, maxMs: 30_000 });
  }

  /** The object as last seen. Shared by all: never change it. */
  get(key: ObjectKey): T | undefined {
    return this.#store.get(key);
  }

  /** All objects as last seen, sorted by key. */
  list(): T[] {
    return this.#store.list();
  }

  /** Makes `byIndex(name, value)` find objects by what `valuesOf` gives for them. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    this.#store.addIndex(name, valuesOf);
  }

  byIndex(name: string, value: string): T[] {
    return this.#store.byIndex(name, value);
  }

  /** True when the first list has come in and been told to the handlers. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves when `hasSynced`; rejects with the signal's reason. */
  async synced(signal?: AbortSignal): Promise<void> {
    if (!this.#hasSynced) await abortable(this.#firstList.promise, signal);
  }

  /**
   * Calls `handler` for every event, in order and synchronously; what is known already is told as `added` at once. A handler
   * that throws is logged and called again for the next event. Returns what takes the handler away.
   */
  onEvent(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#store.list()) this.#call(handler, { type: 'added', object });
    return () => this.#handlers.delete(handler);
  }

  /** Keeps the copy until the signal is aborted, then returns. Never throws for what the server or a handler does. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#running) throw new Error(`informer of ${this.#options.resource.plural} runs already`);
    this.#running = true;
    const resync = this.#startResync();
    let version: string | undefined;
    try {
      while (!signal.aborted) version = await this.#turn(version, signal);
    } finally {
      resync.stop();
      this.#running = false;
    }
  }

  /** One list or one watch. Returns the version that a watch may go on from; undefined when a list is due. */
  async #turn(version: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const position = { version };
    try {
      if (position.version === undefined) position.version = await this.#list(signal);
      else await this.#watch(position, signal);
      return position.version;
    } catch (error) {
      if (signal.aborted) return undefined;
      const wait = this.#backoff.next();
      const relist = isGone(error) || this.#backoff.failures >= FAILURES_BEFORE_LIST;
      this.#log.warn({ reason: messageOf(error), waitMs: Math.round(wait), relist }, 'list or watch failed');
      await this.#options.clock.sleep(wait, signal).catch(() => undefined);
      return relist ? undefined : position.version;
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, resource } = this.#options;
    const list = await client.list(resource, this.#scope(), signal);
    const { keep } = this.#options;
    this.#tell(this.#store.replaceAll(keep === undefined ? list.items : list.items.map(keep)));
    this.#hasSynced = true;
    this.#firstList.resolve();
    return list.resourceVersion;
  }

  /** Follows one watch to its end and keeps `position` at the last version seen, also when it throws. */
  async #watch(position: { version: string | undefined }, signal: AbortSignal): Promise<void> {
    const { client, clock, resource, keep } = this.#options;
    const startedMs = clock.monotonicMs();
    const options = { ...this.#scope(), resourceVersion: position.version ?? '' };
    let events = 0;
    for await (const event of client.watch(resource, options, signal)) {
      events += 1;
      this.#backoff.reset();
      if (event.type === 'BOOKMARK') {
        position.version = event.resourceVersion;
        continue;
      }
      const object = keep === undefined ? event.object : keep(event.object);
      this.#tell(event.type === 'DELETED' ? this.#store.remove(object) : this.#store.put(object));
      position.version = object.metadata.resourceVersion ?? position.version;
    }
    signal.throwIfAborted();
    const lastedMs = clock.monotonicMs() - startedMs;
    if (events === 0 && lastedMs < SHORT_WATCH_MS)
      throw new Error(`the watch ended after ${Math.round(lastedMs)} ms without an event`);
    this.#backoff.reset();
  }

  #scope(): ListOptions {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
  }

  #tell(events: InformerEvent<T>[]): void {
    for (const event of events) for (const handler of this.#handlers) this.#call(handler, event);
  }

  #call(handler: InformerHandler<T>, event: InformerEvent<T>): void {
    const failed = (error: unknown) => {
      const key = keyString(keyOf(event.object));
      this.#log.error({ object: key, event: event.type, reason: messageOf(error) }, 'a handler threw');
    };
    try {
      // The type allows an async function: its rejection must not become an unhandled one.
      const result: unknown = handler(event);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #startResync(): { stop(): void } {
    const { clock, resyncMs } = this.#options;
    if (resyncMs === undefined) return { stop() {} };
    const start = () =>
      clock.after(resyncMs * (1 + 0.1 * Math.random()), () => {
        this.#tell(this.#store.list().map((object) => ({ type: 'updated', object, previous: object })));
        timer = start();
      });
    let timer = start();
    return { stop: () => timer.cancel() };
  }
}
