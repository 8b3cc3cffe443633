import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { Service } from '../../kube/builtin.ts';
import { HTTP_PORT } from './adapter-file.ts';
import { ownedMeta, podSelector } from './labels.ts';
import { setObjectNames } from './names.ts';

const ports = () => [
  { name: 'http', port: HTTP_PORT, protocol: 'TCP', targetPort: 'http', appProtocol: 'http' },
];

/** One address for the whole set: for callers that do not balance by themselves. */
export function clusterService(set: EppSet): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMeta(set, setObjectNames(set.metadata.name).adapter),
    spec: { type: 'ClusterIP', selector: podSelector(set), ports: ports() },
  };
}

/** The pods one by one: for gateways, which balance by the free capacity that each pod reports. Pods that are not ready are absent. */
export function headlessService(set: EppSet): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMeta(set, setObjectNames(set.metadata.name).pods),
    spec: { type: 'ClusterIP', clusterIP: 'None', selector: podSelector(set), ports: ports() },
  };
}
