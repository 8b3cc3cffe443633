/** The samples, embedded, with polling, and all that a Prometheus in a cluster would find there. */
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { LABEL } from '../../src/api/v1alpha1/labels.ts';
import { EPP_REGISTRY } from '../../src/api/v1alpha1/registry.ts';
import { type EmbeddedCluster, startEmbedded } from '../../src/embedded/cluster.ts';
import { readManifests } from '../../src/embedded/manifests.ts';
import { loopbackOrigin } from '../../src/embedded/pod-view.ts';
import { POD } from '../../src/kube/builtin.ts';
import { createHttpServer } from '../../src/lib/http-server.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Target } from './prometheus.ts';

const NAMESPACE = 'eppset-demo';
const SAMPLES = fileURLToPath(new URL('../../manifests/samples/', import.meta.url));

export interface Demo {
  cluster: EmbeddedCluster;
  /** The operator's. */
  metrics: Registry;
  targets: Target[];
  close(): Promise<void>;
}

export async function startDemo(): Promise<Demo> {
  const manifests = (await readManifests(SAMPLES)).map((object) => {
    if (object.kind !== EPP_REGISTRY.kind) return object;
    const { spec } = object as typeof object & { spec: object };
    return { ...object, spec: { ...spec, poll: { enabled: true, interval: '1s', sink: { stdout: {} } } } };
  });
  const metrics = new Registry();
  const operator = createHttpServer({ metrics, readiness: () => ({ ready: true, reasons: [] }) });
  const cluster = await startEmbedded({ manifests, metrics, timeScale: 0.05, log: silentLog });
  const close = async () => {
    await Promise.all([cluster.close(), operator.close()]);
  };
  try {
    await operator.listen({ host: '127.0.0.1', port: 0 });
    await cluster.ready();
    const { port } = operator.server.address() as AddressInfo;
    const labels = { namespace: 'eppset-system', pod: 'eppset-operator-0' };
    return {
      cluster,
      metrics,
      targets: [
        { job: 'eppset-operator', address: `127.0.0.1:${port}`, labels },
        ...(await podTargets(cluster)),
      ],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the PodMonitors of the chart select, with the labels that they give. */
async function podTargets({ client }: EmbeddedCluster): Promise<Target[]> {
  const { items } = await client.list(POD, { namespace: NAMESPACE });
  return items.flatMap((pod) => {
    const { name, labels = {} } = pod.metadata;
    const origin = loopbackOrigin(pod);
    const job = labels[LABEL.name];
    if (labels[LABEL.partOf] !== 'eppset' || origin === undefined || job === undefined) return [];
    const gateway = labels[LABEL.gateway];
    return {
      job,
      address: new URL(origin).host,
      labels: { namespace: NAMESPACE, pod: name, ...(gateway !== undefined && { gateway }) },
    };
  });
}

/** Commands of every business through the gateway, one after the other, until the signal. */
export async function ask(cluster: EmbeddedCluster, signal: AbortSignal): Promise<void> {
  const url = cluster.serviceUrl(NAMESPACE, 'epp-bj-gateway');
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    await (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body), signal })).text();
  };
  try {
    for (let round = 0; !signal.aborted; round++) {
      const name = `monitored-${round}.com`;
      await post('/com/check', { names: [name, 'example.com'] });
      await post('/com/create', { name, authInfo: { pw: 'demo-only-1' } });
      await post('/com/info', { name });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
