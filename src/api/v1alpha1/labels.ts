/** Names of labels, annotations and finalizers that the project puts on objects. */
export const LABEL = {
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  component: 'app.kubernetes.io/component',
  partOf: 'app.kubernetes.io/part-of',
  managedBy: 'app.kubernetes.io/managed-by',
  version: 'app.kubernetes.io/version',
  /** Name of the EppSet object. */
  setObject: 'eppset.io/set-object',
  /** Name of the EppGateway object. */
  gateway: 'eppset.io/gateway',
  /** Name of the EppRegistry object, on its egress proxies. */
  registry: 'eppset.io/registry',
  setPrefix: 'eppset.io/set-prefix',
  setBusiness: 'eppset.io/set-business',
  setRegion: 'eppset.io/set-region',
  class: 'eppset.io/class',
  /** After the Polaris convention. */
  enableSet: 'internal-enable-set',
  setName: 'internal-set-name',
  /** Velero's. What a backup knows of leases and ledgers is wrong once they were written again. */
  notInBackups: 'velero.io/exclude-from-backup',
} as const;

export const ANNOTATION = {
  /** The full set name, wildcard included. */
  set: 'eppset.io/set',
  /** Checksum of what pods read once from their file, on pods. */
  configChecksum: 'eppset.io/config-checksum',
  /** Checksum of what the operator last applied, on the objects that it creates. */
  intentChecksum: 'eppset.io/intent-checksum',
  /** On EndpointSlices: the share of each of their endpoints for the balancer `weight`; 100 without. */
  weight: 'eppset.io/weight',
  /** On the Secret with the token of a namespace: when its token was changed last. */
  tokenTime: 'eppset.io/token-time',
  /** Put on that Secret by a person, with any value: the token is changed. */
  rotate: 'eppset.io/rotate',
  /** On a ledger, put there by a person in an emergency: the name of the user who may then edit or delete it. */
  breakGlass: 'eppset.io/break-glass',
} as const;

export const FINALIZER = {
  /** On leases: until no ledger has an entry of it. */
  connections: 'eppset.io/connections',
  /** On sets and registries: until their connections are given back. */
  drain: 'eppset.io/drain',
} as const;

/** Field managers of server-side apply. */
export const FIELD_MANAGER = { objects: 'eppset', status: 'eppset-status' } as const;
