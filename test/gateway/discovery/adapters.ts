/** Adapters of sets on an API server without nodes: their Services as the operator makes them, and pods whose status is written by hand. */
import { LABEL } from '../../../src/api/v1alpha1/labels.ts';
import { POD, type Pod, SERVICE } from '../../../src/kube/builtin.ts';
import type { KubeClient } from '../../../src/kube/interfaces.ts';
import type { Resource } from '../../../src/kube/objects.ts';

const NODE: Resource = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
const NODE_NAME = 'node-1';

export interface SetParts {
  object: string;
  prefix?: string;
  business: string;
  region: string;
}

const podLabels = (object: string) => ({ [LABEL.component]: 'adapter', [LABEL.setObject]: object });

/** Both Services of a set. */
export async function createServices(client: KubeClient, namespace: string, set: SetParts): Promise<void> {
  const labels = {
    ...podLabels(set.object),
    [LABEL.setPrefix]: set.prefix ?? 'epp',
    [LABEL.setBusiness]: set.business,
    [LABEL.setRegion]: set.region,
  };
  const service = (suffix: string, spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name: `${set.object}-${suffix}`, labels },
    spec: {
      type: 'ClusterIP',
      selector: podLabels(set.object),
      ports: [{ name: 'http', port: 8080, protocol: 'TCP', targetPort: 'http' }],
      ...spec,
    },
  });
  await client.create(SERVICE, service('adapter', {}));
  await client.create(SERVICE, service('pods', { clusterIP: 'None' }));
}

/** Endpoints are made of pods on nodes that are there. */
export async function createNode(client: KubeClient): Promise<void> {
  await client.create(NODE, { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE_NAME } });
}

/** A pod that has its address and is ready. When it is deleted it stays, terminating: no kubelet confirms. */
export async function createPod(
  client: KubeClient,
  namespace: string,
  object: string,
  name: string,
  address: string,
): Promise<void> {
  const pod = await client.create<Pod>(POD, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: podLabels(object) },
    spec: {
      nodeName: NODE_NAME,
      containers: [{ name: 'adapter', image: 'none', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
  });
  await client.replaceStatus<Pod>(POD, { ...pod, status: statusOf(address, true) });
}

export async function setReady(
  client: KubeClient,
  namespace: string,
  name: string,
  ready: boolean,
): Promise<void> {
  const pod = await client.get(POD, { namespace, name });
  if (pod === undefined) throw new Error(`no pod ${name}`);
  await client.replaceStatus<Pod>(POD, { ...pod, status: statusOf(pod.status?.podIP ?? '', ready) });
}

/** Deletes it for good. */
export async function letGo(client: KubeClient, namespace: string, name: string): Promise<void> {
  await client.delete(POD, { namespace, name }, { gracePeriodSeconds: 0 });
}

const statusOf = (address: string, ready: boolean): Pod['status'] & {} => ({
  phase: 'Running',
  podIP: address,
  podIPs: [{ ip: address }],
  conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
});
