import type { Condition } from '../../api/v1alpha1/condition.ts';
import type { Applier } from '../../kube/interfaces.ts';
import { type KubeObject, keyOf, keyString, type ObjectKey, type Resource } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import { canonicalJson } from '../specs/canonical.ts';

export interface Status {
  observedGeneration?: number | undefined;
  conditions?: Condition[] | undefined;
}

export interface WithStatus<S extends Status> extends KubeObject {
  status?: S;
}

interface LastWrite<S> {
  /** The object's version in the cache when we wrote. */
  cached: string | undefined;
  status: S;
  atMs: number;
}

export interface StatusWriterOptions<S extends Status> {
  client: Pick<Applier, 'applyStatus'>;
  clock: Clock;
  resource: Resource;
  /** Fields that only count something: changes of these alone are written at most once in `countersEveryMs`. */
  counters: readonly (keyof S)[];
  /** Default 3 s. */
  countersEveryMs?: number;
  /**
   * Numbers that still move are waited for: they are written when they have rested for `restMs`, or after `longestMs` however they move.
   * Default: not waited for.
   */
  settling?: { restMs: number; longestMs: number };
  /** Conditions whose message counts something. A change of that alone is a change of a counter. */
  countingConditions?: readonly string[];
}

/** Numbers that are not written yet. */
interface Pending {
  text: string;
  firstMs: number;
  sinceMs: number;
}

/** Writes an object's status when it differs from what is stored, and numbers that come and go no more often than is readable. */
export class StatusWriter<S extends Status> {
  readonly #client: StatusWriterOptions<S>['client'];
  readonly #clock: Clock;
  readonly #resource: Resource;
  readonly #counters: ReadonlySet<string>;
  readonly #everyMs: number;
  readonly #settling: { restMs: number; longestMs: number };
  readonly #counting: ReadonlySet<string>;
  readonly #pending = new Map<string, Pending>();
  readonly #last = new Map<string, LastWrite<S>>();

  constructor(options: StatusWriterOptions<S>) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#resource = options.resource;
    this.#counters = new Set(options.counters.map(String));
    this.#everyMs = options.countersEveryMs ?? 3_000;
    this.#settling = options.settling ?? { restMs: 0, longestMs: 0 };
    this.#counting = new Set(options.countingConditions);
  }

  /** The status as last seen: in the object from the cache, or what we wrote while the cache is behind it. */
  seen(object: WithStatus<S>): S | undefined {
    const last = this.#last.get(keyString(keyOf(object)));
    return last !== undefined && last.cached === object.metadata.resourceVersion
      ? last.status
      : object.status;
  }

  /** Resolves with when to come again, where counters have to wait. */
  async write(object: WithStatus<S>, status: S, signal: AbortSignal): Promise<{ requeueAfterMs?: number }> {
    const key = keyString(keyOf(object));
    const seen = this.seen(object);
    const changed = changedFields(seen, status);
    if (changed.length === 0) {
      this.#pending.delete(key);
      return {};
    }
    const nowMs = this.#clock.monotonicMs();
    const counts = (field: string) =>
      this.#counters.has(field) ||
      (field === 'conditions' && countsAlone(seen?.conditions, status.conditions, this.#counting));
    const waitMs = changed.every(counts) ? this.#dueMs(key, status, nowMs) - nowMs : 0;
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const { name, namespace, uid } = object.metadata;
    const metadata = {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
    };
    const { apiVersion, kind } = this.#resource;
    await this.#client.applyStatus(this.#resource, { apiVersion, kind, metadata, status }, {}, signal);
    this.#pending.delete(key);
    this.#last.set(key, { cached: object.metadata.resourceVersion, status, atMs: nowMs });
    return {};
  }

  /** The object is gone for good. */
  forget(key: ObjectKey): void {
    this.#last.delete(keyString(key));
    this.#pending.delete(keyString(key));
  }

  /** When numbers may be written. */
  #dueMs(key: string, status: S, nowMs: number): number {
    const text = canonicalJson(status);
    const before = this.#pending.get(key);
    const firstMs = before?.firstMs ?? nowMs;
    const sinceMs = before?.text === text ? before.sinceMs : nowMs;
    this.#pending.set(key, { text, firstMs, sinceMs });
    const { restMs, longestMs } = this.#settling;
    const nextMs = (this.#last.get(key)?.atMs ?? Number.NEGATIVE_INFINITY) + this.#everyMs;
    return Math.max(nextMs, Math.min(sinceMs + restMs, firstMs + longestMs));
  }
}

/** Fields that we would write otherwise than they are, and those that we wrote once and would not any more. */
function changedFields(before: Status | undefined, after: Status): string[] {
  const [old, now] = [{ ...before } as Record<string, unknown>, { ...after } as Record<string, unknown>];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((field) =>
    field === 'conditions'
      ? !sameConditions(before?.conditions ?? [], after.conditions ?? [])
      : canonicalJson(old[field] ?? null) !== canonicalJson(now[field] ?? null),
  );
}

/** Conditions of types that are not ours belong to others. */
function sameConditions(before: readonly Condition[], after: readonly Condition[]): boolean {
  return after.every((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    return old !== undefined && canonicalJson(old) === canonicalJson(condition);
  });
}

/** True when nothing but messages of `counting` conditions differs. */
function countsAlone(
  before: readonly Condition[] = [],
  after: readonly Condition[] = [],
  counting: ReadonlySet<string>,
): boolean {
  return after.every((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    if (old === undefined) return false;
    const { message } = counting.has(condition.type) ? condition : old;
    return canonicalJson({ ...old, message }) === canonicalJson(condition);
  });
}
