/** Real bindings on a real API server: pods are objects without containers, their holders run here, and a registry that counts. */
import { randomUUID } from 'node:crypto';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../../src/api/v1alpha1/connection-lease.ts';
import {
  EPP_CONNECTION_LEDGER,
  type EppConnectionLedger,
} from '../../../src/api/v1alpha1/connection-ledger.ts';
import { LABEL } from '../../../src/api/v1alpha1/labels.ts';
import { EPP_REGISTRY } from '../../../src/api/v1alpha1/registry.ts';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';
import type { Slot } from '../../../src/budget/connection-budget.ts';
import { type BoundHolder, startHolder } from '../../../src/budget/kube/holder-binding.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import { POD, type Pod } from '../../../src/kube/builtin.ts';
import type { KubeClient } from '../../../src/kube/interfaces.ts';
import type { KubeObject, Resource } from '../../../src/kube/objects.ts';
import { systemBootClock } from '../../../src/lib/boot-clock.ts';
import { systemClock as clock } from '../../../src/lib/clock.ts';
import { silentLog as log } from '../../../src/lib/log.ts';
import { allocate } from './allocate.ts';

/** TTL: core 12 s, query 2.4 s; R 0.4 s; a logout lingers 40 ms. */
export const TIME_SCALE = 0.02;
export const IDLE_MS = 1_000;

/** Counts as a registry does: until a FIN, or so long a silence. */
export class CountingRegistry {
  readonly limit: number;
  peak = 0;
  /** Of the account; others are refused. */
  password = 'right';
  refusals = 0;
  readonly #lastByte = new Map<string, number>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get count(): number {
    const now = clock.monotonicMs();
    for (const [id, at] of this.#lastByte) if (now - at >= IDLE_MS) this.#lastByte.delete(id);
    return this.#lastByte.size;
  }

  /** False: refused, and the connection is closed. */
  login(id: string, password: string): boolean {
    if (password === this.password) return true;
    this.refusals += 1;
    this.end(id);
    return false;
  }

  accept(id: string): void {
    this.#lastByte.set(id, clock.monotonicMs());
    this.peak = Math.max(this.peak, this.count);
  }

  hear(id: string): void {
    if (this.#lastByte.has(id)) this.#lastByte.set(id, clock.monotonicMs());
  }

  end(id: string): void {
    this.#lastByte.delete(id);
  }
}

type PodClient = Pick<KubeClient, 'get' | 'list' | 'watch' | 'replaceStatus'>;

/** A pod's way to the API, which can be cut: what is asked meanwhile gets no answer, and watches break. */
export class Partition implements PodClient {
  readonly #client: KubeClient;
  #cut = new AbortController();
  down = false;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  cut(): void {
    this.down = true;
    this.#cut.abort(new ApiError('the network is cut', { code: 0 }));
  }

  heal(): void {
    this.down = false;
    this.#cut = new AbortController();
  }

  #through<T>(signal: AbortSignal | undefined, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.down) return Promise.reject(new ApiError('the network is cut', { code: 0 }));
    return ask(signal === undefined ? this.#cut.signal : AbortSignal.any([signal, this.#cut.signal]));
  }

  get: PodClient['get'] = (resource, key, signal) =>
    this.#through(signal, (s) => this.#client.get(resource, key, s));
  list: PodClient['list'] = (resource, options, signal) =>
    this.#through(signal, (s) => this.#client.list(resource, options, s));
  replaceStatus: PodClient['replaceStatus'] = (resource, object, signal) =>
    this.#through(signal, (s) => this.#client.replaceStatus(resource, object, s));

  watch: PodClient['watch'] = (resource, options, signal) => {
    if (this.down) throw new ApiError('the network is cut', { code: 0 });
    return this.#client.watch(resource, options, AbortSignal.any([signal, this.#cut.signal]));
  };
}

/** An adapter's process under load: opens what it may, closes what it must, keeps alive what it has. */
export class Process {
  readonly holder: BoundHolder;
  readonly pod: Pod;
  load: number;
  #password = 'right';
  readonly #registry: CountingRegistry;
  readonly #connections = new Map<string, Slot>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(client: PodClient, pod: Pod, registry: CountingRegistry, load: number) {
    this.pod = pod;
    this.#registry = registry;
    this.load = load;
    this.holder = startHolder({
      client,
      leaseKey: { namespace: pod.metadata.namespace!, name: pod.metadata.uid! },
      accounts: { reg: { idleTimeoutSeconds: IDLE_MS / 1000, lateDeliverySeconds: 0 } },
      timeScale: TIME_SCALE,
      clock,
      bootClock: systemBootClock(),
      log,
      newIncarnation: randomUUID,
      seed: Math.floor(Math.random() * 2 ** 31),
    });
    this.#timer = setInterval(() => this.#work(), 10);
  }

  get open(): number {
    return this.#connections.size;
  }

  /** kubelet has brought another Secret. */
  readPassword(password: string): void {
    this.#password = password;
    this.holder.loginResult('reg', 'unproven');
  }

