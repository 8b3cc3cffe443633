import type { Registry } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { ApiError, isConflict } from './api-error.ts';
import type { EventSource } from './informer.ts';
import { type ControllerMetrics, controllerMetrics, type ReconcileResult } from './metrics.ts';
import type { InformerEvent } from './object-store.ts';
import { type KubeObject, keyOf, keyString, type ObjectKey, parseKey, type Resource } from './objects.ts';
import { WorkQueue } from './work-queue.ts';

/** When to look at the object again although nothing changes. Nothing: only when something does. */
// biome-ignore lint/suspicious/noConfusingVoidType: a reconcile that has nothing to say just ends
export type ReconcileOutcome = { requeueAfterMs?: number } | void;

export interface ControllerOptions {
  /** Label of its metrics and logs. */
  name: string;
  /**
   * Brings the world closer to what the object of this key says. The object may be gone. Throwing means: again, after a
   * back-off of this key. The signal is aborted when the process stops or ceases to be the leader.
   */
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileOutcome>;
  clock: Clock;
  log: Log;
  metrics?: Registry;
  /** Keys that are reconciled at once; one key never is twice. Default 1. */
  concurrency?: number;
  /** Waits after failures of one key. Default 10 ms, doubled up to 60 s. */
  backoff?: { baseMs: number; maxMs: number };
}

/** From an object that changed to what must be reconciled therefore. */
export type KeyMapping<T extends KubeObject> = (object: T) => Iterable<ObjectKey>;

/** The object's own key. */
export function ownKey(object: KubeObject): ObjectKey[] {
  return [keyOf(object)];
}

/** The key of the object's controlling owner, when that is of this kind. */
export function ownerKey(owner: Resource): KeyMapping<KubeObject> {
  const group = owner.apiVersion.split('/')[0];
  return ({ metadata: { namespace, ownerReferences = [] } }) =>
    ownerReferences
      // The group alone: an owner keeps its reference when the version moves on.
      .filter((o) => o.controller === true && o.kind === owner.kind && o.apiVersion.split('/')[0] === group)
      .map(({ name }) => (owner.namespaced && namespace !== undefined ? { namespace, name } : { name }));
}

/** Turns changes of objects into reconciliations, one key at a time, again and again until each succeeds. */
export class Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #log: Log;
  readonly #queue: WorkQueue;
  readonly #metrics: ControllerMetrics | undefined;
  readonly #concurrency: number;
  readonly #sources: { synced(signal: AbortSignal): Promise<void> }[] = [];
  readonly #unsubscribe: (() => void)[] = [];

  constructor(options: ControllerOptions) {
    const { name, clock, metrics, backoff, concurrency = 1 } = options;
    this.name = name;
    this.#options = options;
    this.#log = options.log.child({ controller: name });
    this.#concurrency = concurrency;
    this.#queue = new WorkQueue({ name, clock, ...(metrics && { metrics }), ...(backoff && { backoff }) });
    this.#metrics = metrics && controllerMetrics(metrics, name, concurrency);
  }

  /** Reconciles what `keys` says whenever an object of the source changes. The source is run by whoever owns it. */
  watches<T extends KubeObject>(source: EventSource<T>, keys: KeyMapping<T> = ownKey): this {
    this.#sources.push(source);
    this.#unsubscribe.push(
      source.onEvent((event) => {
        for (const key of affected(event, keys)) this.#queue.add(key);
      }),
    );
    return this;
  }

  enqueue(key: ObjectKey): void {
    this.#queue.add(keyString(key));
  }

  enqueueAfter(key: ObjectKey, ms: number): void {
    this.#queue.addAfter(keyString(key), ms);
  }

  /**
   * Waits for its sources, then reconciles until the signal is aborted and what was under way has ended. Once only.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#queue.shutDown();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.all(this.#sources.map((source) => source.synced(signal)));
      this.#log.info({ concurrency: this.#concurrency }, 'controller starts');
      await Promise.all(Array.from({ length: this.#concurrency }, () => this.#work(signal)));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      stop();
      signal.removeEventListener('abort', stop);
      for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = await this.#queue.take();
      if (key === undefined) return;
      try {
        if (!signal.aborted) await this.#reconcile(key, signal);
      } finally {
        this.#queue.done(key);
      }
    }
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    const startedMs = this.#options.clock.monotonicMs();
    let result: ReconcileResult = 'error';
    this.#metrics?.started();
    try {
      const outcome = await this.#options.reconcile(parseKey(key), signal);
      this.#queue.forget(key);
      const again = outcome?.requeueAfterMs;
      result = again === undefined ? 'success' : 'requeue_after';
      if (again !== undefined) this.#queue.addAfter(key, again);
    } catch (error) {
      if (!signal.aborted) this.#failed(key, error);
    } finally {
      this.#metrics?.finished(result, (this.#options.clock.monotonicMs() - startedMs) / 1000);
    }
  }

  #failed(key: string, error: unknown): void {
    this.#queue.addRateLimited(key, error instanceof ApiError ? error.retryAfterMs : undefined);
    const fields = { object: key, reason: messageOf(error), failures: this.#queue.failures(key) };
    // Somebody else was quicker; the next try sees their change. That is how it is meant to be.
    if (isConflict(error)) this.#log.debug(fields, 'conflict: reconciling again');
    else this.#log.warn(fields, 'reconciling failed, will be tried again');
  }
}

/** An update may take an object away from one owner and give it to another: both are affected. Each key once. */
function affected<T extends KubeObject>(event: InformerEvent<T>, keys: KeyMapping<T>): Set<string> {
  const states = event.type === 'updated' ? [event.previous, event.object] : [event.object];
  return new Set(states.flatMap((object) => [...keys(object)].map(keyString)));
}
