import type { RoleBinding } from '../../kube/builtin.ts';
import type { ObjectMeta } from '../../kube/objects.ts';

/** Gives the service account of this name the Role of this name. */
export function roleBinding(metadata: ObjectMeta): RoleBinding {
  const { name, namespace = '' } = metadata;
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  };
}
