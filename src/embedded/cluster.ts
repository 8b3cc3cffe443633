import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { EPP_GATEWAY } from '../api/v1alpha1/gateway.ts';
import { EPP_SET } from '../api/v1alpha1/set.ts';
import { isConflict } from '../kube/api-error.ts';
import { DEPLOYMENT, POD, SERVICE } from '../kube/builtin.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { type KubeObject, keyOf, keyString } from '../kube/objects.ts';
import { systemBootClock } from '../lib/boot-clock.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { createOperator } from '../operator/operator.ts';
import { adapterProgram } from './adapter-program.ts';
import { customKinds } from './custom-kinds.ts';
import { Deployments } from './deployments.ts';
import { EndpointSlices } from './endpoint-slices.ts';
import { gatewayProgram } from './gateway-program.ts';
import type { KeptObject } from './kept-objects.ts';
import { inOrder } from './manifests.ts';
import { EmbeddedNode } from './node.ts';
import { loopbackOrigin } from './pod-view.ts';
import { ProgramRunner } from './programs.ts';
import { Services } from './services.ts';
import { simulatedSecrets } from './simulated-secrets.ts';
import { simulatorProgram } from './simulator-program.ts';
import { StateFolder } from './state-folder.ts';
import { EmbeddedStore } from './store.ts';

export interface EmbeddedOptions {
  /** Applied before anything starts, in an order that works. Secrets of simulators that are not among them are made. */
  manifests: readonly KubeObject[];
  /** Shrinks the times of the connection budget, but not what registries do. Default 1. */
  timeScale?: number;
  log: Log;
  clock?: Clock;
  /** Where the operator tells its metrics; nobody reads them by default. */
  metrics?: Registry;
  /** First of the ports of the Services; whatever is free by default. */
  firstPort?: number;
  /** Folder that keeps objects and simulated registries from one cluster to the next. Nothing is kept by default. */
  data?: string;
}

/** Operator, simulators, adapters and gateways in this process, on an API in memory. */
export interface EmbeddedCluster {
  /** A person's client, with full rights. */
  readonly client: KubeClient;
  /** Base URL of a Service's port, by name or number (default `http`). Throws when there is no such port. */
  serviceUrl(namespace: string, name: string, port?: string | number): string;
  /** `kubectl apply`, with the Secrets of simulators; resolves when the Services among the objects have their ports. */
  apply(objects: readonly KubeObject[]): Promise<void>;
  /** `kubectl delete`; resolves when the objects and all that they own are gone. */
  remove(objects: readonly KubeObject[]): Promise<void>;
  /** `kubectl scale` of an EppSet. */
  scale(namespace: string, set: string, replicas: number): Promise<void>;
  /** Ends a pod's program at once, as an OOM kill does: nothing is drained. The pod is started again. */
  killPod(namespace: string, name: string): void;
  /** Resolves when every set and every gateway has the condition Ready and every Deployment has all of its pods. */
  ready(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  /** Drains the pods, adapters before simulators, and stops everything. Never rejects; resolves within some 15 s, mostly much sooner. */
  close(): Promise<void>;
}

const NODE = 'embedded';
/** Who drains before whom: an adapter logs out at a simulator. */
const DRAIN_ORDER = ['gateway', 'adapter'];
const DRAIN_GRACE_MS = 12_000;
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
/** A person's, so that it does not own what the operator owns. */
const FIELD_MANAGER = 'eppset-try';

/** Starts everything; the pods are still coming up when this resolves. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedCluster> {
  const { clock = systemClock, log, data } = options;
  const state = data === undefined ? undefined : await StateFolder.open(data, { clock, log });
  const kept = await state?.objects().catch(async (error: unknown) => {
    await state.close();
    throw error;
  });
  // In one step with what removes it: the process may be told to end at any moment
  const folder = mkdtempSync(join(tmpdir(), 'eppset-'));
  const cluster = new Cluster(options, { folder, state, kept });
  try {
    await cluster.start(options.manifests);
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

interface Places {
  /** Removed in the end. */
  folder: string;
  state: StateFolder | undefined;
  kept: readonly KeptObject[] | undefined;
}

