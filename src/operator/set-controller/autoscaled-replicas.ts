import { FIELD_MANAGER } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { Deployment } from '../../kube/builtin.ts';
import { withoutManagers } from '../../kube/kept-fields.ts';

/** As whom the number of replicas is left to others. */
export const REPLICAS_MANAGER = 'eppset-replicas';

export interface AutoscaledDeployment {
  intent: Deployment;
  /** To be applied before the intent, as `REPLICAS_MANAGER`. */
  handOver?: Deployment;
}

/**
 * The number of pods of a set that scales automatically has an owner of its own, so that the rest can be applied without it. A number
 * that we own as a part of the rest must get that owner before we let go of it: server-side apply takes away what nobody owns, and the
 * default is one. `ordered`: the number that shall be. Without it a new Deployment begins with as many replicas as the bounds allow, and
 * another one keeps what it has.
 */
export function autoscaled(
  intent: Deployment,
  live: Deployment | undefined,
  { autoscaling, replicas: begun }: EppSet['spec'],
  ordered?: number,
): AutoscaledDeployment {
  if (autoscaling === undefined) return { intent };
  if (live === undefined) {
    const bounded = Math.min(Math.max(begun, autoscaling.minReplicas), autoscaling.maxReplicas);
    // 0 switches it off.
    const replicas = ordered ?? (begun === 0 ? 0 : bounded);
    return { intent: { ...intent, spec: { ...intent.spec, replicas } as NonNullable<Deployment['spec']> } };
  }
  const found = live.spec?.replicas;
  const replicas = ordered ?? found;
  if (replicas === undefined || (replicas === found && !ownsReplicas(live))) return { intent };
  const { name, namespace } = intent.metadata;
  const { uid } = live.metadata;
  const handOver = {
    apiVersion: intent.apiVersion,
    kind: intent.kind,
    metadata: { name, ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }) },
    spec: { replicas },
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

/** All that is kept in a local copy of who wrote which field: whether the number of pods is ours. */
export function withReplicasOwner(deployment: Deployment): Deployment {
  const kept = withoutManagers(deployment);
  if (!ownsReplicas(deployment)) return kept;
  const ours = {
    manager: FIELD_MANAGER.objects,
    operation: 'Apply',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
  };
  return { ...kept, metadata: { ...kept.metadata, managedFields: [ours] } as Deployment['metadata'] };
}
