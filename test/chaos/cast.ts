/** Who is on the stage: two simulated accounts, a core and a query set on both, and the times that all of them keep. */
import {
  clockFactor,
  expiryMs,
  quarantineMs,
  type RegistryTimes,
  type Timing,
  timing,
} from '../../src/budget/timing.ts';

export const NAMESPACE = 'eppset-chaos';
export const SYSTEM_NAMESPACE = 'eppset-system';

/** TTL of core 30 s, of query 6 s; renewals every second. */
export const TIME_SCALE = 0.05;

export interface Account {
  /** Of the EppRegistry, the simulator and its Service. */
  name: string;
  tld: string;
  limit: number;
  nodePort: number;
}

/** One account with room to borrow, and one that is full with a connection a pod. */
export const ACCOUNTS: readonly Account[] = [
  { name: 'wide-sim', tld: 'com', limit: 20, nodePort: 30082 },
  { name: 'narrow-sim', tld: 'cn', limit: 5, nodePort: 30083 },
];

/** Both of a simulator and of the account that describes it; bytes may be late by as much, and a registry that dropped them answers with RST. */
export const IDLE_SECONDS = 5;
export const REGISTRY_TIMES: RegistryTimes = { idleMs: IDLE_SECONDS * 1000, lateMs: IDLE_SECONDS * 1000 };

export interface Cast {
  /** Of the EppSet. */
  name: string;
  set: string;
  class: 'core' | 'query';
  replicas: number;
  nodePort: number;
  /** By account. */
  pools: Readonly<Record<string, { min: number; max: number }>>;
}

export const CORE: Cast = {
  name: 'epp-core-chaos',
  set: 'epp.core.chaos',
  class: 'core',
  replicas: 2,
  nodePort: 30080,
  // Nothing is lent: the minimum is what core has at any time. Enough for its pods and one more, so that it rolls without a gap.
  pools: { 'wide-sim': { min: 6, max: 6 }, 'narrow-sim': { min: 3, max: 3 } },
};

export const QUERY: Cast = {
  name: 'epp-query-chaos',
  set: 'epp.query.chaos',
  class: 'query',
  replicas: 2,
  nodePort: 30081,
  pools: { 'wide-sim': { min: 4, max: 20 }, 'narrow-sim': { min: 1, max: 5 } },
};

export const SETS: readonly Cast[] = [CORE, QUERY];

/** How long a registry takes: long enough that few callers keep many connections busy. */
export const LATENCY_MS = { 'domain:check': 1_000, 'domain:create': 700 };

/** Callers that ask again as soon as they are answered, by set and account: more than there are connections. */
export const CALLERS: readonly { set: Cast; account: string; callers: number }[] = [
  { set: CORE, account: 'wide-sim', callers: 20 },
  { set: CORE, account: 'narrow-sim', callers: 10 },
  { set: QUERY, account: 'wide-sim', callers: 44 },
  { set: QUERY, account: 'narrow-sim', callers: 6 },
];

export const TIMES: Timing = timing(TIME_SCALE);
const FEW_PODS_TTL = TIMES.ttlMs;

export const TTL_MS = { core: FEW_PODS_TTL.core, query: FEW_PODS_TTL.query };

/** T_exp of the longest TTL here, and Q as the allocator's clock counts it: after this everything that was lost is granted again. */
export const T_EXP_MS = expiryMs(TIMES, TTL_MS.core);
export const Q_MS = quarantineMs(TIMES, REGISTRY_TIMES) * clockFactor(TIMES);
export const RECOVERY_MS = T_EXP_MS + Q_MS;
