/** Short ways to write leases, ledgers and facts in tables. Account `reg`, pod `a`, set `core`, unless said otherwise. */
import {
  type AccountRecord,
  type LeaseRecord,
  newAccountRecord,
  newLeaseRecord,
} from '../../src/budget/allocator-state.ts';
import type { PassInput } from '../../src/budget/ledger-pass.ts';
import type {
  AccountReport,
  LeaseSpec,
  LeaseStatus,
  LeaseView,
  LedgerEntry,
  LedgerSpec,
  RegistryFact,
  SetFact,
} from '../../src/budget/protocol.ts';
import { timing } from '../../src/budget/timing.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

export const registry = (patch: Partial<RegistryFact> = {}): RegistryFact => ({
  name: 'reg',
  limit: 10,
  externalReserved: 0,
  idleMs: 60 * SECOND,
  lateMs: 60 * SECOND,
  deleting: false,
  used: false,
  ...patch,
});

export const set = (
  name: string,
  patch: Partial<SetFact> & { min?: number; max?: number; lendablePercent?: number } = {},
): SetFact => {
  const { min = 1, max = 10, lendablePercent = 50, ...fact } = patch;
  return {
    name,
    class: 'core',
    createdAt: '2026-01-01T00:00:00Z',
    pools: [{ registry: 'reg', min, max, lendablePercent }],
    ...fact,
  };
};

export const report = (patch: Partial<AccountReport> = {}): AccountReport => ({
  ackGen: 1,
  cap: 0,
  open: 0,
  connecting: 0,
  unconfirmed: 0,
  demand: 1,
  waiting: 0,
  limitHits: 0,
  ...patch,
});

export interface LeasePatch {
  name?: string;
  version?: string;
  deleting?: boolean;
  held?: boolean;
  spec?: Partial<LeaseSpec>;
  status?: Partial<LeaseStatus>;
  /** Grant at `reg`: [slots, gen]. */
  grant?: [number, number];
  /** What the bound incarnation reports of `reg`. */
  report?: Partial<AccountReport>;
}

/** A bound lease of pod `name` whose incarnation is `name`-1. */
export function lease(patch: LeasePatch = {}): LeaseView {
  const { name = 'a', version = '10', deleting = false, held = true, grant = [0, 1] } = patch;
  return {
    name,
    version,
    deleting,
    held,
    spec: {
      pod: `pod-${name}`,
      set: 'core',
      class: 'core',
      incarnation: `${name}-1`,
      fence: 1,
      state: 'Bound',
      ttlSeconds: 600,
      renewSeconds: 20,
      grants: { reg: { slots: grant[0], gen: grant[1] } },
      ...patch.spec,
    },
    status: {
      incarnation: `${name}-1`,
      phase: 'Active',
      seq: 1,
      ttlInUseSeconds: 600,
      accounts: { reg: report(patch.report) },
      ...patch.status,
    },
  };
}

export const leaseRecord = (view: LeaseView | undefined, patch: Partial<LeaseRecord> = {}): LeaseRecord => ({
  ...newLeaseRecord(0),
  view,
  confirmed: true,
  ...patch,
});

/** An entry of pod `a`. */
export const entry = (patch: Partial<LedgerEntry> = {}): LedgerEntry => ({
  lease: 'a',
  set: 'core',
  fence: 1,
  state: 'Active',
  target: 0,
  gen: 1,
  charge: 0,
  ...patch,
});

export const ledger = (
  entries: Record<string, LedgerEntry> = {},
  patch: Partial<LedgerSpec> = {},
): LedgerSpec => ({
  term: 1,
  effectiveLimit: 10,
  cut: 0,
  seq: 1,
  learning: false,
  entries,
  ...patch,
});

/** Everything that a pass looks at: a leader that settled long ago, and a set `core` with all of the account. */
export function passInput(
  leases: readonly (LeaseView | LeaseRecord)[],
  patch: Partial<Omit<PassInput, 'record'>> & { record?: Partial<AccountRecord> } = {},
): PassInput {
  const records = leases.map((item) =>
    'view' in item ? item : leaseRecord(item, { reportedAtMs: 10 * MINUTE }),
  );
  return {
    nowMs: 10 * MINUTE,
    timing: timing(),
    electedAtMs: 0,
    registry: registry(),
    sets: { core: set('core') },
    leases: Object.fromEntries(records.map((record) => [record.view?.name ?? 'a', record])),
    ...patch,
    record: { ...newAccountRecord(0), claimed: true, term: 1, ...patch.record },
  };
}
