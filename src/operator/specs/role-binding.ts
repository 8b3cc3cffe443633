import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { RoleBinding } from '../../kube/builtin.ts';
import { ownedMeta } from './labels.ts';
import { setObjectNames } from './names.ts';

/** Gives the set's service account its Role. */
export function roleBinding(set: EppSet): RoleBinding {
  const name = setObjectNames(set.metadata.name).adapter;
  const metadata = ownedMeta(set, name);
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { ...metadata, finalizers: [FINALIZER.drain] },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: metadata.namespace ?? '' }],
  };
}
