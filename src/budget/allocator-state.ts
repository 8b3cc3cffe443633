import type { LeaseView, LedgerView, Note, PodFact, RegistryFact, SetFact } from './protocol.ts';
import type { Timing } from './timing.ts';

/** What is under way with one object of the store, and when it may be tried again. */
export interface Exchange {
  doing: 'nothing' | 'write' | 'read';
  /** What we know of it may be wrong: read it before the next write. */
  unsure: boolean;
  /** In a row. */
  failures: number;
  retryAtMs: number;
  /** Of the read under way: the version that we knew when it was sent. */
  askedAt: string | undefined;
}

export const AT_REST: Exchange = {
  doing: 'nothing',
  unsure: false,
  failures: 0,
  retryAtMs: 0,
  askedAt: undefined,
};

export interface LeaseRecord {
  /** As last seen; undefined when it is not in the store, or not read yet. */
  view: LeaseView | undefined;
  /** The store was asked and does not have it. */
  gone: boolean;
  /** `view` is the answer to a read or write of ours, not the word of a watch that may be late. */
  confirmed: boolean;
  exchange: Exchange;
  /** When we first saw the present report of the holder: its expiry runs from here, on our clock. */
  reportedAtMs: number;
  /** Bindings in a row that did not live long, and when the last one was. */
  binds: { count: number; atMs: number };
  /** Refusals over the limit that were already counted, by account, of the incarnation that reports now. */
  hits: Readonly<Record<string, number>>;
  /** Told when the write under way is known to be committed. */
  notes: readonly Note[];
}

/** How long an entry's quarantine has run since we first saw `remainingSeconds` in the ledger. */
export interface QuarantineTimer {
  remainingSeconds: number;
  sinceMs: number;
}

export interface AccountRecord {
  ledger: LedgerView | undefined;
  /** Our term; 0 before the first claim. */
  term: number;
  /** The ledger has our term: from then on only we write it. */
  claimed: boolean;
  exchange: Exchange;
  quarantines: Readonly<Record<string, QuarantineTimer>>;
  /** The store took something back that we had written: the next pass starts learning. */
  rolledBack: boolean;
  learningSinceMs: number;
  /** When we last heard that a holder was refused over the limit. */
  hitAtMs: number | undefined;
  /** When `cut` last changed. */
  cutAtMs: number;
  /** When we first saw that this turn of logins, this many changes of credentials, this version of the Secret is so. */
  loginTurn: { turn: number; sinceMs: number };
  loginChanges: { changes: number; sinceMs: number };
  secret: { version: string | undefined; sinceMs: number };
  /** Something was heard since the last pass. */
  dirty: boolean;
  /** Look again then, even if nothing is heard. */
  visitAtMs: number;
  writtenAtMs: number | undefined;
  /** Told when the write under way is known to be committed. */
  notes: readonly Note[];
}

/**
 * All that the allocator of one namespace knows. Plain data: it can be stored, cloned and compared. Nothing of it must survive the
 * leader: a new one starts with `initialState` and reads the rest from the store.
 */
export interface AllocatorState {
  readonly timing: Timing;
  /**
   *   claiming  each ledger there is gets our term, so that no former leader writes it any more
   *   listing   the leases are listed after that: what we know of them is younger than the last word of a former leader
   *   ready     at work
   *   stopped   deposed or told to stop: does nothing any more
   */
  stage: 'claiming' | 'listing' | 'ready' | 'stopped';
  /** The first listing of ledgers, registries, sets and pods has come in. */
  listed: boolean;
  electedAtMs: number;
  tickedAtMs: number | undefined;
  registries: Readonly<Record<string, RegistryFact>>;
  sets: Readonly<Record<string, SetFact>>;
  pods: Readonly<Record<string, PodFact>>;
  leases: Readonly<Record<string, LeaseRecord>>;
  accounts: Readonly<Record<string, AccountRecord>>;
}

export function initialState(timing: Timing, nowMs: number): AllocatorState {
  return {
    timing,
    stage: 'claiming',
    listed: false,
    electedAtMs: nowMs,
    tickedAtMs: undefined,
    registries: {},
    sets: {},
    pods: {},
    leases: {},
    accounts: {},
  };
}

export const newLeaseRecord = (nowMs: number): LeaseRecord => ({
  view: undefined,
  gone: false,
  confirmed: false,
  exchange: AT_REST,
  reportedAtMs: nowMs,
  binds: { count: 0, atMs: nowMs },
  hits: {},
  notes: [],
});

export const newAccountRecord = (nowMs: number): AccountRecord => ({
  ledger: undefined,
  term: 0,
  claimed: false,
  exchange: AT_REST,
  quarantines: {},
  rolledBack: false,
  learningSinceMs: nowMs,
  hitAtMs: undefined,
  cutAtMs: nowMs,
  loginTurn: { turn: 0, sinceMs: nowMs },
  loginChanges: { changes: 0, sinceMs: nowMs },
  secret: { version: undefined, sinceMs: nowMs },
  dirty: true,
  visitAtMs: nowMs,
  writtenAtMs: undefined,
  notes: [],
});
