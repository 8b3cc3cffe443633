/** A thousand sets and the pods that Kubernetes makes of them. No process runs in a pod: the benchmark reports in their place. */
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_REGISTRY, type EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet } from '../../src/api/v1alpha1/set.ts';
import { NAMESPACE, SECRET } from '../../src/kube/builtin.ts';
import { Informer } from '../../src/kube/informer.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import { type KubeObject, keyOf, type Resource } from '../../src/kube/objects.ts';
import { Turns } from '../../src/kube/turns.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';

export interface FleetSize {
  namespaces: number;
  setsInEach: number;
  podsOfEach: number;
}

const AT_ONCE = 16;
const RETRY_MS = 500;
const RENEW_MS = 20_000;
/** Of those that are bound: not so often that their reports are the load, but before their leases run out. */
const SLOW_RENEW_MS = 150_000;
const ACCOUNTS = ['com', 'net'] as const;
/** Of the pods of one set, at each account. */
const IN_USE = 2;

const manifest = <T extends KubeObject>({ apiVersion, kind }: Resource<T>, key: object, spec: object): T =>
  ({ apiVersion, kind, metadata: key, spec }) as unknown as T;

export class OperatorFleet {
  readonly #client: KubeClient;
  readonly #size: FleetSize;
  readonly #turns = new Turns(AT_ONCE);
  readonly #abort = new AbortController();
  readonly #leases: Informer<EppConnectionLease>;
  #running: Promise<void> | undefined;

  constructor(client: KubeClient, size: FleetSize) {
    this.#client = client;
    this.#size = size;
    this.#leases = new Informer({ client, clock, log, resource: EPP_CONNECTION_LEASE });
  }

  get sets(): number {
    return this.#size.namespaces * this.#size.setsInEach;
  }

  get pods(): number {
    return this.sets * this.#size.podsOfEach;
  }

  get accounts(): number {
    return this.#size.namespaces * ACCOUNTS.length;
  }

  /** Namespaces with two accounts each. */
  async prepare(): Promise<void> {
    const { setsInEach, podsOfEach } = this.#size;
    const limit = setsInEach * podsOfEach * (IN_USE + 2);
    const data = Object.fromEntries(
      ['username', 'password'].map((key) => [key, Buffer.from(key).toString('base64')]),
    );
    for (const namespace of this.#namespaces()) {
      await this.#client.create(NAMESPACE, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      });
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login', namespace }, data };
      await this.#client.create(SECRET, secret);
      for (const name of ACCOUNTS) {
        const spec = {
          accreditation: 'bench',
          tlds: [name],
          endpoint: { host: 'epp.example' },
          credentials: { secretName: 'login' },
          connections: { limit, idleTimeoutSeconds: 600 },
        };
        await this.#client.create(
          EPP_REGISTRY,
          manifest<EppRegistry>(EPP_REGISTRY, { name, namespace }, spec),
        );
      }
    }
  }

  async createSets(): Promise<void> {
    const { setsInEach, podsOfEach } = this.#size;
    const pools = ACCOUNTS.map((registry) => ({ registry, min: podsOfEach, max: podsOfEach * 10 }));
    const all = this.#namespaces().flatMap((namespace) =>
      Array.from({ length: setsInEach }, (_, n) => {
        const spec = { set: `epp.core.r${n}`, class: 'core', replicas: podsOfEach, pools };
        return manifest<EppSet>(EPP_SET, { name: `core-${n}`, namespace }, spec);
      }),
    );
    const create = (set: EppSet) =>
      this.#turns.run(() => this.#client.create(EPP_SET, set), this.#abort.signal);
    await Promise.all(all.map(create));
  }

  /** Sets whose status tells of all their pods. */
  async observed(): Promise<number> {
    const { items } = await this.#client.list(EPP_SET);
    const { podsOfEach } = this.#size;
    return items.filter(
      ({ metadata, status }) =>
        status?.observedGeneration === metadata.generation && status?.replicas === podsOfEach,
    ).length;
  }

  /** Lets every pod say that it runs, and acknowledge what it is granted, as an adapter would. */
  startPods(): void {
    this.#running = this.#leases.run(this.#abort.signal);
    this.#leases.onEvent((event) => {
      if (event.type !== 'deleted') void this.#answer(event.object);
    });
  }

  /** Pods that have their connections at every account. */
  served(): number {
    return this.#leases
      .list()
      .filter(({ status }) => ACCOUNTS.every((name) => status?.accounts?.[name]?.open === IN_USE)).length;
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the benchmark ends'));
    await this.#running;
  }

  #namespaces(): string[] {
    return Array.from({ length: this.#size.namespaces }, (_, n) => `registrar-${n}`);
  }

  async #answer(lease: EppConnectionLease): Promise<void> {
    const status = statusOf(lease);
    const { seq: _, ...told } = lease.status ?? {};
    if (JSON.stringify(sorted(told)) === JSON.stringify(sorted(status))) {
      const afterMs = lease.spec.state === 'Bound' ? SLOW_RENEW_MS * (1 + Math.random()) : RENEW_MS;
      await clock.sleep(afterMs, this.#abort.signal).catch(() => undefined);
      if (this.#abort.signal.aborted) return;
    }
    const seq = (lease.status?.seq ?? 0) + 1;
    const write = async () => {
      // The operator has written meanwhile: that comes as another event.
      if (this.#leases.get(keyOf(lease)) !== lease) return;
      await this.#client.replaceStatus(EPP_CONNECTION_LEASE, { ...lease, status: { ...status, seq } });
    };
    const { signal } = this.#abort;
    try {
      await this.#turns.run(write, signal);
    } catch {
      // A conflict is told by an event as well, but not all that may go wrong is.
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      const now = this.#leases.get(keyOf(lease));
      if (now !== undefined && !signal.aborted) await this.#answer(now);
    }
  }
}

function statusOf({ metadata, spec }: EppConnectionLease): NonNullable<EppConnectionLease['status']> {
  const accounts = ACCOUNTS.map((name) => {
    const { slots = 0, gen = 0 } = spec.grants[name] ?? {};
    const turn = spec.logins?.[name]?.turn ?? 0;
    const open = Math.min(slots, IN_USE);
    const login = {
      version: 1,
      result: open > 0 ? 'Proven' : 'Unproven',
      refusals: 0,
      heardTurn: turn,
      answeredTurn: turn,
    };
    const counts = { connecting: 0, unconfirmed: 0, demand: IN_USE + 1, waiting: 0, limitHits: 0 };
    return [name, { ackGen: gen, cap: slots, open, ...counts, login }] as const;
  });
  const incarnation = `process-of-${metadata.name}`.slice(0, 64);
  const ttlInUseSeconds = spec.ttlSeconds;
  return {
    incarnation,
    phase: 'Active',
    ttlInUseSeconds,
    accounts: Object.fromEntries(accounts),
  } as NonNullable<EppConnectionLease['status']>;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, of]) => [key, sorted(of)]),
  );
}
