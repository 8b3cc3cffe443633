import {
  afterExchange,
  atRest,
  type Draft,
  doubtLease,
  draftOf,
  readLease,
  readLedger,
  setAccount,
  setLease,
} from './allocator-draft.ts';
import type { AllocatorEffect, AllocatorEvent, Found, Written } from './allocator-events.ts';
import { leaseGone, ledgerGone, observe, seeLease, seeLedger, vanish } from './allocator-sight.ts';
import { type AllocatorState, AT_REST, newAccountRecord, newLeaseRecord } from './allocator-state.ts';
import { firstLedger } from './learning.ts';
import {
  bind,
  bindBackoffMs,
  fencePredecessor,
  fenceSilent,
  firstLease,
  mayLetGo,
  publish,
  wantsToBeBound,
} from './lease-steps.ts';
import { nextQuarantineEndMs, passLedger } from './ledger-pass.ts';
import { isOlder, type LeaseSpec, type LeaseView, type LedgerView, type Note } from './protocol.ts';
import type { Timing } from './timing.ts';

export type {
  AllocatorEffect,
  AllocatorEvent,
  Found,
  Observation,
  Vanished,
  Written,
} from './allocator-events.ts';
export { type AllocatorState, initialState } from './allocator-state.ts';

export interface Step {
  state: AllocatorState;
  effects: AllocatorEffect[];
}

/**
 * The allocator of one namespace, while it leads. What it knows and an event make what it knows next and what it wants done. Pure: no
 * clock, no store, and no memory but `state`. Every effect may be lost, repeated, late or answered by a conflict.
 */
export function reduce(state: AllocatorState, event: AllocatorEvent): Step {
  return reduceAll(state, [event]);
}

/** The same for events in a row: one copy of the state for all of them. */
export function reduceAll(state: AllocatorState, events: readonly AllocatorEvent[]): Step {
  if (state.stage === 'stopped') return { state, effects: [] };
  const draft = draftOf(state);
  for (const event of events) {
    draft.nowMs = event.nowMs;
    apply(draft, event);
    claimAndList(draft);
    if (draft.state.stage === 'stopped') break;
  }
  return { state: draft.state, effects: draft.effects };
}

function apply(draft: Draft, event: AllocatorEvent): void {
  switch (event.type) {
    case 'observed':
      observe(draft, event);
      break;
    case 'vanished':
      vanish(draft, event);
      break;
    case 'listed':
      draft.state.listed = true;
      break;
    case 'leases-listed':
      takeLeaseList(draft, event.leases);
      break;
    case 'tick':
      tick(draft);
      break;
    case 'lease-written':
      leaseWritten(draft, event.lease, event.written);
      break;
    case 'ledger-written':
      ledgerWritten(draft, event.account, event.written);
      break;
    case 'lease-read':
      leaseRead(draft, event.lease, event.found);
      break;
    case 'ledger-read':
      ledgerRead(draft, event.account, event.found);
      break;
    case 'stopped':
      draft.state.stage = 'stopped';
  }
}

// ---- becoming leader

/** A former leader's late writes must lose: first our term stands in every ledger, then we read what the leases say. */
function claimAndList(draft: Draft): void {
  const { state } = draft;
  if (state.stage !== 'claiming' || !state.listed) return;
  let open = false;
  for (const [account, { claimed, ledger, exchange }] of Object.entries(state.accounts)) {
    if (claimed || (ledger === undefined && !exchange.unsure && exchange.doing === 'nothing')) continue;
    open = true;
    advanceLedger(draft, account, claim);
  }
  if (open) return;
  state.stage = 'listing';
  draft.effects.push({ type: 'list-leases' });
}

function claim(draft: Draft, account: string): void {
  const record = draft.state.accounts[account]!;
  if (record.ledger === undefined) return;
  const { version, spec } = record.ledger;
  const term = Math.max(spec.term, record.term) + 1;
  setAccount(draft, account, { term, exchange: { ...record.exchange, doing: 'write' } });
  draft.effects.push({ type: 'write-ledger', account, version, spec: { ...spec, term, seq: spec.seq + 1 } });
}

function takeLeaseList(draft: Draft, leases: readonly LeaseView[]): void {
  const { state } = draft;
  if (state.stage !== 'listing') return;
  const listed = new Map(leases.map((lease) => [lease.name, lease]));
  for (const [name, record] of Object.entries(state.leases)) {
    // A watch may already have told of one that was created after the list; the next tick asks.
    if (!listed.has(name) && record.view !== undefined) doubtLease(draft, name);
  }
  for (const lease of leases) {
    const known = state.leases[lease.name]?.view;
    const newer = known !== undefined && isOlder(lease.version, known.version);
    seeLease(draft, newer ? known : lease, 'write');
  }
  state.stage = 'ready';
}

// ---- at work

