import type { EppConnectionLease } from '../api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from '../api/v1alpha1/connection-ledger.ts';
import { accountJobs } from './account-jobs.ts';
import type { AccountFigures, Figures } from './budget-view.ts';

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
  const bySet = figuresBySet(name, leases);
  const sum = (field: keyof Figures) =>
    [...bySet.values()].reduce((total, figures) => total + figures[field], 0);
  const entries = Object.values(ledger?.spec.entries ?? {});
  const charge = (of: typeof entries) => of.reduce((total, entry) => total + entry.charge, 0);
  const limit = ledger?.spec.effectiveLimit ?? usable;
  return {
    hasLedger: ledger !== undefined,
    limit,
    granted: sum('granted'),
    open: sum('open'),
    waiting: sum('waiting'),
    quarantined: charge(entries.filter(({ state }) => state === 'Quarantined')),
    free: Math.max(0, limit - charge(entries)),
    cut: ledger?.spec.cut ?? 0,
    learning: ledger?.spec.learning ?? false,
    login: ledger?.spec.login,
    jobs: accountJobs(name, leases),
    bySet,
  };
}

function figuresBySet(account: string, leases: readonly EppConnectionLease[]): Map<string, Figures> {
  const bySet = new Map<string, Figures>();
  for (const { spec, status } of leases) {
    const grant = spec.grants[account];
    const report = status?.accounts?.[account];
    if (grant === undefined && report === undefined) continue;
    const { granted, open, waiting } = bySet.get(spec.set) ?? { granted: 0, open: 0, waiting: 0 };
    bySet.set(spec.set, {
      granted: granted + (grant?.slots ?? 0),
      open: open + (report?.open ?? 0),
      waiting: waiting + (report?.waiting ?? 0),
    });
  }
  return bySet;
}
