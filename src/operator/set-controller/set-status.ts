import type { Condition } from '../../api/v1alpha1/condition.ts';
import { type ConditionUpdate, setCondition } from '../../api/v1alpha1/conditions.ts';
import type { EppSetStatus } from '../../api/v1alpha1/set.ts';
import type { Deployment } from '../../kube/builtin.ts';
import { type Judgement, STALLED } from './judgement.ts';

export type PoolFigures = NonNullable<EppSetStatus['pools']>[number];

/** What is known of a set when its status is made. */
export interface SetView {
  generation: number;
  judgement: Judgement;
  deployment: Deployment | undefined;
  /** `status.selector` of the scale subresource. */
  selector: string;
  pools: PoolFigures[];
}

/** A set's status, all of it. `previous` gives the times of the conditions that did not change. */
export function setStatus(view: SetView, previous: EppSetStatus | undefined, now: Date): EppSetStatus {
  const status = view.deployment?.status;
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
    conditions: setConditions(view, previous?.conditions, now),
  };
}

function setConditions(view: SetView, previous: readonly Condition[] | undefined, now: Date): Condition[] {
  const rollout = rolloutOf(view.deployment);
  const updates = [
    ready(view, rollout),
    progressing(view, rollout),
    degraded(view, rollout),
    budgetSatisfied(view),
    stalled(view),
  ];
  return updates.reduce<Condition[]>(
    (conditions, update) => setCondition(conditions, { ...update, observedGeneration: view.generation }, now),
    [...(previous ?? [])],
  );
}

type Update = Omit<ConditionUpdate, 'observedGeneration'>;

function ready({ judgement }: SetView, rollout: Rollout): Update {
  const type = 'Ready';
  switch (judgement.state) {
    case 'refused':
      return { type, status: 'False', ...judgement.refusal };
    case 'waiting':
      return { type, status: 'False', reason: 'Waiting', message: judgement.message };
    case 'draining':
      return { type, status: 'False', reason: 'Draining', message: judgement.message };
    default:
      return rollout.isComplete
        ? { type, status: 'True', reason: 'PodsReady', message: rollout.message }
        : { type, status: 'False', reason: 'PodsNotReady', message: rollout.message };
  }
}

function progressing({ judgement }: SetView, rollout: Rollout): Update {
  const type = 'Progressing';
  switch (judgement.state) {
    case 'refused':
      return { type, status: 'False', reason: 'Refused', message: 'what there is stays as it is until then' };
    case 'paused':
      return { type, status: 'False', reason: 'Paused', message: 'spec.paused is set: nothing is changed' };
    case 'waiting':
      return { type, status: 'True', reason: 'Waiting', message: judgement.message };
    case 'draining':
      return { type, status: 'True', reason: 'Draining', message: judgement.message };
    case 'resolved':
      return rollout.isComplete
        ? { type, status: 'False', reason: 'RolledOut', message: 'all pods are as the spec says' }
        : { type, status: 'True', reason: 'RollingOut', message: rollout.message };
  }
}

function degraded({ judgement }: SetView, rollout: Rollout): Update {
  const type = 'Degraded';
  if (judgement.state === 'refused') return { type, status: 'True', ...judgement.refusal };
  if (rollout.trouble) return { type, status: 'True', ...rollout.trouble };
  return { type, status: 'False', reason: 'AsExpected', message: '' };
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

/** After kstatus: true when waiting is of no use. */
function stalled({ judgement }: SetView): Update {
  const type = 'Stalled';
  if (judgement.state === 'refused' && STALLED.has(judgement.refusal.reason)) {
    return { type, status: 'True', ...judgement.refusal };
  }
  return { type, status: 'False', reason: 'AsExpected', message: '' };
}

interface Rollout {
  isComplete: boolean;
  message: string;
  trouble?: { reason: string; message: string };
}

/** After what `kubectl rollout status` looks at. */
function rolloutOf(deployment: Deployment | undefined): Rollout {
  if (deployment === undefined) return { isComplete: false, message: 'there is no Deployment yet' };
  const { spec, status, metadata } = deployment;
  const wanted = spec?.replicas ?? 1;
  const { updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0, replicas = 0 } = status ?? {};
  const isObserved = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const isComplete =
    isObserved && updatedReplicas === wanted && replicas === wanted && availableReplicas >= wanted;
  const old = replicas - updatedReplicas;
  const leaving = old > 0 ? `, ${old} old ${old === 1 ? 'pod is' : 'pods are'} still there` : '';
  const message = `${readyReplicas} of ${wanted} pods are ready${leaving}`;
  const trouble = troubleOf(deployment);
  return { isComplete, message, ...(trouble && { trouble }) };
}

function troubleOf({ status }: Deployment): Rollout['trouble'] {
  for (const { type, status: value, reason, message = '' } of status?.conditions ?? []) {
    if (type === 'ReplicaFailure' && value === 'True') return { reason: 'PodsRefused', message };
    if (type === 'Progressing' && value === 'False' && reason === 'ProgressDeadlineExceeded') {
      return { reason: 'RolloutStuck', message };
    }
  }
  return undefined;
}

function sum(pools: readonly PoolFigures[], field: 'granted' | 'open' | 'waiting'): number {
  return pools.reduce((total, pool) => total + pool[field], 0);
}