function tick(draft: Draft): void {
  const { state, nowMs } = draft;
  const { tickedAtMs, timing } = state;
  if (state.stage !== 'ready') return;
  if (tickedAtMs !== undefined && nowMs - tickedAtMs < timing.tickMs) return;
  state.tickedAtMs = nowMs;
  for (const name of Object.keys(state.leases).sort()) tickLease(draft, name);
  for (const uid of Object.keys(state.pods).sort()) giveLease(draft, uid);
  for (const account of Object.keys(state.accounts).sort()) tickAccount(draft, account);
  for (const name of Object.keys(state.leases).sort()) publishTo(draft, name);
}

/** Steps 1 and 2 of the protocol, and the end of a lease. */
function tickLease(draft: Draft, name: string): void {
  const { state, nowMs } = draft;
  const record = state.leases[name]!;
  if (!atRest(record.exchange, nowMs)) return;
  if (record.exchange.unsure) {
    readLease(draft, name);
  } else if (record.view === undefined) {
    forgetLease(draft, name);
  } else if (wantsToBeBound(record.view)) {
    bindOrWait(draft, name, record.view);
  } else if (mayLetGo(record, state)) {
    setLease(draft, name, { exchange: { ...record.exchange, doing: 'write' } });
    draft.effects.push({ type: 'let-lease-go', lease: name, version: record.view.version });
  } else {
    writeLease(draft, name, fenceSilent(record, state.timing, nowMs), silenceNote(record.view));
  }
}

function bindOrWait(draft: Draft, name: string, view: LeaseView): void {
  const { state, nowMs } = draft;
  const record = state.leases[name]!;
  const { count, atMs } = record.binds;
  if (nowMs - atMs < bindBackoffMs(state.timing, count)) {
    writeLease(draft, name, fencePredecessor(record, state), crashLoopNote(view, count, state.timing));
    return;
  }
  const bound = bind(record, state);
  if (bound !== undefined) setLease(draft, name, { binds: { count: count + 1, atMs: nowMs } });
  writeLease(draft, name, bound);
}

/** A lease that is gone is remembered only as long as a ledger or a pod asks for it. */
function forgetLease(draft: Draft, name: string): void {
  const { accounts, leases, pods } = draft.state;
  const asked = Object.values(accounts).some(({ ledger }) =>
    Object.values(ledger?.spec.entries ?? {}).some(
      (entry) => entry.lease === name && entry.state === 'Active',
    ),
  );
  if (!asked && pods[name] === undefined) delete leases[name];
}

function giveLease(draft: Draft, uid: string): void {
  const { state, nowMs } = draft;
  const pod = state.pods[uid]!;
  const set = state.sets[pod.set];
  const record = state.leases[uid];
  if (set === undefined || record?.view !== undefined) return;
  const exchange = record?.exchange ?? AT_REST;
  if (!atRest(exchange, nowMs) || exchange.unsure) return;
  const spec = firstLease(pod, set, state);
  if (spec === undefined) return;
  setLease(draft, uid, { exchange: { ...exchange, doing: 'write' } });
  draft.effects.push({ type: 'create-lease', pod, spec });
}

function writeLease(draft: Draft, name: string, spec: LeaseSpec | undefined, note?: Note): void {
  if (spec === undefined) return;
  const { exchange, view } = draft.state.leases[name]!;
  const notes = note === undefined ? [] : [note];
  setLease(draft, name, { exchange: { ...exchange, doing: 'write' }, notes });
  draft.effects.push({ type: 'write-lease', lease: name, version: view!.version, spec });
}

/** Step 4 of the protocol. */
function publishTo(draft: Draft, name: string): void {
  const { state, nowMs } = draft;
  const record = state.leases[name];
  if (state.stage !== 'ready' || record === undefined) return;
  if (!atRest(record.exchange, nowMs) || record.exchange.unsure) return;
  writeLease(draft, name, publish(record, state.accounts));
}

/** Step 3 of the protocol. */
function tickAccount(draft: Draft, account: string): void {
  const { ledger, claimed } = draft.state.accounts[account]!;
  if (ledger === undefined) advanceLedger(draft, account, createLedger);
  else advanceLedger(draft, account, claimed ? pass : claim);
}

/** Reads the ledger first where it must be, and does nothing while a request about it is under way. */
function advanceLedger(draft: Draft, account: string, work: (draft: Draft, account: string) => void): void {
  const { exchange } = draft.state.accounts[account]!;
  if (!atRest(exchange, draft.nowMs)) return;
  if (exchange.unsure) readLedger(draft, account);
  else work(draft, account);
}

function createLedger(draft: Draft, account: string): void {
  const { state } = draft;
  const registry = state.registries[account];
  if (registry === undefined || registry.deleting) return;
  const record = state.accounts[account]!;
  const spec = firstLedger(registry, Object.values(state.leases), record);
  setAccount(draft, account, { term: spec.term, exchange: { ...record.exchange, doing: 'write' } });
  draft.effects.push({ type: 'create-ledger', account, spec });
}

