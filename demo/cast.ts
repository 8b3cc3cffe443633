/** Who plays in the demo: what `manifests/samples` and `demo/shared-pool.yaml` describe, by name. */

export const REGISTRIES = [
  { name: 'verisign-sim', service: 'verisign-sim', limit: 20 },
  { name: 'cnnic-sim', service: 'cnnic-sim', limit: 4 },
] as const;

/** The account of the comparison: as many sessions as the first registry, and one pool for everything. */
export const SHARED_REGISTRY = { name: 'shared-sim', service: 'shared-sim', limit: 20 } as const;

export const SETS = {
  core: { name: 'epp-core-bj', set: 'epp.core.bj', replicas: 2 },
  manage: { name: 'epp-manage-bj', set: 'epp.manage.bj', replicas: 1 },
  query: { name: 'epp-query-bj', set: 'epp.query.bj', replicas: 2 },
} as const;

/** Service of the one pool that everybody shares. */
export const SHARED_SERVICE = 'shared-pool';

/** The gateway, its Service, and the business that its checks belong to. */
export const GATEWAY = { name: 'epp-bj', service: 'epp-bj-gateway', checks: 'epp.query.bj' } as const;

/** The Service through which a set answers HTTP. */
export const serviceOf = (set: { name: string }): string => `${set.name}-adapter`;

export const FILES = {
  samples: 'manifests/samples',
  sharedPool: 'demo/shared-pool.yaml',
} as const;

/** The load: the same beside the sets and beside the shared pool. */
export const LOAD = {
  floodClients: 1_500,
  floodTlds: ['com', 'net'],
  corePerSecond: { com: 12, cn: 3 },
  sharedCorePerSecond: { com: 15 },
  patienceMs: 10_000,
} as const;
