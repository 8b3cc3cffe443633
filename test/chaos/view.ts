/** What is seen of the stage while it breaks: sockets at the registries, the registries' own counters, and the API's objects while it answers. */
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER, type EppConnectionLedger } from '../../src/api/v1alpha1/connection-ledger.ts';
import { LABEL } from '../../src/api/v1alpha1/labels.ts';
import { POD, type Pod } from '../../src/kube/builtin.ts';
import { type PodProcess, processOfPod } from '../cluster/pods.ts';
import { ACCOUNTS, type Account, CORE, NAMESPACE } from './cast.ts';
import { type Connections, type SocketWatch, watchSockets } from './sockets.ts';
import type { Stage } from './stage.ts';

const POLL_MS = 400;
const POLL_TIMEOUT_MS = 3_000;
/** What was read longer ago says nothing of now. */
const FRESH_MS = 2_500;

export interface AccountFigures {
  sessions: number;
  highest: number;
  refusals: number;
}

export class View {
  readonly #stage: Stage;
  readonly #abort = new AbortController();
  #watch: SocketWatch | undefined;
  #polls: Promise<void> | undefined;
  #ledgers = new Map<string, EppConnectionLedger>();
  #leases = new Map<string, EppConnectionLease>();
  #pods: Pod[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** Set of a pod, by the pod's address. */
  readonly #setOfAddress = new Map<string, string>();
  #sample: ReadonlyMap<string, Connections> = new Map();
  #sampledAtMs = Number.NEGATIVE_INFINITY;
  #coreLows = new Map<string, number>();
  /** What was to be seen when core had as few as never before, by account. */
  #lowNotes = new Map<string, string>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async start(): Promise<void> {
    const { cluster, client } = this.#stage;
    const simulators = new Map<string, PodProcess>();
    for (const { name } of ACCOUNTS) {
      const options = { namespace: NAMESPACE, labelSelector: `${LABEL.name}=${name}` };
      const [pod] = (await client.list(POD, options)).items;
      if (!pod) throw new Error(`the simulator ${name} has no pod`);
      simulators.set(name, await processOfPod(cluster, NAMESPACE, pod.metadata.name));
    }
    this.#watch = watchSockets({ env: cluster.engine.env, simulators }, (sample) => this.#onSample(sample));
    this.#polls = this.#poll();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#watch?.stop();
    await this.#polls;
  }

  /** Pods as the API told last; those of a set with `set`, without the ones that are going. */
  pods(set?: string): Pod[] {
    return this.#pods.filter(
      ({ metadata }) =>
        metadata.deletionTimestamp === undefined &&
        (set === undefined || metadata.labels?.[LABEL.setObject] === set),
    );
  }

  /** Those that are going: they may still have connections. */
  get leaving(): Pod[] {
    return this.#pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  }

  ledger(account: string): EppConnectionLedger | undefined {
    return this.#ledgers.get(account);
  }

  /** The API answered a moment ago. */
  get fresh(): boolean {
    return performance.now() - this.#readAtMs < FRESH_MS;
  }

  /** Logged in, or about to, at the account: by the kernel's word. */
  connected(account: string, set?: string): number {
    if (performance.now() - this.#sampledAtMs > FRESH_MS) return 0;
    return countOf(this.#sample.get(account), (address) =>
      set === undefined ? true : this.#setOfAddress.get(address) === set,
    );
  }

  /** Charges of pods, by their leases, at all accounts; of those in quarantine alone with `quarantined`. */
  chargesOf(pods: readonly Pod[], quarantined = false): number {
    const leases = new Set(pods.map(({ metadata }) => metadata.uid));
    let sum = 0;
    for (const { spec } of this.#ledgers.values()) {
      for (const { lease, charge, state } of Object.values(spec.entries))
        if (leases.has(lease) && (!quarantined || state === 'Quarantined')) sum += charge;
    }
    return sum;
  }

  /** Why the accounts are not in full use; undefined when every connection is granted, open, and none is in quarantine. */
  notFull(limits: ReadonlyMap<string, number>): string | undefined {
    if (!this.fresh) return 'the API does not answer';
    for (const { name } of ACCOUNTS) {
      const limit = limits.get(name) ?? 0;
      const ledger = this.#ledgers.get(name);
      if (!ledger) return `${name} has no ledger`;
      const entries = Object.values(ledger.spec.entries);
      const kept = entries.filter(({ state }) => state === 'Quarantined').length;
      if (kept > 0) return `${name}: ${kept} entries in quarantine`;
      const charged = entries.reduce((sum, { charge }) => sum + charge, 0);
      if (charged !== limit) return `${name}: ${charged} of ${limit} charged`;
      const connected = this.connected(name);
      if (connected !== limit) return `${name}: ${connected} of ${limit} connected`;
    }
    return undefined;
  }

  /** Why a scenario cannot begin yet. */
  notSteady(limits: ReadonlyMap<string, number>, replicas: ReadonlyMap<string, number>): string | undefined {
    const busy = this.notFull(limits);
    if (busy !== undefined) return busy;
    for (const { metadata, spec } of this.#ledgers.values())
      if (spec.learning) return `${metadata.name} is learning`;
    const [going] = this.leaving;
    if (going) return `${going.metadata.name} is going`;
    for (const [set, count] of replicas) {
      const pods = this.pods(set);
      const ready = pods.filter(isReady).length;
      if (ready !== count || pods.length !== count) return `${set}: ${ready} of ${count} pods ready`;
    }
    for (const account of ACCOUNTS) {
      const have = this.connected(account.name, CORE.name);
      if (have < minimumOf(account)) return `core has ${have} at ${account.name}`;
    }
    return undefined;
  }

  /** Forgets how few core had. */
  resetCoreLows(): void {
    this.#coreLows = new Map();
    this.#lowNotes = new Map();
  }

  /** Who had how many connections and charges when core had fewest. */
  lowNote(account: string): string {
    return this.#lowNotes.get(account) ?? '';
  }

  /** Fewest connections that core had at once since the reset, by account. */
  get coreLows(): ReadonlyMap<string, number> {
    return this.#coreLows;
  }

  async registry(account: Account): Promise<AccountFigures> {
    const { accounts } = (await this.#http(account, 'GET', '/stats')) as {
      accounts: Record<string, { sessions: number; highestSessions: number; refusals: number }>;
    };
    const [figures] = Object.values(accounts);
    if (!figures) throw new Error(`${account.name} tells of no account`);
    const { sessions, highestSessions: highest, refusals } = figures;
    return { sessions, highest, refusals };
  }

  async resetHighest(account: Account): Promise<void> {
    await this.#http(account, 'POST', '/reset-highest');
  }

  async #http({ nodePort }: Account, method: 'GET' | 'POST', path: string): Promise<unknown> {
    const { statusCode, body } = await request(`${this.#stage.url(nodePort)}${path}`, {
      method,
      headersTimeout: 10_000,
    });
    if (statusCode !== 200) throw new Error(`${method} ${path}: ${statusCode}`);
    return body.json();
  }

  #onSample(sample: ReadonlyMap<string, Connections>): void {
    this.#sample = sample;
    this.#sampledAtMs = performance.now();
    for (const { name } of ACCOUNTS) {
      const have = this.connected(name, CORE.name);
      if (have >= (this.#coreLows.get(name) ?? Number.POSITIVE_INFINITY)) continue;
      this.#coreLows.set(name, have);
      this.#lowNotes.set(name, this.#describe(name));
    }
  }

  /** Pods with their connections, the ledger's entries as target/charge, and the demand that they reported. */
  #describe(account: string): string {
    const pods = this.#pods.map((pod) => {
      const entries = Object.values(this.#ledgers.get(account)?.spec.entries ?? {})
        .filter(({ lease }) => lease === pod.metadata.uid)
        .map(({ target, charge, state }) => `${target}/${charge}${state === 'Active' ? '' : ' quarantined'}`);
      const connected = this.#sample.get(account)?.get(pod.status?.podIP ?? '') ?? 0;
      const report = this.#leases.get(pod.metadata.uid ?? '')?.status?.accounts?.[account];
      return `${pod.metadata.name} has ${connected} of ${entries.join(' + ') || 'nothing'}, wants ${report?.demand ?? '?'}`;
    });
    const ageMs = Math.round(performance.now() - this.#readAtMs);
    return `${pods.join('; ')} (ledger of ${ageMs} ms ago)`;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#read().catch(() => {});
      await delay(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #read(): Promise<void> {
    const { client } = this.#stage;
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(POLL_TIMEOUT_MS)]);
    const options = { namespace: NAMESPACE };
    const startMs = performance.now();
    const [pods, ledgers, leases] = await Promise.all([
      client.list(POD, { ...options, labelSelector: LABEL.setObject }, signal),
      client.list(EPP_CONNECTION_LEDGER, options, signal),
      client.list(EPP_CONNECTION_LEASE, options, signal),
    ]);
    this.#pods = pods.items;
    this.#leases = new Map(leases.items.map((lease) => [lease.metadata.name, lease]));
    this.#ledgers = new Map(ledgers.items.map((ledger) => [ledger.metadata.name, ledger]));
    for (const { metadata, status } of pods.items) {
      const set = metadata.labels?.[LABEL.setObject];
      if (set !== undefined && status?.podIP) this.#setOfAddress.set(status.podIP, set);
    }
    this.#readAtMs = startMs;
  }
}

export function minimumOf(account: Account): number {
  return CORE.pools[account.name]?.min ?? 0;
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

function countOf(connections: Connections | undefined, wanted: (address: string) => boolean): number {
  let sum = 0;
  for (const [address, count] of connections ?? []) if (wanted(address)) sum += count;
  return sum;
}
