/** What the allocator makes of what it sees: facts, leases and ledgers, by a watch that may be late or as an answer of the store. */
import {
  accountsOf,
  type Draft,
  doubtLease,
  doubtLedger,
  setAccount,
  setLease,
  touchAccount,
  touchLease,
} from './allocator-draft.ts';
import type { Observation, Vanished } from './allocator-events.ts';
import {
  type AccountRecord,
  type LeaseRecord,
  newAccountRecord,
  newLeaseRecord,
  type QuarantineTimer,
} from './allocator-state.ts';
import {
  type LeaseSpec,
  type LeaseView,
  type LedgerSpec,
  type LedgerView,
  type LoginReport,
  type RegistryFact,
  type SetFact,
  type Source,
  weigh,
} from './protocol.ts';

export function observe(draft: Draft, seen: Observation): void {
  const { state } = draft;
  for (const registry of seen.registries ?? []) {
    state.registries[registry.name] = registry;
    seeSecret(draft, registry);
    touchAccount(draft, registry.name);
  }
  for (const set of seen.sets ?? []) {
    touchPools(draft, state.sets[set.name]);
    state.sets[set.name] = set;
    touchPools(draft, set);
  }
  for (const pod of seen.pods ?? []) state.pods[pod.uid] = pod;
  for (const lease of seen.leases ?? []) seeLease(draft, lease, 'watch');
  for (const ledger of seen.ledgers ?? []) seeLedger(draft, ledger, 'watch');
}

function seeSecret(draft: Draft, { name, secret: version }: RegistryFact): void {
  if (version === undefined || version === draft.state.accounts[name]?.secret.version) return;
  setAccount(draft, name, { secret: { version, sinceMs: draft.nowMs } });
}

export function vanish(draft: Draft, names: Vanished): void {
  const { state } = draft;
  for (const name of names.registries ?? []) forgetRegistry(draft, name);
  for (const name of names.sets ?? []) {
    touchPools(draft, state.sets[name]);
    delete state.sets[name];
  }
  for (const uid of names.pods ?? []) delete state.pods[uid];
  // A watch may be late, and the object may be there again: the store is asked.
  for (const name of names.leases ?? []) doubtLease(draft, name);
  for (const name of names.ledgers ?? []) doubtLedger(draft, name);
}

/** An account that was deleted by force is wound up like one that is being deleted: what it has open must be given back. */
function forgetRegistry(draft: Draft, name: string): void {
  const { registries, accounts } = draft.state;
  const known = registries[name];
  const charged = Object.keys(accounts[name]?.ledger?.spec.entries ?? {}).length > 0;
  if (known !== undefined && charged) registries[name] = { ...known, deleting: true };
  else delete registries[name];
  touchAccount(draft, name);
}

function touchPools(draft: Draft, set: SetFact | undefined): void {
  for (const { registry } of set?.pools ?? []) touchAccount(draft, registry);
}

export function seeLease(draft: Draft, view: LeaseView, source: Source): void {
  const { nowMs, state } = draft;
  const record = state.leases[view.name] ?? newLeaseRecord(nowMs);
  const old = record.view;
  // At work every lease is known by a list or by its creation: this one is another hand's, or long gone and told late.
  const strange = old === undefined && source === 'watch' && state.stage === 'ready';
  const verdict = strange ? 'ask' : weigh(view.version, old?.version, source, record.exchange.askedAt);
  if (verdict === 'ask') doubtLease(draft, view.name);
  // What we know is newer than an answer of the store: so it is confirmed by it.
  if (verdict === 'ignore' && source !== 'watch') setLease(draft, view.name, { confirmed: true });
  if (verdict !== 'take') return;
  const sameHolder = old !== undefined && old.status.incarnation === view.status.incarnation;
  const sameReport = sameHolder && old.status.seq === view.status.seq;
  const livedLong = nowMs - record.binds.atMs >= state.timing.bindStableMs;
  setLease(draft, view.name, {
    view,
    gone: false,
    confirmed: source !== 'watch',
    reportedAtMs: sameReport ? record.reportedAtMs : nowMs,
    binds: !sameHolder && livedLong ? { count: 0, atMs: record.binds.atMs } : record.binds,
    hits: countHits(draft, record, view, sameHolder),
  });
  if (old !== undefined && wentBack(old.spec, view.spec)) {
    for (const account of accountsOf(view)) learnFromNow(draft, account);
  }
  if (old === undefined || matters(old, view)) touchLease(draft, view);
}

/** Refusals over the limit that are new since the last report; a leader that has just come takes the present count as seen. */
function countHits(
  draft: Draft,
  record: LeaseRecord,
  view: LeaseView,
  sameHolder: boolean,
): Record<string, number> {
  const hits: Record<string, number> = {};
  for (const [account, { limitHits }] of Object.entries(view.status.accounts ?? {})) {
    hits[account] = limitHits;
    const before = sameHolder ? (record.hits[account] ?? 0) : 0;
    const isNew = record.view !== undefined && limitHits > before;
    if (isNew) setAccount(draft, account, { hitAtMs: draft.nowMs, dirty: true });
  }
  return hits;
}

/** The store went back: the next pass starts learning, or learning starts again. */
function learnFromNow(draft: Draft, account: string): void {
  const learning = draft.state.accounts[account]?.ledger?.spec.learning === true;
  setAccount(draft, account, learning ? { learningSinceMs: draft.nowMs } : { rolledBack: true, dirty: true });
}

