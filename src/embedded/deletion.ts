/** What keeps an object that is to be deleted. */
import { NAMESPACE, POD } from '../kube/builtin.ts';
import type { DeleteOptions } from '../kube/interfaces.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import { kindKey } from './object-table.ts';

const DEFAULT_POD_GRACE_SECONDS = 30;

export function isHeld(resource: Resource, object: KubeObject): boolean {
  const key = kindKey(resource);
  if (key === kindKey(NAMESPACE)) return true;
  return key === kindKey(POD) && (object.metadata.deletionGracePeriodSeconds ?? 0) > 0;
}

/** How long a deletion may take at the object's own wish: only a pod on a node has any. */
export function graceOf(resource: Resource, object: KubeObject, options: DeleteOptions): number {
  if (kindKey(resource) !== kindKey(POD)) return 0;
  const { spec, status } = object as KubeObject & {
    spec?: { nodeName?: string; terminationGracePeriodSeconds?: number };
    status?: { phase?: string };
  };
  if (!spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  return options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_POD_GRACE_SECONDS;
}
