import type { AllocatorEffect, Written } from './allocator-events.ts';
import {
  type AccountRecord,
  type AllocatorState,
  AT_REST,
  type Exchange,
  type LeaseRecord,
  newAccountRecord,
  newLeaseRecord,
} from './allocator-state.ts';
import type { LeaseView, PodFact, RegistryFact, SetFact } from './protocol.ts';

/** What one call of `reduce` changes: a copy of the state, one level deep. Records are replaced, never changed. */
export interface Draft {
  state: AllocatorState & {
    registries: Record<string, RegistryFact>;
    sets: Record<string, SetFact>;
    pods: Record<string, PodFact>;
    leases: Record<string, LeaseRecord>;
    accounts: Record<string, AccountRecord>;
  };
  effects: AllocatorEffect[];
  nowMs: number;
}

export function draftOf(state: AllocatorState): Draft {
  const { registries, sets, pods, leases, accounts } = state;
  const copy = {
    ...state,
    registries: { ...registries },
    sets: { ...sets },
    pods: { ...pods },
    leases: { ...leases },
    accounts: { ...accounts },
  };
  return { state: copy, effects: [], nowMs: 0 };
}

export function setAccount(draft: Draft, account: string, patch: Partial<AccountRecord>): void {
  const { accounts } = draft.state;
  accounts[account] = { ...(accounts[account] ?? newAccountRecord(draft.nowMs)), ...patch };
}

export function setLease(draft: Draft, name: string, patch: Partial<LeaseRecord>): void {
  const { leases } = draft.state;
  leases[name] = { ...(leases[name] ?? newLeaseRecord(draft.nowMs)), ...patch };
}

/** The next tick passes over this ledger. */
export function touchAccount(draft: Draft, account: string): void {
  if (draft.state.accounts[account]?.dirty !== true) setAccount(draft, account, { dirty: true });
}

export function touchLease(draft: Draft, lease: LeaseView): void {
  for (const account of accountsOf(lease)) touchAccount(draft, account);
}

export function accountsOf({ spec, status }: LeaseView): Set<string> {
  return new Set([...Object.keys(spec.grants), ...Object.keys(status.accounts ?? {})]);
}

/** What we know of it may be wrong: the next tick reads it. */
export function doubtLease(draft: Draft, name: string): void {
  const { exchange } = draft.state.leases[name] ?? newLeaseRecord(draft.nowMs);
  setLease(draft, name, { exchange: { ...exchange, unsure: true } });
}

export function doubtLedger(draft: Draft, account: string): void {
  const { exchange } = draft.state.accounts[account] ?? newAccountRecord(draft.nowMs);
  setAccount(draft, account, { exchange: { ...exchange, unsure: true } });
}

/** True when a request about this object may be sent now. */
export function atRest({ doing, retryAtMs }: Exchange, nowMs: number): boolean {
  return doing === 'nothing' && nowMs >= retryAtMs;
}

export function readLease(draft: Draft, name: string): void {
  const { exchange, view } = draft.state.leases[name]!;
  setLease(draft, name, { exchange: { ...exchange, doing: 'read', askedAt: view?.version } });
  draft.effects.push({ type: 'read-lease', lease: name });
}

export function readLedger(draft: Draft, account: string): void {
  const { exchange, ledger } = draft.state.accounts[account]!;
  setAccount(draft, account, { exchange: { ...exchange, doing: 'read', askedAt: ledger?.version } });
  draft.effects.push({ type: 'read-ledger', account });
}

export function afterExchange(
  draft: Draft,
  { failures }: Exchange,
  result: Written<unknown>['result'],
): Exchange {
  if (result === 'ok' || result === 'missing') return AT_REST;
  // Somebody else wrote: read again at once, compute again.
  if (result === 'conflict' || result === 'exists') return { ...AT_REST, unsure: true };
  const { writeRetryMs, writeRetryMaxMs } = draft.state.timing;
  const waitMs = Math.min(writeRetryMaxMs, writeRetryMs * 2 ** failures);
  return { ...AT_REST, unsure: true, failures: failures + 1, retryAtMs: draft.nowMs + waitMs };
}
