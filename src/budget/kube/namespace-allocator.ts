/** Binds the allocator of one namespace to the Kubernetes API: objects in, compare-and-swaps out. */
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER, type EppConnectionLedger } from '../../api/v1alpha1/connection-ledger.ts';
import { FIELD_MANAGER, FINALIZER, LABEL } from '../../api/v1alpha1/labels.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import type { KubeObject, ObjectMeta } from '../../kube/objects.ts';
import { Turns } from '../../kube/turns.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import {
  type AllocatorEffect,
  type AllocatorEvent,
  type AllocatorState,
  initialState,
  reduceAll,
} from '../allocator.ts';
import type { Found, Written } from '../allocator-events.ts';
import type { LeaseView, LedgerView, Note, PodFact } from '../protocol.ts';
import type { Timing } from '../timing.ts';
import type { AllocatorMetrics } from './allocator-metrics.ts';
import { failedWrite, found, leaseView, ledgerView } from './views.ts';

export interface NamespaceAllocatorOptions {
  namespace: string;
  client: KubeClient;
  events: EventRecorder;
  counts: AllocatorMetrics;
  clock: Clock;
  log: Log;
  timing: Timing;
  /** The account's object, for events about it. */
  registry(name: string): EppRegistry | undefined;
  /** Another leader is at work: whoever runs this must stop leading. */
  onDeposed(reason: string): void;
  signal: AbortSignal;
}

type Unstamped<E> = E extends unknown ? Omit<E, 'nowMs'> : never;
export type Sighting = Unstamped<AllocatorEvent>;

const LIST_RETRY_MS = 500;
/** Not more than a client has connections by default. */
const REQUESTS_AT_ONCE = 6;

export class NamespaceAllocator {
  readonly #options: NamespaceAllocatorOptions;
  readonly #log: Log;
  /** Objects as last seen by anybody here: a write replaces the whole object. */
  readonly #leases = new Map<string, EppConnectionLease>();
  readonly #ledgers = new Map<string, EppConnectionLedger>();
  readonly #turns = new Turns(REQUESTS_AT_ONCE);
  #state: AllocatorState;
  #seen: AllocatorEvent[] = [];
  #timer: Timer | undefined;

  constructor(options: NamespaceAllocatorOptions) {
    const { clock, timing, namespace, signal } = options;
    this.#options = options;
    this.#log = options.log.child({ allocator: namespace });
    this.#state = initialState(timing, clock.monotonicMs());
    signal.addEventListener('abort', () => this.#timer?.cancel(), { once: true });
  }

  /** All that there is has been told by `see`: claims the ledgers and goes to work. */
  start(): void {
    this.see({ type: 'listed' });
    this.#tickLater();
  }

  /** What is seen in one turn of the event loop is worked on together: a list of 10,000 leases is one step. */
  see(event: Sighting): void {
    const { signal, clock } = this.#options;
    if (signal.aborted) return;
    this.#seen.push({ ...event, nowMs: clock.monotonicMs() } as AllocatorEvent);
    if (this.#seen.length === 1) setImmediate(() => this.#work());
  }

  #work(): void {
    const seen = this.#seen;
    this.#seen = [];
    if (this.#options.signal.aborted) return;
    const { state, effects } = reduceAll(this.#state, seen);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
  }

  seeLease(lease: EppConnectionLease): void {
    this.see({ type: 'observed', leases: [this.#leaseView(lease)] });
  }

  seeLedger(ledger: EppConnectionLedger): void {
    this.see({ type: 'observed', ledgers: [this.#ledgerView(ledger)] });
  }

  #tickLater(): void {
    const { clock, timing, signal } = this.#options;
    if (signal.aborted) return;
    this.#timer = clock.after(timing.tickMs, () => {
      this.see({ type: 'tick' });
      this.#tickLater();
    });
  }

  #do(effect: AllocatorEffect): void {
    switch (effect.type) {
      case 'list-leases':
        void this.#listLeases();
        break;
      case 'read-lease':
        void this.#readLease(effect.lease);
        break;
      case 'read-ledger':
        void this.#readLedger(effect.account);
        break;
      case 'create-lease':
        void this.#writeLease(effect.pod.uid, (signal) =>
          this.#options.client.create(EPP_CONNECTION_LEASE, this.#newLease(effect.pod, effect.spec), signal),
        );
        break;
      case 'write-lease':
        void this.#replaceLease(effect.lease, effect.version, (lease) => ({ ...lease, spec: effect.spec }));
        break;
      case 'let-lease-go':
        void this.#replaceLease(effect.lease, effect.version, letGo);
        break;
      case 'create-ledger':
        void this.#writeLedger(effect.account, (signal) =>
          this.#options.client.create(
            EPP_CONNECTION_LEDGER,
            this.#newLedger(effect.account, effect.spec),
            signal,
          ),
        );
        break;
      case 'write-ledger':
        void this.#replaceLedger(effect);
        break;
      default:
        this.#tell(effect);
    }
  }

  #tell(effect: Extract<AllocatorEffect, { type: 'note' | 'alarm' | 'step-down' }>): void {
    const { namespace, counts } = this.#options;
    if (effect.type === 'note') {
      counts.noted(namespace, effect.note);
      this.#event(effect.note);
    } else if (effect.type === 'alarm') {
      counts.alarmed(namespace);
      this.#log.error({}, `the connection budget refuses to go on: ${effect.message}`);
    } else {
      this.#log.warn({ reason: effect.reason }, 'another leader allocates connections');
      this.#options.onDeposed(effect.reason);
    }
  }

  #event({ about, type, reason, message }: Note): void {
    const object =
      about.kind === 'EppRegistry' ? this.#options.registry(about.name) : this.#leases.get(about.name);
    this.#log.info({ about: `${about.kind} ${about.name}`, reason }, message);
    if (object) this.#options.events.event(object, type, reason, message);
  }

