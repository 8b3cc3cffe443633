/** Which objects outlive the process of an embedded cluster, and how they begin in the next one. Pure. */
import type { KubeObject, Resource } from '../kube/objects.ts';
import type { Managers } from './field-managers.ts';
import { kindKey } from './object-table.ts';

export interface KeptObject {
  resource: Resource;
  object: KubeObject;
  managers: Managers;
}

/**
 * What is true only while processes run. Connection leases go on: their pods are gone, and what those may still have open at a registry
 * is waited for, as on any cluster.
 */
const PASSING = new Set([
  'pods.',
  'events.',
  'endpointslices.discovery.k8s.io',
  'leases.coordination.k8s.io',
]);

export const outlives = (resource: Resource): boolean => !PASSING.has(kindKey(resource));

/** As after a start of all nodes: nothing runs, whatever a status said. */
export function resumed(kept: KeptObject): KeptObject {
  const { status, ...object } = kept.object as KubeObject & { status?: Record<string, unknown> };
  if (kept.object.kind === 'Deployment') return { ...kept, object };
  if (status?.conditions === undefined) return kept;
  const { conditions: _, readyReplicas: __, ...rest } = status;
  return { ...kept, object: { ...object, status: rest } as KubeObject };
}
