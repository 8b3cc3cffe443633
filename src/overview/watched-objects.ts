import { GROUP_VERSION } from '../api/v1alpha1/group.ts';
import { isForbidden, isNotFound } from '../kube/api-error.ts';
import { type CoreEvent, EVENT } from '../kube/builtin.ts';
import { Informer } from '../kube/informer.ts';
import type { ObjectList, Reader, Watcher } from '../kube/interfaces.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type ClusterObjects, OVERVIEW_KINDS } from './cluster-objects.ts';

type Part = keyof typeof OVERVIEW_KINDS;

/** A kind that could not be read. */
export interface Unreadable {
  part: Part | 'events';
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
    const found = await listed(part, resource, () => client.list(resource, scopeOf(namespace), signal));
    if (found.unreadable !== undefined) unreadable.push(found.unreadable);
    return found.items;
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

/** Events about objects of ours, for a list or an informer. */
export const OUR_EVENTS = { fieldSelector: `involvedObject.apiVersion=${GROUP_VERSION}` } as const;

/** The events about our objects, once. */
export async function listEvents(
  client: Reader,
  namespace?: string,
  signal?: AbortSignal,
): Promise<Listed<CoreEvent>> {
  const options = { ...scopeOf(namespace), ...OUR_EVENTS };
  return await listed('events', EVENT, () => client.list(EVENT, options, signal));
}

/** Either what was found, or why it was not. */
export interface Listed<T> {
  items?: readonly T[];
  unreadable?: Unreadable;
}

async function listed<T extends KubeObject>(
  part: Unreadable['part'],
  resource: Resource<T>,
  list: () => Promise<ObjectList<T>>,
): Promise<Listed<T>> {
  try {
    return { items: (await list()).items };
  } catch (error) {
    if (!isForbidden(error) && !isNotFound(error)) throw error;
    const reason = isForbidden(error) ? 'Forbidden' : 'NotServed';
    return { unreadable: { part, resource, reason, message: messageOf(error) } };
  }
}

const scopeOf = (namespace: string | undefined) => (namespace === undefined ? {} : { namespace });

export interface WatchObjectsOptions {
  client: Reader & Watcher;
  clock: Clock;
  log: Log;
  /** All namespaces when there is none. */
  namespace?: string | undefined;
  /** Kinds that may not be read. */
  without?: readonly Unreadable['part'][];
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
  const kept: Pick<Informer<KubeObject>, 'hasSynced' | 'synced' | 'run'>[] = [];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const keep = <T extends KubeObject>(part: Part, resource: Resource<T>) => {
    if (without.includes(part)) return undefined;
    const informer = new Informer<T>({ client, clock, log, resource, ...scopeOf(namespace) });
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
