import { isForbidden, isNotFound } from '../kube/api-error.ts';
import { Informer } from '../kube/informer.ts';
import type { Reader, Watcher } from '../kube/interfaces.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type ClusterObjects, OVERVIEW_KINDS } from './cluster-objects.ts';

type Part = keyof typeof OVERVIEW_KINDS;

/** A kind that could not be read. */
export interface Unreadable {
  part: Part;
  resource: Resource;
  /** `Forbidden`: who asks has no right to it. `NotServed`: the cluster does not know the kind. */
  reason: 'Forbidden' | 'NotServed';
  message: string;
}

export interface ListedObjects {
  objects: ClusterObjects;
  unreadable: readonly Unreadable[];
}

/**
 * The objects as the API has them now, once. A kind that may not be read is told in `unreadable`, and the rest is there.
 * @throws ApiError for any other trouble
 */
export async function listObjects(
  client: Reader,
  namespace?: string,
  signal?: AbortSignal,
): Promise<ListedObjects> {
  const unreadable: Unreadable[] = [];
  const list = async <T extends KubeObject>(part: Part, resource: Resource<T>) => {
    try {
      return (await client.list(resource, namespace === undefined ? {} : { namespace }, signal)).items;
    } catch (error) {
      if (!isForbidden(error) && !isNotFound(error)) throw error;
      const reason = isForbidden(error) ? 'Forbidden' : 'NotServed';
      unreadable.push({ part, resource, reason, message: messageOf(error) });
      return undefined;
    }
  };
  const [registries, sets, gateways, ledgers, leases] = await Promise.all([
    list('registries', OVERVIEW_KINDS.registries),
    list('sets', OVERVIEW_KINDS.sets),
    list('gateways', OVERVIEW_KINDS.gateways),
    list('ledgers', OVERVIEW_KINDS.ledgers),
    list('leases', OVERVIEW_KINDS.leases),
  ]);
  return {
    objects: {
      registries: registries ?? [],
      sets: sets ?? [],
      gateways: gateways ?? [],
      ledgers,
      leases,
    },
    unreadable: unreadable.sort((a, b) => (a.resource.plural < b.resource.plural ? -1 : 1)),
  };
}

export interface WatchObjectsOptions {
  client: Reader & Watcher;
  clock: Clock;
  log: Log;
  /** All namespaces when there is none. */
  namespace?: string | undefined;
  /** Kinds that may not be read. */
  without?: readonly Part[];
}

/** The objects behind an overview, kept up to date. */
export interface WatchedObjects {
  /** As last seen. Ledgers and leases are undefined until their first list has come in. */
  objects(): ClusterObjects;
  /** True when every kind has come in once. */
  hasSynced(): boolean;
  /** Calls `listener` after every change, once an object, and when a kind has come in. Returns what takes it away. */
  onChange(listener: () => void): () => void;
  /** Keeps them until the signal is aborted; no error ends it. */
  run(signal: AbortSignal): Promise<void>;
}

export function watchObjects(options: WatchObjectsOptions): WatchedObjects {
  const { client, clock, log, namespace, without = [] } = options;
  const scope = namespace === undefined ? {} : { namespace };
  const kept: Pick<Informer<KubeObject>, 'hasSynced' | 'synced' | 'run'>[] = [];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const keep = <T extends KubeObject>(part: Part, resource: Resource<T>) => {
    if (without.includes(part)) return undefined;
    const informer = new Informer<T>({ client, clock, log, resource, ...scope });
    informer.onEvent(tell);
    kept.push(informer);
    return informer;
  };
  const registries = keep('registries', OVERVIEW_KINDS.registries);
  const sets = keep('sets', OVERVIEW_KINDS.sets);
  const gateways = keep('gateways', OVERVIEW_KINDS.gateways);
  const ledgers = keep('ledgers', OVERVIEW_KINDS.ledgers);
  const leases = keep('leases', OVERVIEW_KINDS.leases);
  return {
    objects: () => ({
      registries: registries?.list() ?? [],
      sets: sets?.list() ?? [],
      gateways: gateways?.list() ?? [],
      ledgers: ledgers?.hasSynced ? ledgers.list() : undefined,
      leases: leases?.hasSynced ? leases.list() : undefined,
    }),
    hasSynced: () => kept.every((informer) => informer.hasSynced),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async run(signal) {
      for (const informer of kept) informer.synced(signal).then(tell, () => undefined);
      await Promise.all(kept.map((informer) => informer.run(signal)));
    },
  };
}
