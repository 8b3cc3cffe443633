import type { EppConnectionLedgerSpec } from '../api/v1alpha1/connection-ledger.ts';
import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import type { EppSet } from '../api/v1alpha1/set.ts';
import type { JobFigure } from './account-jobs.ts';

export interface Figures {
  granted: number;
  open: number;
  waiting: number;
  /** Of vanished pods: the registry may still count them. */
  quarantined: number;
}

/** An account's connections now. */
export interface AccountFigures extends Figures {
  /** False before its first connection, and when its ledger was lost. */
  hasLedger: boolean;
  /** What may be used: the registry's limit less what is reserved for others and cut off. */
  limit: number;
  free: number;
  /** Taken off the limit because the registry refused sessions below it. */
  cut: number;
  /** The ledger was lost and is being learned anew. */
  learning: boolean;
  /** What is known of its credentials; undefined before anybody may log in. */
  login: EppConnectionLedgerSpec['login'];
  jobs: readonly JobFigure[];
  /** By name of the EppSet object. */
  bySet: ReadonlyMap<string, Figures>;
}

/** What controllers see of the connection budget. */
export interface BudgetView {
  account(registry: EppRegistry): AccountFigures;
  /** Why the minimum of this set at this account is not admitted, in one sentence; undefined when it is. */
  minimumRefusal(registry: EppRegistry, set: EppSet): string | undefined;
  /** The most connections that this set can have at this account for long: its max, and what is not guaranteed to others. */
  reachable(registry: EppRegistry, set: EppSet): number;
  /** Sets whose minimums the account cannot guarantee, by name. */
  refusedSets(registry: EppRegistry): readonly string[];
}
