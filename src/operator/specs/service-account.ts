import type { ServiceAccount } from '../../kube/builtin.ts';
import type { ObjectMeta } from '../../kube/objects.ts';

/** As whom pods speak to the API. */
export function serviceAccount(metadata: ObjectMeta): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata,
    // The Deployment asks for the token by itself; any other pod that runs under this name gets none.
    automountServiceAccountToken: false,
  };
}
