import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { PodDisruptionBudget } from '../../kube/builtin.ts';
import { ownedMeta, podSelector } from './labels.ts';
import { setObjectNames } from './names.ts';

/**
 * One pod at a time may be evicted: its connections go to the others first. Pods that are not ready may always be: one that waits for
 * a connection must not hold up the drain of a node.
 */
export function podDisruptionBudget(set: EppSet): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMeta(set, setObjectNames(set.metadata.name).adapter),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: podSelector(set) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
