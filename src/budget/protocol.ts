/**
 * The words of the connection budget's protocol: what allocator and holder know of the shared objects. No Kubernetes here; `kube/` turns
 * objects into these and back.
 */
import type { EppConnectionLeaseSpec, EppConnectionLeaseStatus } from '../api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedgerSpec } from '../api/v1alpha1/connection-ledger.ts';
import { CLASSES, type SetClass } from '../api/v1alpha1/set.ts';
import type { CommandShare } from './connection-budget.ts';
import type { RegistryTimes } from './timing.ts';

export type LeaseSpec = EppConnectionLeaseSpec;
export type LeaseStatus = EppConnectionLeaseStatus;
export type LedgerSpec = EppConnectionLedgerSpec;
export type LedgerEntry = LedgerSpec['entries'][string];
/** What is known of an account's credentials, and who may try them. */
export type LedgerLogin = NonNullable<LedgerSpec['login']>;
/** What a pod is told of that. */
export type LoginGrant = NonNullable<LeaseSpec['logins']>[string];
/** What a holder reports of one account. */
export type AccountReport = NonNullable<LeaseStatus['accounts']>[string];

export type LoginReport = NonNullable<AccountReport['login']>;

/** A lease as one read of the store saw it: spec and status of one and the same version. */
export interface LeaseView {
  /** The UID of its pod. */
  name: string;
  version: string;
  /** The object is being deleted. */
  deleting: boolean;
  /** Our finalizer keeps it. */
  held: boolean;
  spec: LeaseSpec;
  status: LeaseStatus;
}

export interface LedgerView {
  account: string;
  version: string;
  spec: LedgerSpec;
}

/** A registry account as far as its budget is concerned. */
export interface RegistryFact extends RegistryTimes {
  name: string;
  limit: number;
  externalReserved: number;
  /** Commands that all pods together may send; absent: no limit. */
  commands?: CommandShare;
  /** Version of the Secret with its credentials, as far as the operator has seen it. */
  secret?: string;
  deleting: boolean;
  /** Its status tells of connections: if it has no ledger now, it had one. */
  used: boolean;
}

export interface PoolFact {
  registry: string;
  min: number;
  max: number;
  lendablePercent: number;
}

export interface SetFact {
  name: string;
  class: SetClass;
  /** Text that sorts by time, e.g. ISO 8601. */
  createdAt: string;
  pools: readonly PoolFact[];
}

/** A pod of a set; it is given a lease. */
export interface PodFact {
  uid: string;
  name: string;
  set: string;
}

/** Something that people should hear of, as an event on an object. */
export interface Note {
  about: { kind: 'EppRegistry' | 'EppConnectionLease'; name: string };
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** Name of the EppSet that it is about, where it is about one. */
  set?: string;
  /** That went into quarantine. */
  connections?: number;
}

export const rankOf = (setClass: SetClass): number => CLASSES.indexOf(setClass);

/** What the bound incarnation reports; undefined while another one, or none, has reported. */
export function boundStatus({ spec, status }: LeaseView): LeaseStatus | undefined {
  return spec.incarnation !== undefined && status.incarnation === spec.incarnation ? status : undefined;
}

export const grantGen = (lease: LeaseView, account: string): number => lease.spec.grants[account]?.gen ?? 0;

export function chargeOf(
  entries: Readonly<Record<string, LedgerEntry>>,
  state?: LedgerEntry['state'],
): number {
  let sum = 0;
  for (const entry of Object.values(entries))
    if (state === undefined || entry.state === state) sum += entry.charge;
  return sum;
}

const DECIMAL = /^(0|[1-9][0-9]*)$/;

/**
 * True when version `a` is surely older than `b`: Kubernetes compares resourceVersions as decimal numbers (since 1.35 by contract).
 * Where they are not numbers nobody knows, and false is answered. A store that was restored from a backup takes versions back: so the
 * older one is never thrown away for good, but read again.
 */
export function isOlder(a: string, b: string): boolean {
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}

/** How an object was learned of: by a watch, as what we wrote, or as the answer to a read. */
export type Source = 'watch' | 'write' | 'read';

/**
 * What to do with a version of an object when another one is known. An older one from a watch is late, or the store went back to a backup:
 * only a read can tell (`ask`). Its answer tells when it is older than what was known on asking.
 */
export function weigh(
  version: string,
  known: string | undefined,
  source: Source,
  askedAt: string | undefined,
): 'take' | 'ignore' | 'ask' {
  if (known === undefined) return 'take';
  if (source === 'watch' && version === known) return 'ignore';
  if (!isOlder(version, known)) return 'take';
  if (source === 'watch') return 'ask';
  return source === 'read' && askedAt !== undefined && isOlder(version, askedAt) ? 'take' : 'ignore';
}
