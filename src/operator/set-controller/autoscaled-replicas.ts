import { FIELD_MANAGER } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { Deployment } from '../../kube/builtin.ts';

/** As whom the number of replicas is left to others. */
export const REPLICAS_MANAGER = 'eppset-replicas';

export interface AutoscaledDeployment {
  intent: Deployment;
  /** To be applied before the intent, as `REPLICAS_MANAGER`. */
  handOver?: Deployment;
}

/**
 * A set that scales automatically begins with as many replicas as its bounds allow, and from then on the number is not ours. A number
 * that we own must get another owner before we let go of it: server-side apply takes away what nobody owns, and the default is one.
 */
export function autoscaled(
  intent: Deployment,
  live: Deployment | undefined,
  { autoscaling, replicas }: EppSet['spec'],
): AutoscaledDeployment {
  if (autoscaling === undefined) return { intent };
  if (live === undefined) {
    const first = Math.min(Math.max(replicas, autoscaling.minReplicas), autoscaling.maxReplicas);
    return {
      intent: { ...intent, spec: { ...intent.spec, replicas: first } as NonNullable<Deployment['spec']> },
    };
  }
  const number = live.spec?.replicas;
  if (number === undefined || !ownsReplicas(live)) return { intent };
  const { name, namespace } = intent.metadata;
  const { uid } = live.metadata;
  const handOver = {
    apiVersion: intent.apiVersion,
    kind: intent.kind,
    metadata: { name, ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }) },
    spec: { replicas: number },
  } as Deployment;
  return { intent, handOver };
}

/** The part of `metadata.managedFields` that is read here. */
interface ManagedFields {
  manager?: string;
  operation?: string;
  fieldsV1?: { 'f:spec'?: Record<string, unknown> };
}

function ownsReplicas({ metadata }: Deployment): boolean {
  const { managedFields = [] } = metadata as { managedFields?: ManagedFields[] };
  return managedFields.some(
    ({ manager, operation, fieldsV1 }) =>
      manager === FIELD_MANAGER.objects &&
      operation === 'Apply' &&
      fieldsV1?.['f:spec']?.['f:replicas'] !== undefined,
  );
}
