import { EPP_CONNECTION_LEASE } from '../../api/v1alpha1/connection-lease.ts';
import { GROUP } from '../../api/v1alpha1/group.ts';
import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { Role } from '../../kube/builtin.ts';
import { ownedMeta } from './labels.ts';
import { setObjectNames } from './names.ts';

/**
 * What a set's pods may do: read leases and write the status of leases, nothing else. That a pod writes the lease of its own UID only
 * is the admission policy's part: RBAC cannot say it.
 */
export function role(set: EppSet): Role {
  const { plural } = EPP_CONNECTION_LEASE;
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: {
      ...ownedMeta(set, setObjectNames(set.metadata.name).adapter),
      finalizers: [FINALIZER.drain],
    },
    rules: [
      { apiGroups: [GROUP], resources: [plural], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [GROUP], resources: [`${plural}/status`], verbs: ['patch', 'update'] },
    ],
  };
}
