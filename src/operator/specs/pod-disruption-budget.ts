import type { PodDisruptionBudget } from '../../kube/builtin.ts';
import type { ObjectMeta } from '../../kube/objects.ts';

/**
 * One pod at a time may be evicted: an adapter's connections go to the others first. Pods that are not ready may always be: one that
 * waits for a connection must not hold up the drain of a node.
 */
export function podDisruptionBudget(
  metadata: ObjectMeta,
  selector: Record<string, string>,
): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selector },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