class Cluster implements EmbeddedCluster {
  readonly client: EmbeddedStore;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #timeScale: number;
  readonly #metrics: Registry;
  readonly #folder: string;
  readonly #state: StateFolder | undefined;
  readonly #services: Services;
  readonly #node: EmbeddedNode;
  readonly #deployments: Deployments;
  readonly #endpointSlices: EndpointSlices;
  readonly #stop = new AbortController();
  #parts: Promise<void>[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: EmbeddedOptions, { folder, state, kept }: Places) {
    const { log, clock = systemClock, timeScale = 1, metrics = new Registry(), firstPort } = options;
    const client = new EmbeddedStore({ clock, log, kinds: customKinds(), ...(kept && { kept }) });
    state?.follow(client);
    this.#state = state;
    const shared = { client, clock, log };
    this.client = client;
    this.#log = log;
    this.#clock = clock;
    this.#timeScale = timeScale;
    this.#metrics = metrics;
    this.#folder = folder;
    this.#services = new Services({ ...shared, ...(firstPort !== undefined && { firstPort }) });
    const runner = new ProgramRunner({
      adapter: adapterProgram({ client, clock, bootClock: systemBootClock(), services: this.#services }),
      gateway: gatewayProgram({ client, clock }),
      simulator: simulatorProgram(clock, async (pod) => {
        const owner = (await client.get(POD, pod))?.metadata.ownerReferences?.[0];
        return owner && state?.registryFile({ namespace: pod.namespace, name: owner.name });
      }),
    });
    this.#node = new EmbeddedNode({ ...shared, name: NODE, runner, folder });
    this.#deployments = new Deployments({ ...shared, nodeName: NODE });
    this.#endpointSlices = new EndpointSlices(shared);
  }

  async start(manifests: readonly KubeObject[]): Promise<void> {
    process.once('exit', this.#leaveNothing);
    this.#run('services', (signal) => this.#services.run(signal));
    this.#run('node', (signal) => this.#node.run(signal));
    this.#run('deployments', (signal) => this.#deployments.run(signal));
    this.#run('endpoint slices', (signal) => this.#endpointSlices.run(signal));
    await this.apply(manifests);
    const operator = createOperator(
      {
        client: this.client,
        clock: this.#clock,
        log: this.#log.child({ part: 'operator' }),
        metrics: this.#metrics,
        podOrigin: loopbackOrigin,
      },
      {
        identity: NODE,
        image: 'eppset:embedded',
        egressImage: false,
        leaderElection: false,
        timeScale: this.#timeScale,
      },
    );
    this.#run('operator', async (signal) => {
      await operator.run(signal);
    });
  }

  serviceUrl(namespace: string, name: string, port: string | number = 'http'): string {
    const loopback = this.#services.portOf(namespace, name, port);
    if (loopback === undefined) throw new Error(`there is no port ${port} of a Service ${namespace}/${name}`);
    return `http://127.0.0.1:${loopback}`;
  }

  async apply(objects: readonly KubeObject[]): Promise<void> {
    const ordered = inOrder([...objects, ...(await this.#missingSecrets(objects))]);
    for (const { resource, object } of ordered)
      await this.client.apply(resource, object as KubeObject & Record<string, unknown>, {
        fieldManager: FIELD_MANAGER,
      });
    const services = ordered.filter(({ resource }) => resource === SERVICE);
    await this.#until('Services with ports', READY_TIMEOUT_MS, this.#stop.signal, async () =>
      services.flatMap(({ object }) => {
        const { namespace = '', name } = object.metadata;
        return this.#services.isOpen(namespace, name) ? [] : [`${namespace}/${name}`];
      }),
    );
  }

  async remove(objects: readonly KubeObject[]): Promise<void> {
    const ordered = inOrder(objects).reverse();
    const mine = ordered.filter(({ object }) => objects.some((wanted) => sameName(wanted, object)));
    for (const { resource, object } of mine) {
      const options = { propagationPolicy: 'Foreground' as const };
      await this.client.delete(resource, keyOf(object), options);
    }
    await this.#until('removal', READY_TIMEOUT_MS, this.#stop.signal, async () => {
      const left: string[] = [];
      for (const { resource, object } of mine)
        if ((await this.client.get(resource, keyOf(object))) !== undefined)
          left.push(`${object.kind} ${keyString(keyOf(object))}`);
      return left;
    });
  }

