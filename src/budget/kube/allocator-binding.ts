/** Runs an allocator for each namespace that has accounts, while this process leads. */
import { type Parsed, parseLease, parseLedger } from '../../api/parse.ts';
import type { EppConnectionLease } from '../../api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from '../../api/v1alpha1/connection-ledger.ts';
import { LABEL } from '../../api/v1alpha1/labels.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import { POD, type Pod } from '../../kube/builtin.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { Informer, type InformerEvent } from '../../kube/informer.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import { barePod } from '../../kube/kept-fields.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { timing } from '../timing.ts';
import type { AllocatorMetrics } from './allocator-metrics.ts';
import { NamespaceAllocator } from './namespace-allocator.ts';
import { podFact, registryFact, setFact } from './views.ts';

export interface AllocatorRunOptions {
  client: KubeClient;
  /** All namespaces when there is none. */
  namespace?: string | undefined;
  /** Local copies that somebody else runs. */
  caches: {
    sets: Informer<EppSet>;
    registries: Informer<EppRegistry>;
    leases: Informer<EppConnectionLease>;
    ledgers: Informer<EppConnectionLedger>;
    /** Checked at the door; what does not pass is as if it were not there. */
    parsedSet(raw: EppSet): Parsed<EppSet>;
    parsedRegistry(raw: EppRegistry): Parsed<EppRegistry>;
  };
  events: EventRecorder;
  counts: AllocatorMetrics;
  clock: Clock;
  log: Log;
  /** 1 in production. */
  timeScale: number;
  signal: AbortSignal;
}

/** Resolves when the signal is aborted; rejects when another leader turns out to be at work. */
export async function runAllocator(options: AllocatorRunOptions): Promise<void> {
  const { client, namespace, clock, log, signal, caches } = options;
  const pods = new Informer<Pod>({
    client,
    clock,
    log,
    resource: POD,
    keep: barePod,
    labelSelector: LABEL.setObject,
    ...(namespace !== undefined && { namespace }),
  });
  const { sets, registries, leases, ledgers } = caches;
  const running = pods.run(signal);
  try {
    await Promise.all([pods, sets, registries, leases, ledgers].map((source) => source.synced(signal)));
    await new Allocators(options, pods).run();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  await running;
}

class Allocators {
  readonly #options: AllocatorRunOptions;
  readonly #pods: Informer<Pod>;
  readonly #byNamespace = new Map<string, NamespaceAllocator>();
  readonly #deposed = Promise.withResolvers<never>();
  /** Ends the allocators when one of them finds another leader at work. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #started = false;

  constructor(options: AllocatorRunOptions, pods: Informer<Pod>) {
    this.#options = options;
    this.#pods = pods;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
  }

  async run(): Promise<void> {
    const { signal, caches } = this.#options;
    const { sets, registries, leases, ledgers } = caches;
    // What is known already is told at once, synchronously: after this each allocator has seen all of its namespace.
    const unsubscribe = [
      registries.onEvent((event) => this.#registry(event)),
      sets.onEvent((event) => this.#set(event)),
      this.#pods.onEvent((event) => this.#pod(event)),
      ledgers.onEvent((event) => this.#ledger(event)),
      leases.onEvent((event) => this.#lease(event)),
    ];
    this.#started = true;
    for (const allocator of this.#byNamespace.values()) allocator.start();
    try {
      const aborted = new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([aborted, this.#deposed.promise]);
    } finally {
      for (const stop of unsubscribe) stop();
      this.#stop.abort(new Error('the allocator stops'));
    }
  }

  /** Each namespace's, made when its first object is seen. */
  #of({ metadata }: KubeObject): NamespaceAllocator {
    const namespace = metadata.namespace ?? '';
    const known = this.#byNamespace.get(namespace);
    if (known) return known;
    const { client, events, counts, clock, log, timeScale, caches } = this.#options;
    const allocator = new NamespaceAllocator({
      namespace,
      client,
      events,
      counts,
      clock,
      log,
      timing: timing(timeScale),
      registry: (name) => caches.registries.get({ namespace, name }),
      onDeposed: (reason) =>
        this.#deposed.reject(new Error(`another operator allocates connections: ${reason}`)),
      signal: this.#signal,
    });
    this.#byNamespace.set(namespace, allocator);
    // A namespace that comes later begins empty: what is in it comes by these same events.
    if (this.#started) queueMicrotask(() => allocator.start());
    return allocator;
  }

  #registry({ type, object }: InformerEvent<EppRegistry>): void {
    const { name } = object.metadata;
    if (type === 'deleted') {
      this.#of(object).see({ type: 'vanished', registries: [name] });
      return;
    }
    const parsed = this.#options.caches.parsedRegistry(object);
    if (parsed.ok) this.#of(object).see({ type: 'observed', registries: [registryFact(parsed.value)] });
  }

  #set({ type, object }: InformerEvent<EppSet>): void {
    const { name } = object.metadata;
    if (type === 'deleted') {
      this.#of(object).see({ type: 'vanished', sets: [name] });
      return;
    }
    const parsed = this.#options.caches.parsedSet(object);
    if (parsed.ok) this.#of(object).see({ type: 'observed', sets: [setFact(parsed.value)] });
  }

  #pod({ type, object }: InformerEvent<Pod>): void {
    const pod = podFact(object);
    if (!pod) return;
    // A pod that leaves, or has ended for good, needs no lease any more; the lease that it has ends by itself.
    const { phase } = object.status ?? {};
    const over =
      object.metadata.deletionTimestamp !== undefined || phase === 'Failed' || phase === 'Succeeded';
    if (type === 'deleted' || over) this.#of(object).see({ type: 'vanished', pods: [pod.uid] });
    else this.#of(object).see({ type: 'observed', pods: [pod] });
  }

  #ledger({ type, object }: InformerEvent<EppConnectionLedger>): void {
    if (type === 'deleted') {
      this.#of(object).forgetLedger(object.metadata.name);
      return;
    }
    const parsed = parseLedger(object);
    if (parsed.ok) this.#of(object).seeLedger(parsed.value);
    else this.#refuse(object, parsed);
  }

  #lease({ type, object }: InformerEvent<EppConnectionLease>): void {
    if (type === 'deleted') {
      this.#of(object).forgetLease(object.metadata.name);
      return;
    }
    const parsed = parseLease(object);
    if (parsed.ok) this.#of(object).seeLease(parsed.value);
    else this.#refuse(object, parsed);
  }

  #refuse({ kind, metadata }: KubeObject, { problems }: Extract<Parsed<never>, { ok: false }>): void {
    const where = `${kind} ${metadata.namespace}/${metadata.name}`;
    const why = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    this.#options.log.error(
      { object: where, why },
      'an object of the connection budget cannot be read: it is left as it was last known',
    );
  }
}
