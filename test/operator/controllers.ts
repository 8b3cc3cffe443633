/** The controllers of one namespace on a real API server, and what a kubelet would do there. */
import { Registry } from 'prom-client';
import { EPP_GATEWAY, type EppGateway } from '../../src/api/v1alpha1/gateway.ts';
import { EPP_REGISTRY, type EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet } from '../../src/api/v1alpha1/set.ts';
import { EVENT, POD, type Pod, SECRET, type Secret } from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { KubeEventRecorder } from '../../src/kube/event-recorder.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { cachedBudget } from '../../src/operator/cached-budget.ts';
import { createCaches } from '../../src/operator/caches.ts';
import { gatewayController } from '../../src/operator/gateway-controller/gateway-controller.ts';
import type { GatewayReports } from '../../src/operator/gateway-controller/gateway-reports.ts';
import {
  type InternalTokenOptions,
  internalTokenController,
} from '../../src/operator/internal-token/internal-token-controller.ts';
import type { OperatorOptions } from '../../src/operator/options.ts';
import { registryController } from '../../src/operator/registry-controller/registry-controller.ts';
import { setController } from '../../src/operator/set-controller/set-controller.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayManifest, registryManifest, setManifest } from './samples.ts';

export async function openClient(kubeconfig: string, metrics?: Registry): Promise<ClosableKubeClient> {
  const config = await loadClusterConfig({ kubeconfig, env: {} });
  return createClient(config, { clock, log: silentLog, ...(metrics && { metrics }) });
}

export interface RunningControllers {
  /** Requests so far that were not reads. */
  writes(): Promise<number>;
  stop(): Promise<void>;
}

/** What a test has of its own. */
export interface OwnParts {
  log?: Log;
  /** 1 by default. */
  timeScale?: number;
  token?: Pick<Partial<InternalTokenOptions>, 'clock'>;
  /** Of gateways; by default none is ready. */
  reports?: GatewayReports;
  networkPolicies?: OperatorOptions['networkPolicies'];
}

/** All controllers without an allocator: tests write ledgers and leases themselves. */
export async function startControllers(
  kubeconfig: string,
  namespace: string,
  own: OwnParts = {},
): Promise<RunningControllers> {
  const { log = silentLog, timeScale = 1, networkPolicies } = own;
  const metrics = new Registry();
  const client = await openClient(kubeconfig, metrics);
  const abort = new AbortController();
  const caches = createCaches({
    client,
    clock,
    log,
    namespace,
    networkPolicies: networkPolicies !== undefined,
  });
  const budget = cachedBudget(caches);
  const events = new KubeEventRecorder({
    client,
    clock,
    log,
    component: 'eppset-operator',
    instance: 'test',
  });
  const shared = { client, clock, log, events, caches, budget, metrics };
  const kept = networkPolicies?.mode === 'keep' ? { networkPolicies } : {};
  const pods = { image: 'eppset:test', timeScale, ...kept };
  const running = [
    setController({ ...shared, pods }).run(abort.signal),
    registryController({ ...shared, ...kept }).run(abort.signal),
    gatewayController({ ...shared, pods, reports: own.reports ?? { ask: async () => [] } }).run(abort.signal),
    internalTokenController({ ...shared, ...own.token }).run(abort.signal),
    caches.run(abort.signal),
  ];
  return {
    async writes() {
      const counter = await metrics.getSingleMetric('rest_client_requests_total')?.get();
      const values = (counter?.values ?? []) as { value: number; labels: { method?: string } }[];
      return values
        .filter(({ labels }) => labels.method !== 'GET')
        .reduce((sum, { value }) => sum + value, 0);
    },
    async stop() {
      abort.abort(new Error('the test ends'));
      await Promise.all(running);
      await events.flush();
      await client.close();
    },
  };
}

/** What a test does with one namespace. */
export class Bench {
  readonly client: KubeClient;
  readonly namespace: string;

  constructor(client: KubeClient, namespace: string) {
    this.client = client;
    this.namespace = namespace;
  }

  key(name: string) {
    return { namespace: this.namespace, name };
  }

  /** The object, which must be there. */
  async get<T extends KubeObject>(resource: Resource<T>, name: string): Promise<T> {
    const object = await this.client.get(resource, this.key(name));
    if (object === undefined) throw new Error(`no ${resource.kind} ${name}`);
    return object;
  }

