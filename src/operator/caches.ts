import { type Parsed, parseGateway, parseRegistry, parseSet } from '../api/parse.ts';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER, type EppConnectionLedger } from '../api/v1alpha1/connection-ledger.ts';
import { EPP_GATEWAY, type EppGateway } from '../api/v1alpha1/gateway.ts';
import { LABEL } from '../api/v1alpha1/labels.ts';
import { EPP_REGISTRY, type EppRegistry } from '../api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet } from '../api/v1alpha1/set.ts';
import { DEPLOYMENT, type Deployment, NETWORK_POLICY, POD, type Pod } from '../kube/builtin.ts';
import { Informer } from '../kube/informer.ts';
import type { Reader, Watcher } from '../kube/interfaces.ts';
import { withoutManagers } from '../kube/kept-fields.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { OWNED_KINDS } from './apply/owned-kinds.ts';
import { BY_OWNER, ownerUids } from './apply/owned-objects.ts';
import { remembered } from './remembered.ts';
import { withReplicasOwner } from './set-controller/autoscaled-replicas.ts';
import { MANAGED_SELECTOR } from './specs/labels.ts';

/** Index of sets by the registries that their pools name, as `namespace/registry`. */
export const BY_REGISTRY = 'registry';
/** Index by namespace. */
export const BY_NAMESPACE = 'namespace';
/** Index of the pods of gateways by the gateway's `namespace/name`. */
export const BY_GATEWAY = 'gateway';
/** Index of what sets own, by the owner's `namespace/name`. */
export const BY_SET = 'set';

/** Index of the leases by the `namespace/name` of their pod's set. */
export const BY_LEASE_SET = 'lease-set';

/** Local copies of all that the controllers look at. */
export interface Caches {
  sets: Informer<EppSet>;
  registries: Informer<EppRegistry>;
  gateways: Informer<EppGateway>;
  ledgers: Informer<EppConnectionLedger>;
  leases: Informer<EppConnectionLease>;
  /** The pods of gateways. */
  gatewayPods: Informer<Pod>;
  /** What the operator created for sets and gateways, a kind each. */
  owned: readonly { resource: Resource; cache: Informer<KubeObject> }[];
  /** Checked, with defaults. Cheap: every object is parsed once. */
  parsedSet(raw: EppSet): Parsed<EppSet>;
  parsedRegistry(raw: EppRegistry): Parsed<EppRegistry>;
  parsedGateway(raw: EppGateway): Parsed<EppGateway>;
  /** Plurals of the kinds whose first list has not come in yet. */
  unsynced(): string[];
  /** Keeps them until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface CachesOptions {
  client: Reader & Watcher;
  clock: Clock;
  log: Log;
  /** All namespaces when there is none. */
  namespace?: string | undefined;
  /** True: NetworkPolicies are among the owned kinds. Default false: there may be no right to see them. */
  networkPolicies?: boolean;
  /** Everything is looked at again in this period, so that no mistake lasts. Default 10 minutes. */
  resyncMs?: number;
}

export function createCaches(options: CachesOptions): Caches {
  const { client, clock, log, namespace, resyncMs = 600_000 } = options;
  const all: { plural: string; hasSynced(): boolean; run(signal: AbortSignal): Promise<void> }[] = [];
  const scope = namespace === undefined ? {} : { namespace };
  const cacheOf = <T extends KubeObject>(
    resource: Resource<T>,
    more: { labelSelector?: string; resyncMs?: number; keep?: (object: T) => T } = {},
  ) => {
    const keep = withoutManagers<T>;
    const cache = new Informer<T>({ client, clock, log, resource, keep, ...scope, ...more });
    const { plural } = resource;
    all.push({ plural, hasSynced: () => cache.hasSynced, run: (signal) => cache.run(signal) });
    return cache;
  };
  const sets = cacheOf(EPP_SET, { resyncMs });
  const registries = cacheOf(EPP_REGISTRY, { resyncMs });
  const gateways = cacheOf(EPP_GATEWAY, { resyncMs });
  const gatewayPods = cacheOf(POD, { labelSelector: LABEL.gateway });
  const ledgers = cacheOf(EPP_CONNECTION_LEDGER);
  const leases = cacheOf(EPP_CONNECTION_LEASE);
  sets.addIndex(BY_REGISTRY, registriesOf);
  sets.addIndex(BY_NAMESPACE, namespaceOf);
  gateways.addIndex(BY_NAMESPACE, namespaceOf);
  gatewayPods.addIndex(BY_GATEWAY, gatewayOf);
  leases.addIndex(BY_NAMESPACE, namespaceOf);
  leases.addIndex(BY_LEASE_SET, ({ metadata, spec }) => [`${metadata.namespace}/${spec.set}`]);
  const kinds = options.networkPolicies ? [...OWNED_KINDS, NETWORK_POLICY] : OWNED_KINDS;
  const owned = kinds.map((resource) => {
    const isDeployment = resource.kind === DEPLOYMENT.kind;
    const cache = cacheOf(resource, {
      labelSelector: MANAGED_SELECTOR,
      ...(isDeployment && { keep: (object: KubeObject) => withReplicasOwner(object as Deployment) }),
    });
    cache.addIndex(BY_OWNER, ownerUids);
    cache.addIndex(BY_SET, ownerNames);
    return { resource, cache };
  });
  return {
    sets,
    registries,
    gateways,
    gatewayPods,
    ledgers,
    leases,
    owned,
    parsedSet: remembered((raw: EppSet) => parseSet(raw)),
    parsedRegistry: remembered((raw: EppRegistry) => parseRegistry(raw)),
    parsedGateway: remembered((raw: EppGateway) => parseGateway(raw)),
    unsynced: () => all.filter((cache) => !cache.hasSynced()).map(({ plural }) => plural),
    run: async (signal) => {
      await Promise.all(all.map((cache) => cache.run(signal)));
    },
  };
}

/** The set as it was read may not be valid. */
function registriesOf({ metadata, spec }: EppSet): string[] {
  const pools: unknown = spec?.pools;
  if (!Array.isArray(pools)) return [];
  return pools.map(
    (pool: { registry?: unknown } | null) => `${metadata.namespace}/${String(pool?.registry)}`,
  );
}

function namespaceOf({ metadata }: KubeObject): string[] {
  return [metadata.namespace ?? ''];
}

function ownerNames({ metadata: { namespace, ownerReferences = [] } }: KubeObject): string[] {
  return ownerReferences
    .filter(({ controller, kind }) => controller === true && kind === EPP_SET.kind)
    .map(({ name }) => `${namespace}/${name}`);
}

function gatewayOf({ metadata: { namespace, labels } }: KubeObject): string[] {
  const name = labels?.[LABEL.gateway];
  return name === undefined ? [] : [`${namespace}/${name}`];
}
