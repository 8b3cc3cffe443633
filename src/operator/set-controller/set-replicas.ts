import type { EppSet } from '../../api/v1alpha1/set.ts';
import { DEPLOYMENT, type Deployment } from '../../kube/builtin.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Applier } from '../../kube/interfaces.ts';
import { keyOf, keyString, type ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import { Autoscaler, type ScalingDecision } from '../autoscaling/autoscaler.ts';
import type { BudgetView } from '../budget-view.ts';
import { BY_LEASE_SET, type Caches } from '../caches.ts';
import { autoscaled, REPLICAS_MANAGER } from './autoscaled-replicas.ts';

export interface SetReplicasOptions {
  client: Applier;
  clock: Clock;
  events: EventRecorder;
  caches: Pick<Caches, 'leases' | 'registries'>;
  budget: BudgetView;
  /** 1 in production. */
  timeScale: number;
}

/** Sees to the number of pods of the sets that scale automatically. */
export class SetReplicas {
  readonly #options: SetReplicasOptions;
  readonly #autoscaler: Autoscaler;

  constructor(options: SetReplicasOptions) {
    const { clock, timeScale, caches, budget } = options;
    this.#options = options;
    this.#autoscaler = new Autoscaler({
      clock,
      timeScale,
      leases: (set) => caches.leases.byIndex(BY_LEASE_SET, keyString(keyOf(set))),
      reachable: (set, name) => {
        const { namespace } = set.metadata;
        const registry = caches.registries.get({ name, ...(namespace !== undefined && { namespace }) });
        return registry === undefined ? 0 : budget.reachable(registry, set);
      },
    });
  }

  /** Orders the number of pods, where it is another one than that of `live`. Resolves with what is left to be applied. */
  async order(
    set: EppSet,
    intent: Deployment,
    live: Deployment | undefined,
    signal: AbortSignal,
  ): Promise<{ intent: Deployment; scaling: ScalingDecision | undefined }> {
    const { client, events } = this.#options;
    const scaling = this.#autoscaler.decide(set, live);
    const plan = autoscaled(intent, live, set.spec, scaling?.isNew ? scaling.replicas : undefined);
    if (plan.handOver !== undefined) {
      await client.apply(DEPLOYMENT, plan.handOver, { fieldManager: REPLICAS_MANAGER }, signal);
      const [before, after] = [live?.spec?.replicas, plan.handOver.spec?.replicas];
      if (before !== after) {
        events.event(set, 'Normal', 'SuccessfulRescale', `from ${before} to ${after} pods: ${scaling?.why}`);
      }
    }
    return { intent: plan.intent, scaling };
  }

  /** The set is gone. */
  forget(key: ObjectKey): void {
    this.#autoscaler.forget(key);
  }
}