  // ---- reads

  async #listLeases(): Promise<void> {
    const { client, namespace, clock, signal } = this.#options;
    while (!signal.aborted) {
      try {
        const { items } = await this.#request((s) => client.list(EPP_CONNECTION_LEASE, { namespace }, s));
        this.see({ type: 'leases-listed', leases: items.map((lease) => this.#leaseView(lease)) });
        return;
      } catch (error) {
        this.#log.warn({ reason: messageOf(error) }, 'the connection leases could not be listed');
        await clock.sleep(LIST_RETRY_MS, signal).catch(() => undefined);
      }
    }
  }

  async #readLease(name: string): Promise<void> {
    const { client, namespace } = this.#options;
    const answer = await this.#read(
      (signal) => client.get(EPP_CONNECTION_LEASE, { namespace, name }, signal),
      (lease) => this.#leaseView(lease),
    );
    this.see({ type: 'lease-read', lease: name, found: answer });
  }

  async #readLedger(account: string): Promise<void> {
    const { client, namespace } = this.#options;
    const answer = await this.#read(
      (signal) => client.get(EPP_CONNECTION_LEDGER, { namespace, name: account }, signal),
      (ledger) => this.#ledgerView(ledger),
    );
    this.see({ type: 'ledger-read', account, found: answer });
  }

  async #read<O, V>(
    send: (signal: AbortSignal) => Promise<O | undefined>,
    view: (object: O) => V,
  ): Promise<Found<V>> {
    try {
      return found(await this.#request(send), view);
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, 'a read for the connection budget failed');
      return { result: 'unknown' };
    }
  }

  // ---- writes

  async #replaceLease(
    name: string,
    version: string,
    change: (lease: EppConnectionLease) => EppConnectionLease,
  ): Promise<void> {
    const known = this.#leases.get(name);
    if (!known) {
      this.see({ type: 'lease-written', lease: name, written: { result: 'conflict' } });
      return;
    }
    const lease = change(at(known, version));
    await this.#writeLease(name, (signal) =>
      this.#options.client.replace(EPP_CONNECTION_LEASE, lease, signal),
    );
  }

  async #replaceLedger({
    account,
    version,
    spec,
  }: Extract<AllocatorEffect, { type: 'write-ledger' }>): Promise<void> {
    const known = this.#ledgers.get(account);
    if (!known) {
      this.see({ type: 'ledger-written', account, written: { result: 'conflict' } });
      return;
    }
    const ledger = { ...at(known, version), spec };
    await this.#writeLedger(account, (signal) =>
      this.#options.client.replace(EPP_CONNECTION_LEDGER, ledger, signal),
    );
  }

  async #writeLease(name: string, send: (signal: AbortSignal) => Promise<EppConnectionLease>): Promise<void> {
    const written = await this.#write<EppConnectionLease, LeaseView>(`lease ${name}`, send, (lease) =>
      this.#leaseView(lease),
    );
    this.see({ type: 'lease-written', lease: name, written });
  }

  async #writeLedger(
    account: string,
    send: (signal: AbortSignal) => Promise<EppConnectionLedger>,
  ): Promise<void> {
    const written = await this.#write<EppConnectionLedger, LedgerView>(`ledger ${account}`, send, (ledger) =>
      this.#ledgerView(ledger),
    );
    this.see({ type: 'ledger-written', account, written });
  }

  async #write<O, V>(
    what: string,
    send: (signal: AbortSignal) => Promise<O>,
    view: (object: O) => V,
  ): Promise<Written<V>> {
    try {
      return { result: 'ok', view: view(await this.#request(send)) };
    } catch (error) {
      const written = failedWrite(error);
      const fields = { what, result: written.result, reason: messageOf(error) };
      if (written.result === 'conflict') this.#log.debug(fields, 'somebody else wrote first');
      else if (!this.#options.signal.aborted)
        this.#log.warn(fields, 'a write for the connection budget failed');
      return written;
    }
  }

  /** Time runs from when a request is sent: a thousand that are due at once must not be late for waiting for each other. */
  #request<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, timing } = this.#options;
    return this.#turns.run(
      () => send(AbortSignal.any([signal, AbortSignal.timeout(timing.requestTimeoutMs)])),
      signal,
    );
  }

  // ---- objects

  #leaseView(lease: EppConnectionLease): LeaseView {
    this.#leases.set(lease.metadata.name, lease);
    return leaseView(lease);
  }

  #ledgerView(ledger: EppConnectionLedger): LedgerView {
    this.#ledgers.set(ledger.metadata.name, ledger);
    return ledgerView(ledger);
  }

  forgetLease(name: string): void {
    this.#leases.delete(name);
    this.see({ type: 'vanished', leases: [name] });
  }

  forgetLedger(account: string): void {
    this.#ledgers.delete(account);
    this.see({ type: 'vanished', ledgers: [account] });
  }

  /** One a pod, named after its UID. The pod's deletion deletes it; our finalizer keeps it until no ledger has an entry of it. */
  #newLease({ uid, name, set }: PodFact, spec: EppConnectionLease['spec']): EppConnectionLease {
    const metadata: ObjectMeta = {
      name: uid,
      namespace: this.#options.namespace,
      labels: {
        [LABEL.managedBy]: FIELD_MANAGER.objects,
        [LABEL.partOf]: 'eppset',
        [LABEL.setObject]: set,
        [LABEL.class]: spec.class,
        [LABEL.notInBackups]: 'true',
      },
      finalizers: [FINALIZER.connections],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    };
    return { ...typeOf(EPP_CONNECTION_LEASE), metadata, spec };
  }

  /** No owner: it must outlast its EppRegistry for as long as connections may be open. */
  #newLedger(account: string, spec: EppConnectionLedger['spec']): EppConnectionLedger {
    const metadata: ObjectMeta = {
      name: account,
      namespace: this.#options.namespace,
      labels: {
        [LABEL.managedBy]: FIELD_MANAGER.objects,
        [LABEL.partOf]: 'eppset',
        [LABEL.notInBackups]: 'true',
      },
    };
    return { ...typeOf(EPP_CONNECTION_LEDGER), metadata, spec };
  }
}

const typeOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }) => ({ apiVersion, kind });

const at = <T extends KubeObject>(object: T, version: string): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: version },
});

function letGo(lease: EppConnectionLease): EppConnectionLease {
  const finalizers = (lease.metadata.finalizers ?? []).filter((name) => name !== FINALIZER.connections);
  return { ...lease, metadata: { ...lease.metadata, finalizers } };
}
