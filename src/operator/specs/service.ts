import type { Service } from '../../kube/builtin.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { HTTP_PORT } from './pod.ts';

const ports = () => [
  { name: 'http', port: HTTP_PORT, protocol: 'TCP', targetPort: 'http', appProtocol: 'http' },
];

/** One address for all pods: for callers that do not balance by themselves. */
export function clusterService(metadata: ObjectMeta, selector: Record<string, string>): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'ClusterIP', selector, ports: ports() },
  };
}

/** The pods one by one: gateways balance over those of a set by the free capacity that each reports. Pods that are not ready are absent. */
export function headlessService(metadata: ObjectMeta, selector: Record<string, string>): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'ClusterIP', clusterIP: 'None', selector, ports: ports() },
  };
}
