import type { Condition } from '../../api/v1alpha1/condition.ts';
import { type ConditionUpdate, setCondition } from '../../api/v1alpha1/conditions.ts';
import type { Deployment } from '../../kube/builtin.ts';
import { type Judgement, STALLED } from './judgement.ts';

/** What is known of a set or a gateway when its conditions are made. */
export interface WorkloadView {
  judgement: Judgement<string>;
  deployment: Deployment | undefined;
}

export type Update = Omit<ConditionUpdate, 'observedGeneration'>;

/** Ready, Progressing, Degraded and Stalled of what runs as a Deployment. */
export function workloadConditions(view: WorkloadView): Update[] {
  const rollout = rolloutOf(view.deployment);
  return [ready(view, rollout), progressing(view, rollout), degraded(view, rollout), stalled(view)];
}

/** `previous` gives the times of the conditions that did not change. */
export function updatedConditions(
  previous: readonly Condition[] | undefined,
  updates: readonly Update[],
  observedGeneration: number,
  now: Date,
): Condition[] {
  return updates.reduce<Condition[]>(
    (conditions, update) => setCondition(conditions, { ...update, observedGeneration }, now),
    [...(previous ?? [])],
  );
}

function ready({ judgement }: WorkloadView, rollout: Rollout): Update {
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

function progressing({ judgement }: WorkloadView, rollout: Rollout): Update {
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

function degraded({ judgement }: WorkloadView, rollout: Rollout): Update {
  const type = 'Degraded';
  if (judgement.state === 'refused') return { type, status: 'True', ...judgement.refusal };
  if (rollout.trouble) return { type, status: 'True', ...rollout.trouble };
  return { type, status: 'False', reason: 'AsExpected', message: '' };
}

/** After kstatus: true when waiting is of no use. */
function stalled({ judgement }: WorkloadView): Update {
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