  async scale(namespace: string, set: string, replicas: number): Promise<void> {
    for (;;) {
      const live = await this.client.get(EPP_SET, { namespace, name: set });
      if (live === undefined) throw new Error(`there is no EppSet ${namespace}/${set}`);
      try {
        await this.client.replace(EPP_SET, { ...live, spec: { ...live.spec, replicas } });
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  killPod(namespace: string, name: string): void {
    this.#node.crash(namespace, name);
  }

  async ready(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    const { timeoutMs = READY_TIMEOUT_MS, signal } = options;
    const signals = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    await this.#until('readiness', timeoutMs, signals, () => this.#unready());
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#node.drain({ order: DRAIN_ORDER, graceMs: DRAIN_GRACE_MS });
    this.#stop.abort(new Error('the embedded cluster is closed'));
    await Promise.all(this.#parts);
    await this.#state?.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
    process.off('exit', this.#leaveNothing);
  }

  /** Passwords stand in these files: they go even when nobody waits for the end. */
  readonly #leaveNothing = () => rmSync(this.#folder, { recursive: true, force: true });

  /** Objects that are not as they should be yet, with what is known of why. */
  async #unready(): Promise<string[]> {
    const waiting: string[] = [];
    const [sets, gateways] = await Promise.all([this.client.list(EPP_SET), this.client.list(EPP_GATEWAY)]);
    for (const { kind, metadata, status } of [...sets.items, ...gateways.items]) {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      const isCurrent = status?.observedGeneration === metadata.generation;
      if (ready?.status !== 'True' || !isCurrent)
        waiting.push(
          `${kind} ${metadata.name}${ready === undefined ? '' : ` (${ready.reason}: ${ready.message})`}`,
        );
    }
    for (const { metadata, spec, status } of (await this.client.list(DEPLOYMENT)).items) {
      const wanted = spec?.replicas ?? 1;
      const isCurrent = status?.observedGeneration === metadata.generation;
      if (!isCurrent || (status?.readyReplicas ?? 0) !== wanted || (status?.updatedReplicas ?? 0) !== wanted)
        waiting.push(`Deployment ${metadata.name} (${status?.readyReplicas ?? 0} of ${wanted} pods ready)`);
    }
    return waiting;
  }

  async #missingSecrets(objects: readonly KubeObject[]): Promise<KubeObject[]> {
    const made = await simulatedSecrets(objects);
    const missing: KubeObject[] = [];
    // A certificate that a simulator runs with must not change under it.
    for (const { resource, object } of inOrder(made))
      if ((await this.client.get(resource, keyOf(object))) === undefined) missing.push(object);
    return missing;
  }

  /** Waits until `left` finds nothing; the error names what it found last. */
  async #until(
    what: string,
    timeoutMs: number,
    signal: AbortSignal,
    left: () => Promise<string[]>,
  ): Promise<void> {
    const end = this.#clock.monotonicMs() + timeoutMs;
    for (;;) {
      signal.throwIfAborted();
      const found = await left();
      if (found.length === 0) return;
      if (this.#clock.monotonicMs() > end)
        throw new Error(
          `no ${what} within ${Math.round(timeoutMs / 1000)} s; still waiting for ${found.join(', ')}`,
        );
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  #run(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    const part = work(this.#stop.signal).catch((error: unknown) => {
      if (!this.#stop.signal.aborted)
        this.#log.error({ part: name, reason: messageOf(error) }, 'a part of the cluster broke');
    });
    this.#parts.push(part);
  }
}

function sameName(a: KubeObject, b: KubeObject): boolean {
  const { namespace = b.metadata.namespace, name } = a.metadata;
  return a.kind === b.kind && name === b.metadata.name && namespace === b.metadata.namespace;
}