function pass(draft: Draft, account: string): void {
  const { state, nowMs } = draft;
  const { timing, electedAtMs, sets, leases } = state;
  const record = state.accounts[account]!;
  const registry = state.registries[account];
  const { version, spec: old } = record.ledger!;
  if (registry === undefined || !(record.dirty || nowMs >= record.visitAtMs)) return;
  const big = Object.keys(old.entries).length > timing.bigLedgerEntries;
  if (big && record.writtenAtMs !== undefined && nowMs - record.writtenAtMs < timing.bigTickMs) return;
  const result = passLedger(old, { nowMs, timing, electedAtMs, registry, sets, leases, record });
  for (const name of result.unknownLeases) doubtLease(draft, name);
  const visitAtMs = Math.min(nowMs + timing.revisitMs, nextQuarantineEndMs(timing, record.quarantines));
  setAccount(draft, account, { dirty: false, visitAtMs });
  if (result.broken !== undefined) draft.effects.push({ type: 'alarm', message: result.broken });
  if (result.spec === old) return;
  const exchange = { ...record.exchange, doing: 'write' } as const;
  setAccount(draft, account, { exchange, notes: result.notes, writtenAtMs: nowMs });
  draft.effects.push({ type: 'write-ledger', account, version, spec: result.spec });
}

// ---- what came of it

function leaseWritten(draft: Draft, name: string, written: Written<LeaseView>): void {
  const { exchange, notes } = draft.state.leases[name] ?? newLeaseRecord(draft.nowMs);
  setLease(draft, name, { exchange: afterExchange(draft, exchange, written.result), notes: [] });
  if (written.result === 'missing') leaseGone(draft, name);
  if (written.result === 'conflict' || written.result === 'exists') readLease(draft, name);
  if (written.result !== 'ok') return;
  const { view } = written;
  if (view.deleting && !view.held) {
    leaseGone(draft, name);
    return;
  }
  seeLease(draft, view, 'write');
  for (const note of notes) draft.effects.push({ type: 'note', note });
  publishTo(draft, name);
}

function leaseRead(draft: Draft, name: string, found: Found<LeaseView>): void {
  const { exchange } = draft.state.leases[name] ?? newLeaseRecord(draft.nowMs);
  if (found.result === 'ok') seeLease(draft, found.view, 'read');
  if (found.result === 'missing') leaseGone(draft, name);
  setLease(draft, name, { exchange: afterExchange(draft, exchange, found.result) });
}

function ledgerWritten(draft: Draft, account: string, written: Written<LedgerView>): void {
  const { exchange, notes } = draft.state.accounts[account] ?? newAccountRecord(draft.nowMs);
  setAccount(draft, account, {
    exchange: afterExchange(draft, exchange, written.result),
    notes: [],
    dirty: true,
  });
  if (written.result === 'missing') ledgerGone(draft, account);
  if (written.result === 'conflict' || written.result === 'exists') readLedger(draft, account);
  if (written.result !== 'ok') return;
  // Whatever we write carries our term.
  setAccount(draft, account, { claimed: true });
  seeLedger(draft, written.view, 'write');
  for (const note of notes) draft.effects.push({ type: 'note', note });
  const leases = new Set(Object.values(written.view.spec.entries).map(({ lease }) => lease));
  for (const name of [...leases].sort()) publishTo(draft, name);
}

function ledgerRead(draft: Draft, account: string, found: Found<LedgerView>): void {
  const { exchange } = draft.state.accounts[account] ?? newAccountRecord(draft.nowMs);
  if (found.result === 'ok') seeLedger(draft, found.view, 'read');
  if (found.result === 'missing') ledgerGone(draft, account);
  setAccount(draft, account, { exchange: afterExchange(draft, exchange, found.result), dirty: true });
}

// ---- what people hear

function leaseNote({ name, spec: { set } }: LeaseView, reason: string, message: string): Note {
  return { about: { kind: 'EppConnectionLease', name }, type: 'Warning', reason, message, set };
}

function crashLoopNote(lease: LeaseView, binds: number, timing: Timing): Note {
  const seconds = Math.ceil(bindBackoffMs(timing, binds) / 1000);
  const message =
    `pod ${lease.spec.pod} has started ${binds + 1} times in a short while: it gets connections again ${seconds} s after it last did, ` +
    'so that what it leaves behind cannot use up the whole account';
  return leaseNote(lease, 'CrashLoop', message);
}

function silenceNote(lease: LeaseView): Note {
  const { spec } = lease;
  const accounts = Object.keys(spec.grants).sort().join(', ');
  const message = `pod ${spec.pod} did not renew its lease in time and is fenced; what it held at ${accounts} goes to quarantine`;
  return leaseNote(lease, 'Fenced', message);
}
