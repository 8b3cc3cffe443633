import type { EppConnectionLease } from '../api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from '../api/v1alpha1/connection-ledger.ts';
import { accountJobs } from './account-jobs.ts';
import type { AccountFigures, Figures } from './budget-view.ts';

/** Of a set that no pod nor entry is known of. */
export const NOTHING: Figures = { granted: 0, open: 0, waiting: 0, quarantined: 0 };

/** What is known of an account. */
export interface AccountObjects {
  /** Name of the EppRegistry. */
  name: string;
  /** `limit` less `externalReserved`: what may be used before a ledger says otherwise. */
  usable: number;
  ledger: EppConnectionLedger | undefined;
  /** All leases of its namespace. */
  leases: readonly EppConnectionLease[];
}

/**
 * An account's connections: what pods were granted and report, by set; what vanished pods may still have open; what is left. Between
 * two writes of ledger and leases the sum of all may differ from the limit.
 */
export function accountFigures({ name, usable, ledger, leases }: AccountObjects): AccountFigures {
  const entries = Object.values(ledger?.spec.entries ?? {});
  const bySet = figuresBySet(name, leases, entries);
  const sum = (field: keyof Figures) =>
    [...bySet.values()].reduce((total, figures) => total + figures[field], 0);
  const charged = entries.reduce((total, { charge }) => total + charge, 0);
  const limit = ledger?.spec.effectiveLimit ?? usable;
  return {
    hasLedger: ledger !== undefined,
    limit,
    granted: sum('granted'),
    open: sum('open'),
    waiting: sum('waiting'),
    quarantined: sum('quarantined'),
    free: Math.max(0, limit - charged),
    cut: ledger?.spec.cut ?? 0,
    learning: ledger?.spec.learning ?? false,
    login: ledger?.spec.login,
    jobs: accountJobs(name, leases),
    bySet,
  };
}

type Entry = EppConnectionLedger['spec']['entries'][string];

function figuresBySet(
  account: string,
  leases: readonly EppConnectionLease[],
  entries: readonly Entry[],
): Map<string, Figures> {
  const bySet = new Map<string, Figures>();
  const add = (set: string, more: Partial<Figures>): void => {
    const { granted, open, waiting, quarantined } = { ...NOTHING, ...bySet.get(set) };
    bySet.set(set, {
      granted: granted + (more.granted ?? 0),
      open: open + (more.open ?? 0),
      waiting: waiting + (more.waiting ?? 0),
      quarantined: quarantined + (more.quarantined ?? 0),
    });
  };
  for (const { spec, status } of leases) {
    const grant = spec.grants[account];
    const report = status?.accounts?.[account];
    if (grant === undefined && report === undefined) continue;
    add(spec.set, {
      granted: grant?.slots ?? 0,
      open: report?.open ?? 0,
      waiting: report?.waiting ?? 0,
    });
  }
  for (const { set, state, charge } of entries) {
    if (state === 'Quarantined') add(set, { quarantined: charge });
  }
  return bySet;
}
