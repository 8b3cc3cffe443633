/**
 * What people are shown of a cluster, in a terminal and on the console alike: plain data, made by `overviewOf` from the objects as they are
 * now. Connections are counted from ledgers and leases, not from status, which follows them more slowly.
 */

export interface Overview {
  /** RFC 3339, when the objects were looked at. */
  at: string;
  /** By namespace and name, as all lists here. */
  accounts: readonly AccountOverview[];
  sets: readonly SetOverview[];
  gateways: readonly GatewayOverview[];
}

/** A condition that is not as it should be, in one line for people. */
export interface Trouble {
  /** The condition's type, e.g. `BudgetSatisfied`. */
  type: string;
  reason: string;
  message: string;
  /** RFC 3339. */
  since?: string;
}

export type Health = 'Ready' | 'Progressing' | 'Degraded' | 'Unknown';

/** An EppRegistry. All numbers are connections, but `waiting`: requests without one. */
export interface AccountOverview {
  namespace: string;
  name: string;
  profile: string;
  accreditation: string;
  tlds: readonly string[];
  /** `host:port`. */
  endpoint: string;
  health: Health;
  troubles: readonly Trouble[];
  /** What the registry allows. */
  limit: number;
  /** Kept for people and systems outside this cluster. */
  externalReserved: number;
  /** Taken off after the registry refused sessions below its limit. */
  cut: number;
  /** limit - externalReserved - cut, as the ledger has it: it follows the spec. */
  usable: number;
  granted: number;
  open: number;
  /** Of vanished pods: the registry may still count them. */
  quarantined: number;
  free: number;
  waiting: number;
  /** False before the first connection, and when the ledger was lost. */
  hasLedger: boolean;
  /** The ledger was lost and is being learned anew. */
  learning: boolean;
  /** Those with a pool at this account, core first; then those that are gone and still hold something. */
  sets: readonly AccountShare[];
}

/** A set's part of an account. */
export interface AccountShare {
  /** Name of the EppSet object. */
  name: string;
  /** `prefix.business.region`. */
  set: string;
  /** Empty where nothing but a charge is left of the set. */
  class: string;
  min: number;
  max: number;
  granted: number;
  /** The most that its pods can possibly have open, quarantine aside: follows a lower grant once the pod has acknowledged it. */
  charged: number;
  open: number;
  waiting: number;
  quarantined: number;
}

/** An EppSet. */
export interface SetOverview {
  namespace: string;
  name: string;
  set: string;
  class: string;
  health: Health;
  troubles: readonly Trouble[];
  paused: boolean;
  /** Pods wanted, and pods that are ready. */
  replicas: number;
  readyReplicas: number;
  granted: number;
  open: number;
  waiting: number;
  leases: readonly LeaseOverview[];
}

/** A pod's EppConnectionLease. */
export interface LeaseOverview {
  pod: string;
  /**
   * `None`, `Bound` or `Fenced`; of a bound one the pod's own phase, e.g. `Active`, `Draining`. `Gone`: the pod is, and what it may have
   * open still counts. `Invalid`: cannot be read.
   */
  state: string;
  /** By EppRegistry name, in order. */
  accounts: readonly { registry: string; granted: number; open: number; waiting: number }[];
}

/** An EppGateway. */
export interface GatewayOverview {
  namespace: string;
  name: string;
  prefix: string;
  region: string;
  health: Health;
  troubles: readonly Trouble[];
  replicas: number;
  readyReplicas: number;
  /** Share of traffic that takes the sets now, in percent; undefined where there is no older path. */
  percent?: number;
  /** Of a rollout by steps, e.g. `Progressing`, `RolledBack`. */
  phase?: string;
  paused: boolean;
  /** Businesses that are switched off. */
  switchedOff: readonly string[];
}

/** Connections of an account that went from one set to another, or from or to what is free or quarantined. */
export interface HandOver {
  /** RFC 3339. */
  at: string;
  namespace: string;
  registry: string;
  /** `prefix.business.region`; `free`, `quarantine`. */
  from: string;
  to: string;
  connections: number;
}