  /** SIGKILL: nobody hears of it, and the sockets stay half open. */
  kill(): void {
    clearInterval(this.#timer);
    this.holder.stop();
    this.#connections.clear();
  }

  /** SIGTERM. */
  async terminate(): Promise<void> {
    await this.holder.drain({ timeoutMs: 5_000 });
    this.kill();
  }

  #work(): void {
    const { excess } = this.holder.account('reg');
    for (const id of [...this.#connections.keys()].slice(0, excess)) this.#logout(id);
    if (this.holder.account('reg').logins === 'prove') this.#connect();
    while (
      this.holder.account('reg').logins === 'all' &&
      this.#connections.size < Math.max(1, this.load) &&
      this.#connect()
    ) {
      // As many as there are.
    }
    for (const [id, slot] of this.#connections) if (slot.mayWrite()) this.#registry.hear(id);
    this.holder.report('reg', {
      inUse: Math.min(this.load, this.open),
      queued: Math.max(0, this.load - this.open),
    });
  }

  #connect(): boolean {
    const slot = this.holder.acquire('reg');
    if (slot === undefined) return false;
    if (!slot.mayConnect()) {
      slot.ended('never-connected');
      return false;
    }
    const id = randomUUID();
    this.#registry.accept(id);
    const taken = this.#registry.login(id, this.#password);
    this.holder.loginResult('reg', taken ? 'proven' : 'refused');
    if (!taken) {
      slot.ended('confirmed');
      return false;
    }
    this.#connections.set(id, slot);
    slot.opened();
    slot.revoked.addEventListener('abort', () => {
      this.#connections.delete(id);
      this.#registry.end(id);
      slot.ended('unconfirmed');
    });
    return true;
  }

  #logout(id: string): void {
    const slot = this.#connections.get(id)!;
    if (!slot.mayWrite()) return;
    this.#connections.delete(id);
    slot.closing();
    this.#registry.end(id);
    slot.ended('confirmed');
  }
}

export class Cluster {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly registry: CountingRegistry;
  readonly processes: Process[] = [];
  readonly #leaders: { abort: AbortController; done: Promise<void> }[] = [];

  constructor(client: KubeClient, namespace: string, limit: number) {
    this.client = client;
    this.namespace = namespace;
    this.registry = new CountingRegistry(limit);
  }

  #object<T extends KubeObject>({ apiVersion, kind }: Resource<T>, name: string, rest: object): T {
    return { apiVersion, kind, metadata: { name, namespace: this.namespace }, ...rest } as unknown as T;
  }

  async createRegistry(): Promise<void> {
    const spec = {
      accreditation: 'test',
      tlds: ['example'],
      endpoint: { host: 'epp.example' },
      credentials: { secretName: 'none' },
      connections: { limit: this.registry.limit, idleTimeoutSeconds: IDLE_MS / 1000, lateDeliverySeconds: 0 },
    };
    await this.client.create(EPP_REGISTRY, this.#object(EPP_REGISTRY, 'reg', { spec }));
  }

  async createSet(name: 'core' | 'query', min: number, max: number): Promise<void> {
    const spec = { set: `epp.${name}.bj`, class: name, pools: [{ registry: 'reg', min, max }] };
    await this.client.create(EPP_SET, this.#object(EPP_SET, name, { spec }));
  }

  async createPod(set: 'core' | 'query'): Promise<Pod> {
    const pod = this.#object<Pod>(POD, `${set}-${randomUUID().slice(0, 8)}`, {
      spec: { containers: [{ name: 'adapter', image: 'none' }] },
    });
    return await this.client.create(POD, {
      ...pod,
      metadata: { ...pod.metadata, labels: { [LABEL.setObject]: set } },
    });
  }

  start(pod: Pod, load: number, client: PodClient = this.client): Process {
    const process = new Process(client, pod, this.registry, load);
    this.processes.push(process);
    return process;
  }

  /** An operator that leads. */
  lead(): { stop(): Promise<void>; done: Promise<void> } {
    const abort = new AbortController();
    const { client, namespace } = this;
    const allocating = allocate({ client, namespace, timeScale: TIME_SCALE, signal: abort.signal });
    const done = allocating.catch(() => {});
    const leader = { abort, done };
    this.#leaders.push(leader);
    return {
      done: allocating,
      stop: async () => {
        abort.abort();
        await done.catch(() => {});
      },
    };
  }

  async stop(): Promise<void> {
    for (const process of this.processes) process.kill();
    for (const { abort } of this.#leaders) abort.abort();
    await Promise.all(this.#leaders.map(({ done }) => done.catch(() => {})));
    // Nobody is left to take the finalizers off, and the namespace could not go.
    const { items } = await this.client.list(EPP_CONNECTION_LEASE, { namespace: this.namespace });
    for (const lease of items) {
      const { finalizers: _, ...metadata } = lease.metadata;
      await this.client.replace(EPP_CONNECTION_LEASE, { ...lease, metadata }).catch(() => {});
    }
  }

  async ledger(): Promise<EppConnectionLedger | undefined> {
    return await this.client.get(EPP_CONNECTION_LEDGER, { namespace: this.namespace, name: 'reg' });
  }

  async leases(): Promise<EppConnectionLease[]> {
    return (await this.client.list(EPP_CONNECTION_LEASE, { namespace: this.namespace })).items;
  }
}