/** Fence and generations only grow, unless the store forgot. */
function wentBack(old: LeaseSpec, now: LeaseSpec): boolean {
  if (now.fence < old.fence) return true;
  return Object.entries(old.grants).some(([account, { gen }]) => (now.grants[account]?.gen ?? 0) < gen);
}

/** Whether a pass over a ledger could come to another result; a plain renewal does not. */
function matters(old: LeaseView, now: LeaseView): boolean {
  if (old.deleting !== now.deleting || old.status.phase !== now.status.phase) return true;
  if (old.status.incarnation !== now.status.incarnation || old.spec.incarnation !== now.spec.incarnation)
    return true;
  if (old.spec.state !== now.spec.state || old.spec.fence !== now.spec.fence) return true;
  for (const account of accountsOf(now)) {
    const [a, b] = [old.status.accounts?.[account], now.status.accounts?.[account]];
    if (a?.ackGen !== b?.ackGen || a?.cap !== b?.cap || a?.demand !== b?.demand) return true;
    if (a?.unconfirmed !== b?.unconfirmed) return true;
    if (!sameReport(a?.login, b?.login)) return true;
    if (old.spec.grants[account]?.gen !== now.spec.grants[account]?.gen) return true;
  }
  return false;
}

function sameReport(a: LoginReport | undefined, b: LoginReport | undefined): boolean {
  return (
    a?.version === b?.version &&
    a?.result === b?.result &&
    a?.refusals === b?.refusals &&
    a?.heardTurn === b?.heardTurn &&
    a?.answeredTurn === b?.answeredTurn
  );
}

export function leaseGone(draft: Draft, name: string): void {
  const view = draft.state.leases[name]?.view;
  if (view !== undefined) touchLease(draft, view);
  for (const [account, { ledger }] of Object.entries(draft.state.accounts)) {
    const charged = Object.values(ledger?.spec.entries ?? {}).some(({ lease }) => lease === name);
    if (charged) touchAccount(draft, account);
  }
  setLease(draft, name, { view: undefined, gone: true, confirmed: true });
}

export function seeLedger(draft: Draft, view: LedgerView, source: Source): void {
  const { nowMs, state } = draft;
  const record = state.accounts[view.account] ?? newAccountRecord(nowMs);
  const old = record.ledger;
  const verdict = weigh(view.version, old?.version, source, record.exchange.askedAt);
  if (verdict === 'ask') doubtLedger(draft, view.account);
  if (verdict !== 'take') return;
  if (record.claimed && view.spec.term > record.term) {
    const reason = `a newer leader has claimed the ledger of ${view.account}: its term is ${view.spec.term}, ours ${record.term}`;
    state.stage = 'stopped';
    draft.effects.push({ type: 'step-down', reason });
    return;
  }
  const wentBack =
    record.claimed && old !== undefined && (view.spec.term < record.term || view.spec.seq < old.spec.seq);
  const startsLearning = view.spec.learning && !old?.spec.learning;
  setAccount(draft, view.account, {
    ledger: view,
    dirty: true,
    claimed: record.claimed && !wentBack,
    rolledBack: (wentBack || record.rolledBack) && !view.spec.learning,
    learningSinceMs: startsLearning || wentBack ? nowMs : record.learningSinceMs,
    cutAtMs: old !== undefined && old.spec.cut !== view.spec.cut ? nowMs : record.cutAtMs,
    quarantines: quarantineTimers(record.quarantines, view.spec, nowMs),
    ...loginTimers(record, view.spec, nowMs),
  });
}

/** A quarantine runs from when we first saw what remains of it, by our own clock. */
function quarantineTimers(
  old: AccountRecord['quarantines'],
  { entries }: LedgerSpec,
  nowMs: number,
): AccountRecord['quarantines'] {
  const timers: Record<string, QuarantineTimer> = {};
  for (const [incarnation, { state, remainingSeconds = 0 }] of Object.entries(entries)) {
    if (state !== 'Quarantined') continue;
    const known = old[incarnation];
    timers[incarnation] =
      known?.remainingSeconds === remainingSeconds ? known : { remainingSeconds, sinceMs: nowMs };
  }
  return timers;
}

/** What waits for a turn or a change of the credentials waits from when we first saw it, by our own clock. */
function loginTimers(
  { loginTurn, loginChanges }: AccountRecord,
  { login }: LedgerSpec,
  nowMs: number,
): Pick<AccountRecord, 'loginTurn' | 'loginChanges'> {
  const { turn = 0, changes = 0 } = login ?? {};
  return {
    loginTurn: turn === loginTurn.turn ? loginTurn : { turn, sinceMs: nowMs },
    loginChanges: changes === loginChanges.changes ? loginChanges : { changes, sinceMs: nowMs },
  };
}

/** The store has no ledger of this account. If there was one, the next one must learn what it knew. */
export function ledgerGone(draft: Draft, account: string): void {
  const record = draft.state.accounts[account] ?? newAccountRecord(draft.nowMs);
  setAccount(draft, account, {
    ledger: undefined,
    claimed: false,
    dirty: true,
    rolledBack: record.rolledBack || record.ledger !== undefined,
    quarantines: {},
  });
}
