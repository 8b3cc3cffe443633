import type { EppGatewayStatus } from '../../api/v1alpha1/gateway.ts';
import type { Deployment } from '../../kube/builtin.ts';
import { type Update, updatedConditions, workloadConditions } from '../status/workload-conditions.ts';
import type { Judgement } from './resolve.ts';

/** What is known of a gateway when its status is made. */
export interface GatewayView {
  generation: number;
  judgement: Judgement;
  deployment: Deployment | undefined;
  /** `status.selector` of the scale subresource. */
  selector: string;
  rollout: EppGatewayStatus['rollout'];
  /** Undefined where the spec cannot be read. */
  accountsPooled: Update | undefined;
}

/** A gateway's status, all of it. `previous` gives the times of the conditions that did not change. */
export function gatewayStatus(
  view: GatewayView,
  previous: EppGatewayStatus | undefined,
  now: Date,
): EppGatewayStatus {
  const status = view.deployment?.status;
  const updates = [
    ...workloadConditions(view),
    routesResolved(view.judgement),
    view.accountsPooled ?? { type: 'AccountsPooled', ...NOT_JUDGED },
  ];
  return {
    observedGeneration: view.generation,
    replicas: status?.replicas ?? 0,
    readyReplicas: status?.readyReplicas ?? 0,
    selector: view.selector,
    ...(view.rollout && { rollout: view.rollout }),
    conditions: updatedConditions(previous?.conditions, updates, view.generation, now),
  };
}

const NOT_JUDGED = { status: 'Unknown', reason: 'NotJudged', message: 'see the other conditions' } as const;

function routesResolved(judgement: Judgement): Update {
  const type = 'RoutesResolved';
  if (judgement.state === 'resolved') {
    return { type, status: 'True', reason: 'RegistriesFound', message: 'every account of the routes exists' };
  }
  if (judgement.state === 'refused' && judgement.refusal.reason.startsWith('Registry')) {
    return { type, status: 'False', ...judgement.refusal };
  }
  return { type, ...NOT_JUDGED };
}
