/** The general rules of kstatus (sigs.k8s.io/cli-utils, pkg/kstatus), after which Flux and `helm --wait` judge custom resources. */
import type { Condition } from '../../src/api/v1alpha1/condition.ts';
import type { KubeObject } from '../../src/kube/objects.ts';

export type KStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating';

export function kstatus(
  object: KubeObject & {
    status?: { observedGeneration?: number | undefined; conditions?: Condition[] | undefined };
  },
): KStatus {
  const { metadata, status = {} } = object;
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const { observedGeneration, conditions = [] } = status;
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return 'InProgress';
  const statusOf = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  if (statusOf('Reconciling') === 'True') return 'InProgress';
  if (statusOf('Stalled') === 'True') return 'Failed';
  const ready = statusOf('Ready');
  // A custom resource that says nothing of all this is taken as well.
  return ready === undefined || ready === 'True' ? 'Current' : 'InProgress';
}
