import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { ServiceAccount } from '../../kube/builtin.ts';
import { ownedMeta } from './labels.ts';
import { setObjectNames } from './names.ts';

/**
 * As whom the set's pods speak to the API. Its finalizer, like those of Role and RoleBinding, keeps it through a deletion in the
 * foreground or of the namespace until the pods have reported their connections released.
 */
export function serviceAccount(set: EppSet): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      ...ownedMeta(set, setObjectNames(set.metadata.name).adapter),
      finalizers: [FINALIZER.drain],
    },
    // The Deployment asks for the token by itself; any other pod that runs under this name gets none.
    automountServiceAccountToken: false,
  };
}
