import { removeCondition } from '../../api/v1alpha1/conditions.ts';
import type { EppSetStatus } from '../../api/v1alpha1/set.ts';
import type { Deployment } from '../../kube/builtin.ts';
import { SCALING_CONDITIONS } from '../autoscaling/conditions.ts';
import { type Update, updatedConditions, workloadConditions } from '../status/workload-conditions.ts';
import type { Judgement } from './judgement.ts';

export type PoolFigures = NonNullable<EppSetStatus['pools']>[number];

/** What is known of a set when its status is made. */
export interface SetView {
  generation: number;
  judgement: Judgement;
  deployment: Deployment | undefined;
  /** `status.selector` of the scale subresource. */
  selector: string;
  pools: PoolFigures[];
  /** Conditions of a set that scales automatically; none of any other. */
  scaling?: readonly Update[];
}

/** A set's status, all of it. `previous` gives the times of the conditions that did not change. */
export function setStatus(view: SetView, previous: EppSetStatus | undefined, now: Date): EppSetStatus {
  const status = view.deployment?.status;
  const { scaling = [] } = view;
  const kept = SCALING_CONDITIONS.filter((type) => !scaling.some((update) => update.type === type)).reduce(
    removeCondition,
    previous?.conditions ?? [],
  );
  return {
    observedGeneration: view.generation,
    replicas: status?.replicas ?? 0,
    readyReplicas: status?.readyReplicas ?? 0,
    selector: view.selector,
    connections: {
      granted: sum(view.pools, 'granted'),
      open: sum(view.pools, 'open'),
      waiting: sum(view.pools, 'waiting'),
    },
    pools: view.pools,
    conditions: updatedConditions(
      kept,
      [...workloadConditions(view), budgetSatisfied(view), ...scaling],
      view.generation,
      now,
    ),
  };
}

function budgetSatisfied({ judgement }: SetView): Update {
  const type = 'BudgetSatisfied';
  if (judgement.state === 'resolved') {
    return {
      type,
      status: 'True',
      reason: 'MinimumsFit',
      message: 'the guaranteed minimums fit the accounts',
    };
  }
  if (judgement.state === 'refused' && judgement.refusal.reason === 'MinimumsExceedLimit') {
    return { type, status: 'False', ...judgement.refusal };
  }
  return { type, status: 'Unknown', reason: 'NotJudged', message: 'see the other conditions' };
}

function sum(pools: readonly PoolFigures[], field: 'granted' | 'open' | 'waiting'): number {
  return pools.reduce((total, pool) => total + pool[field], 0);
}
