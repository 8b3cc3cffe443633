/** Decides the number of pods of the sets that scale automatically, from the leases of their pods. Writes nothing itself. */
import type { EppConnectionLease } from '../../api/v1alpha1/connection-lease.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { Deployment } from '../../kube/builtin.ts';
import { keyOf, keyString, type ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import { behaviorOf } from './behavior.ts';
import {
  type AccountDemand,
  perPod,
  type Recommendation,
  recommend,
  type ScalingInput,
  type ScalingState,
} from './recommend.ts';
import { ReportWatch } from './report-watch.ts';

export interface AutoscalerOptions {
  clock: Clock;
  /** 1 in production. */
  timeScale: number;
  /** Those of the set's pods. */
  leases(set: EppSet): readonly EppConnectionLease[];
  /** Connections that the set can have at this account at most. */
  reachable(set: EppSet, registry: string): number;
}

export type ScalingDecision =
  /** `spec.replicas` is 0: none, until that changes. */
  | { state: 'off'; replicas: 0; why: string; isNew: true; againMs?: never }
  | (Pick<Recommendation, 'replicas' | 'limit' | 'hasReports'> & {
      state: 'on';
      /** For people: why the number is this. */
      why: string;
      /** Just found. Otherwise it is that of the last period, and whoever has changed the number since may be right. */
      isNew: boolean;
      againMs: number;
    });

/** The HorizontalPodAutoscaler's. */
const PERIOD_MS = 15_000;

interface Memory {
  uid: string | undefined;
  generation: number | undefined;
  watch: ReportWatch;
  state: ScalingState | undefined;
  nextMs: number;
  decision: Extract<ScalingDecision, { state: 'on' }> | undefined;
}

export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #memories = new Map<string, Memory>();

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /**
   * How many pods the set shall have now. `live` is its Deployment, if there is one. Undefined for a set that does not scale
   * automatically. Between two periods the last answer stays.
   */
  decide(set: EppSet, live: Deployment | undefined): ScalingDecision | undefined {
    const key = keyString(keyOf(set));
    const { autoscaling, replicas } = set.spec;
    if (autoscaling === undefined || replicas === 0) {
      this.#memories.delete(key);
      return autoscaling && { state: 'off', replicas: 0, why: 'spec.replicas is 0', isNew: true };
    }
    const nowMs = this.#options.clock.monotonicMs();
    const memory = this.#memory(key, set);
    const isDue = nowMs >= memory.nextMs || memory.generation !== set.metadata.generation;
    if (memory.decision !== undefined && !isDue) {
      return { ...memory.decision, isNew: false, againMs: memory.nextMs - nowMs };
    }
    const current = live?.spec?.replicas;
    const periodMs = PERIOD_MS * this.#options.timeScale;
    const input = this.#input(set, autoscaling, current ?? replicas, memory.watch);
    // A set without pods has nothing that could be remembered of it.
    const { state, ...result } = recommend(current === undefined ? undefined : memory.state, input, nowMs);
    Object.assign(memory, {
      generation: set.metadata.generation,
      state: current === undefined ? undefined : state,
      nextMs: nowMs + periodMs,
      decision: { state: 'on', ...result, why: whyOf(result, input), isNew: true, againMs: periodMs },
    } satisfies Partial<Memory>);
    return memory.decision;
  }

  /** The set is gone. */
  forget(key: ObjectKey): void {
    this.#memories.delete(keyString(key));
  }

  #memory(key: string, { metadata: { uid } }: EppSet): Memory {
    const known = this.#memories.get(key);
    if (known !== undefined && known.uid === uid) return known;
    const fresh: Memory = {
      uid,
      generation: undefined,
      watch: new ReportWatch(),
      state: undefined,
      nextMs: 0,
      decision: undefined,
    };
    this.#memories.set(key, fresh);
    return fresh;
  }

  #input(
    set: EppSet,
    { minReplicas, maxReplicas, targetPoolUtilization, behavior }: NonNullable<EppSet['spec']['autoscaling']>,
    current: number,
    watch: ReportWatch,
  ): ScalingInput {
    const { clock, timeScale, leases, reachable } = this.#options;
    const reports = watch.fresh(leases(set), clock.monotonicMs());
    const accounts = set.spec.pools.map(({ registry }): AccountDemand => {
      const own = reports.flatMap(({ status }) => status?.accounts?.[registry] ?? []);
      return {
        registry,
        reachable: reachable(set, registry),
        // A holder asks for one more than it uses.
        demand: own.reduce((sum, { demand }) => sum + Math.max(0, demand - 1), 0),
        reporting: own.length,
      };
    });
    return {
      current,
      minReplicas,
      maxReplicas,
      target: targetPoolUtilization,
      behavior: behaviorOf(behavior, timeScale),
      accounts,
    };
  }
}

function whyOf(
  { replicas, limit, decidedBy }: Pick<Recommendation, 'replicas' | 'limit' | 'decidedBy'>,
  input: ScalingInput,
): string {
  if (replicas < Math.min(input.current, input.minReplicas)) return 'its pools have no more connections';
  if (decidedBy === undefined) return `minReplicas is ${input.minReplicas}, maxReplicas ${input.maxReplicas}`;
  const { registry, demand } = decidedBy;
  const each = Number(perPod(decidedBy, input).toFixed(1));
  const ends = limit === undefined ? '' : `, within its limits (${limit})`;
  return `its pods need ${demand} connections at ${registry}, where each is meant to use ${each}${ends}`;
}
