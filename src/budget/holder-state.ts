import type { Millicommands } from './command-share.ts';
import type { BudgetPhase } from './connection-budget.ts';
import { type DemandWindow, NO_DEMAND } from './demand.ts';
import type { Jobs } from './holder-jobs.ts';
import { type HolderLogin, NO_LOGIN } from './holder-login.ts';
import type { LeaseStatus } from './protocol.ts';
import type { SlotBook } from './slot-book.ts';
import type { Timing } from './timing.ts';

export interface HolderAccount {
  /** Q, before the clock factor. */
  readonly quarantineMs: number;
  /** The generation of the grant that is in force. */
  gen: number;
  /** Connections granted. */
  slots: number;
  /** What each connection adds to the commands that may be sent. */
  millicommands: Millicommands;
  /** The last generation that took slots or commands away: it wants an acknowledgement at once. */
  loweredGen: number;
  /** The highest generation that this process ever heard of, in this or a former incarnation. */
  heardGen: number;
  book: SlotBook;
  window: DemandWindow;
  /** Refusals over the limit in this incarnation. */
  limitHits: number;
  pausedUntilMs: number | undefined;
  login: HolderLogin;
  /** Periodic jobs that this process runs, by name. */
  jobs: Jobs;
}

/** A request to the API: a holder has one at a time, so that answers cannot overtake each other. */
export type HolderRequest =
  | { doing: 'put'; sentAtMs: number; ttlMs: number; status: LeaseStatus }
  | { doing: 'read'; askedAt: string | undefined };

/** All that one holder knows. Plain data. */
export interface HolderState {
  readonly timing: Timing;
  phase: BudgetPhase;
  /** Undefined until the shell gives the next one, after a fence. */
  incarnation: string | undefined;
  /** Of our binding; undefined while we are not bound. */
  fence: number | undefined;
  /** Our lease as last heard. */
  lease: { version: string; ttlMs: number; renewMs: number; seq: number } | undefined;
  /** Just before the last successful report was sent; undefined before the first of this incarnation. */
  baseMs: number | undefined;
  /** TTL that `baseMs` was reported with, or less. */
  ttlMs: number;
  /** The last report that is known to be committed, of this incarnation. */
  told: LeaseStatus | undefined;
  request: HolderRequest | undefined;
  /** The lease must be read before anything else. */
  unsure: boolean;
  sentAtMs: number | undefined;
  /** When all reports in a hurry will have come back. */
  hurriedUntilMs: number;
  renewAtMs: number;
  failures: number;
  retryAtMs: number;
  accounts: Readonly<Record<string, HolderAccount>>;
  /** Of a small random number generator: jitter that a test can repeat. */
  random: number;
}

export interface HolderSetup {
  timing: Timing;
  /** Q of each account, by its name: `quarantineMs()`. */
  accounts: Readonly<Record<string, { quarantineMs: number }>>;
  incarnation: string;
  /** Any whole number; another one in each process. */
  seed: number;
}

export function newHolder({ timing, accounts, incarnation, seed }: HolderSetup): HolderState {
  return {
    timing,
    phase: 'registering',
    incarnation,
    fence: undefined,
    lease: undefined,
    baseMs: undefined,
    ttlMs: 0,
    told: undefined,
    request: undefined,
    unsure: false,
    sentAtMs: undefined,
    hurriedUntilMs: 0,
    renewAtMs: 0,
    failures: 0,
    retryAtMs: 0,
    accounts: Object.fromEntries(
      Object.entries(accounts).map(([name, { quarantineMs }]): [string, HolderAccount] => [
        name,
        {
          quarantineMs,
          gen: 0,
          slots: 0,
          millicommands: {},
          loweredGen: 0,
          heardGen: 0,
          book: {},
          window: NO_DEMAND,
          limitHits: 0,
          pausedUntilMs: undefined,
          login: NO_LOGIN,
          jobs: {},
        },
      ]),
    ),
    random: seed >>> 0,
  };
}