  /** Changes an object as a person with `kubectl edit` would; again on a conflict. */
  async edit<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    change: (object: T) => void,
  ): Promise<T> {
    return await eventually(async () => {
      const object = structuredClone(await this.get(resource, name));
      change(object);
      return await this.client.replace(resource, object);
    });
  }

  async secret(name: string, keys: readonly string[]): Promise<void> {
    const data = Object.fromEntries(keys.map((key) => [key, Buffer.from('secret value').toString('base64')]));
    const metadata = { name, namespace: this.namespace };
    await this.client.create<Secret>(SECRET, { apiVersion: 'v1', kind: 'Secret', metadata, data });
  }

  /** A registry account with its Secrets. */
  async registry(
    options: { name?: string; spec?: object; credentials?: readonly string[] } = {},
  ): Promise<EppRegistry> {
    // Room for the minimums of all sets of a test file.
    const spec = { connections: { limit: 1_000, idleTimeoutSeconds: 600 }, ...options.spec };
    const manifest = registryManifest({ ...options, spec, metadata: { namespace: this.namespace } });
    const { credentials = ['username', 'password'] } = options;
    await this.secret(manifest.spec.credentials.secretName, credentials);
    const ca = manifest.spec.tls.caSecretName;
    if (ca !== undefined) await this.secret(ca, ['ca.crt']);
    return await this.client.create(EPP_REGISTRY, manifest as unknown as EppRegistry);
  }

  async set(options: { name?: string; spec?: object } = {}): Promise<EppSet> {
    const manifest = setManifest({ ...options, metadata: { namespace: this.namespace } });
    return await this.client.create(EPP_SET, manifest as unknown as EppSet);
  }

  async gateway(options: { name?: string; spec?: object } = {}): Promise<EppGateway> {
    const manifest = gatewayManifest({ ...options, metadata: { namespace: this.namespace } });
    return await this.client.create(EPP_GATEWAY, manifest as unknown as EppGateway);
  }

  /** `status reason` of a condition. */
  async condition<T extends EppSet | EppRegistry | EppGateway>(
    resource: Resource<T>,
    name: string,
    type: string,
  ) {
    const found = (await this.get(resource, name)).status?.conditions?.find((c) => c.type === type);
    return { text: `${found?.status} ${found?.reason}`, message: found?.message };
  }

  /** Resolves with the condition's message. */
  async until<T extends EppSet | EppRegistry | EppGateway>(
    resource: Resource<T>,
    name: string,
    type: string,
    text: string,
  ): Promise<string> {
    return await eventually(
      async () => {
        const condition = await this.condition(resource, name, type);
        if (condition.text !== text) throw new Error(`${type} is ${condition.text}: ${condition.message}`);
        return condition.message ?? '';
      },
      { timeoutMs: 60_000, what: `${name} ${type} = ${text}` },
    );
  }

  /** The events about an object, `type reason: message`. */
  async events(kind: string, name: string): Promise<string[]> {
    const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
    const { items } = await this.client.list(EVENT, { namespace: this.namespace, fieldSelector });
    return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  /** Of a set, or by the label of a gateway. */
  async pods(name: string, label = 'eppset.io/set-object'): Promise<Pod[]> {
    const labelSelector = `${label}=${name}`;
    const { items } = await this.client.list(POD, { namespace: this.namespace, labelSelector });
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** What kubelet reports when the probes of every pod of the set answer; waits for `count` of them. */
  async makeReady(set: string, count: number, label?: string): Promise<void> {
    await eventually(
      async () => {
        const pods = await this.pods(set, label);
        if (pods.length !== count) throw new Error(`${pods.length} pods, not ${count}`);
        for (const pod of pods) await this.#makeReady(pod);
      },
      { timeoutMs: 60_000, what: `pods of ${set}` },
    );
  }

  /** The same for those that are there now. */
  async makeThoseReady(name: string, label?: string): Promise<void> {
    for (const pod of await this.pods(name, label)) await this.#makeReady(pod);
  }

  async #makeReady(pod: Pod): Promise<void> {
    const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    if (ready) return;
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }];
    await this.client.replaceStatus(POD, {
      ...pod,
      status: { ...pod.status, phase: 'Running', conditions },
    } as unknown as Pod);
  }
}
