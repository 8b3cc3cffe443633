import type { Judgement } from '../set-controller/judgement.ts';
import type { Update } from '../status/workload-conditions.ts';
import type { ScalingDecision } from './autoscaler.ts';
import type { Limit } from './recommend.ts';

/** The condition types of a HorizontalPodAutoscaler. */
export const SCALING_CONDITIONS = ['AbleToScale', 'ScalingActive', 'ScalingLimited'] as const;

const LIMITED: Readonly<Record<Limit, string>> = {
  TooFewReplicas: 'the demand needs fewer pods than minReplicas',
  TooManyReplicas: 'the demand needs more pods than maxReplicas',
  TooFewConnections:
    'the demand needs more pods than the pools have connections for, and each pod needs one at every account: raise max of the pools or the limit of the account',
};

const STANDS = {
  refused: ['Refused', 'the number of pods stays as it is: see Degraded'],
  waiting: ['Waiting', 'the number of pods stays as it is: see Ready'],
  paused: ['Paused', 'spec.paused is set: nothing is changed'],
  draining: ['Draining', 'the set is being deleted'],
} as const;

/** Of a set with `spec.autoscaling`. Nothing in them moves with the demand itself: a steady set writes nothing. */
export function scalingConditions(judgement: Judgement, decision: ScalingDecision | undefined): Update[] {
  const able = (status: Update['status'], reason: string, message: string): Update => ({
    type: 'AbleToScale',
    status,
    reason,
    message,
  });
  const active = (status: Update['status'], reason: string, message: string): Update => ({
    type: 'ScalingActive',
    status,
    reason,
    message,
  });
  if (judgement.state !== 'resolved') {
    const [reason, message] = STANDS[judgement.state];
    return [able('False', reason, message), active('False', reason, message)];
  }
  const ready = able('True', 'ReadyForNewScale', 'the number of pods may be changed');
  if (decision === undefined || decision.state === 'off') {
    const message = 'spec.replicas is 0: there are no pods until it is another number';
    return [ready, active('False', 'ScalingDisabled', message)];
  }
  const { limit, hasReports } = decision;
  return [
    ready,
    hasReports
      ? active('True', 'ValidReports', 'the number of pods follows what their leases report')
      : active('False', 'NoReports', 'no pod has told lately what it needs: the number stays as it is'),
    {
      type: 'ScalingLimited',
      status: limit === undefined ? 'False' : 'True',
      reason: limit ?? 'DesiredWithinRange',
      message: limit === undefined ? 'the demand needs a number within the limits' : LIMITED[limit],
    },
  ];
}
