/** The EndpointSlices of a Service: a pure function of its pods. */
import { createHash } from 'node:crypto';
import type { V1Endpoint } from '@kubernetes/client-node';
import type { EndpointSlice, Pod, Service } from '../kube/builtin.ts';
import { type ObjectMeta, ownerReference } from '../kube/objects.ts';
import { canonicalJson } from './json.ts';
import { isReady, loopbackPort } from './pod-view.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const HEADLESS = 'service.kubernetes.io/headless';
export const SLICE_MANAGER = 'endpointslice-controller.k8s.io';

/** Selects the slices that are made for a Service. */
export function sliceSelector(service: string): string {
  return `${SERVICE_NAME}=${service},${MANAGED_BY}=${SLICE_MANAGER}`;
}

type Ports = NonNullable<EndpointSlice['ports']>;

/**
 * As kube-controller-manager makes them: pods that listen on the same ports share a slice. Here nearly every pod listens on a loopback
 * port of its own, so each has its own slice. Without pods there is none; the real one has an empty slice then.
 * @param pods those that the Service selects
 */
export function slicesOf(service: Service, pods: readonly Pod[]): EndpointSlice[] {
  const groups = new Map<string, { ports: Ports; pods: Pod[] }>();
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    const ended = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
    if (ports.length === 0 || ended || pod.status?.podIP === undefined) continue;
    const key = canonicalJson(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  return [...groups].map(([key, group]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadataOf(service, key),
    addressType: 'IPv4',
    endpoints: group.pods
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .map((pod) => endpointOf(service, pod)),
    ports: group.ports,
  }));
}

function metadataOf(service: Service, key: string): ObjectMeta {
  const { name, namespace, labels } = service.metadata;
  const suffix = createHash('sha256').update(key).digest('hex').slice(0, 5);
  return {
    name: `${name}-${suffix}`,
    ...(namespace !== undefined && { namespace }),
    labels: {
      ...labels,
      ...(service.spec?.clusterIP === 'None' && { [HEADLESS]: '' }),
      [SERVICE_NAME]: name,
      [MANAGED_BY]: SLICE_MANAGER,
    },
    ownerReferences: [ownerReference(service)],
  };
}

/** Where the pod can be reached from this machine, by the names of the Service's ports. */
function portsOf(service: Service, pod: Pod): Ports {
  return (service.spec?.ports ?? []).flatMap(
    ({ name = '', port, targetPort, protocol = 'TCP', appProtocol }) => {
      const loopback = loopbackPort(pod, targetPort ?? port);
      return loopback === undefined
        ? []
        : [{ name, port: loopback, protocol, ...(appProtocol && { appProtocol }) }];
    },
  );
}

function endpointOf({ spec }: Service, pod: Pod): V1Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: spec?.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(pod.spec?.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
    },
  };
}
