import type { Found, Written } from './allocator-events.ts';
import { isLower, lowerOf } from './command-share.ts';
import type { AccountUse, JobReport, LoginResult, SlotEnd } from './connection-budget.ts';
import { recordUse } from './demand.ts';
import { jobsWith } from './holder-jobs.ts';
import { hearLogin, loginResult } from './holder-login.ts';
import { hurriedUntilMs, reportDueMs, statusOf } from './holder-report.ts';
import { capOf, mayAcquire, mayConnect, nextChangeMs, validity } from './holder-rules.ts';
import type { HolderAccount, HolderRequest, HolderState } from './holder-state.ts';
import { type LeaseSpec, type LeaseStatus, type LeaseView, type Source, weigh } from './protocol.ts';
import {
  countSlots,
  destroySlots,
  freeSlots,
  liveSlots,
  type SlotBook,
  slotClosing,
  slotDialled,
  slotEnded,
  slotOpened,
  takeSlot,
} from './slot-book.ts';

export { type HolderSetup, type HolderState, newHolder } from './holder-state.ts';

export type HolderEvent = {
  nowMs: number;
} /** What a watch of our lease tells; undefined: there is none. It may be late. */ & (
  | { type: 'heard'; lease: LeaseView | undefined }
  | { type: 'put-done'; written: Written<LeaseView> }
  | { type: 'read-done'; found: Found<LeaseView> }
  /** The next incarnation, after `new-incarnation`. */
  | { type: 'incarnation'; id: string }
  | { type: 'tick' }
  /** Takes the slot if it may: see whether it is in the book afterwards. */
  | { type: 'acquire'; account: string; slot: string }
  /** connect() is called now, if it may: see whether the slot is `dialled` afterwards. */
  | { type: 'dial'; account: string; slot: string }
  | { type: 'opened' | 'closing'; account: string; slot: string }
  | { type: 'ended'; account: string; slot: string; how: SlotEnd }
  | { type: 'use'; account: string; use: AccountUse }
  | { type: 'limit-hit'; account: string }
  | { type: 'login-result'; account: string; result: LoginResult }
  /** Undefined: this process runs it no more. `at`: RFC 3339, by the clock on the wall. */
  | { type: 'job'; account: string; name: string; report: JobReport | undefined; at: string }
  /** SIGTERM: no new slots, demand 0. */
  | { type: 'drain' }
  /** Time to drain is out: what is still open is destroyed. */
  | { type: 'give-up' }
);

export type HolderEffect =
  /** Replace the status by compare-and-swap at this version; answered by `put-done`. */
  | { type: 'put'; version: string; status: LeaseStatus }
  /** Read the lease; answered by `read-done`. */
  | { type: 'read' }
  /** These connections must be destroyed at once. */
  | { type: 'revoke'; slots: string[] }
  /** A fence ended this incarnation. Answered by `incarnation`. */
  | { type: 'new-incarnation'; reason: string };

export interface HolderStep {
  state: HolderState;
  effects: HolderEffect[];
}

interface Draft {
  state: HolderState & { accounts: Record<string, HolderAccount> };
  effects: HolderEffect[];
  nowMs: number;
}

/**
 * The holder of one pod's lease. Pure: no clock, no network. `nowMs` is time on the holder's own clock, the faster of monotonic and boot
 * time. One request to the API is under way at most, until `put-done` or `read-done` comes.
 */
export function reduce(state: HolderState, event: HolderEvent): HolderStep {
  const draft: Draft = {
    state: { ...state, accounts: { ...state.accounts } },
    effects: [],
    nowMs: event.nowMs,
  };
  // Time first: after a pause the deadline may be over, whatever else there is to hear.
  passTime(draft);
  apply(draft, event);
  finishDrain(draft);
  send(draft);
  return { state: draft.state, effects: draft.effects };
}

/** When `tick` is due by itself. Other events make it pointless, not wrong. */
export function wakeAtMs(state: HolderState, nowMs: number): number {
  const due = state.unsure && state.request === undefined ? state.retryAtMs : reportDueMs(state, nowMs);
  // Demand falls with time alone.
  const look = nowMs + state.timing.minReportMs;
  return Math.min(nextChangeMs(state, nowMs), due ?? look, look);
}

/** True when drained, and the allocator was told as far as there was something to tell. */
export function isReleased({ phase, told, request }: HolderState): boolean {
  return phase === 'released' && (told === undefined ? request === undefined : told.phase === 'Released');
}

function apply(draft: Draft, event: HolderEvent): void {
  switch (event.type) {
    case 'heard':
      if (event.lease === undefined) draft.state.unsure ||= draft.state.lease !== undefined;
      else hear(draft, event.lease, 'watch');
      break;
    case 'put-done':
      putDone(draft, event.written);
      break;
    case 'read-done':
      readDone(draft, event.found);
      break;
    case 'incarnation':
      draft.state.incarnation ??= event.id;
      break;
    case 'tick':
      break;
    case 'drain':
      if (draft.state.phase !== 'released') draft.state.phase = 'draining';
      break;
    case 'give-up':
      destroyAll(draft);
      if (draft.state.phase === 'draining') draft.state.phase = 'released';
      break;
    default:
      applyToAccount(draft, event);
  }
}

type AccountEvent = Extract<HolderEvent, { account: string }>;

function applyToAccount(draft: Draft, event: AccountEvent): void {
  const { state, nowMs } = draft;
  const { account } = event;
  const held = state.accounts[account];
  if (held === undefined) return;
  const { timing } = state;
  switch (event.type) {
    case 'acquire':
      if (mayAcquire(state, account, nowMs)) setBook(draft, account, takeSlot(held.book, event.slot));
      break;
    case 'dial':
      if (mayConnect(state, account, event.slot, nowMs))
        setBook(draft, account, slotDialled(held.book, event.slot));
      break;
    case 'opened':
      setBook(draft, account, slotOpened(held.book, event.slot));
      break;
    case 'closing':
      setBook(draft, account, slotClosing(held.book, event.slot));
      break;
    case 'ended': {
      const times = { timing, quarantineMs: held.quarantineMs };
      setBook(draft, account, slotEnded(held.book, event.slot, event.how, nowMs, times));
      break;
    }
    case 'use':
      setHeld(draft, account, { window: recordUse(held.window, event.use, nowMs, timing) });
      break;
    case 'limit-hit':
      setHeld(draft, account, { limitHits: held.limitHits + 1, pausedUntilMs: nowMs + timing.limitPauseMs });
      break;
    case 'login-result':
      setHeld(draft, account, { login: loginResult(held.login, event.result, nowMs) });
      break;
    case 'job':
      setHeld(draft, account, { jobs: jobsWith(held.jobs, event.name, event.report, event.at) });
  }
}

function setHeld(draft: Draft, account: string, patch: Partial<HolderAccount>): void {
  draft.state.accounts[account] = { ...draft.state.accounts[account]!, ...patch };
}

const setBook = (draft: Draft, account: string, book: SlotBook): void => setHeld(draft, account, { book });

// ---- time

function passTime(draft: Draft): void {
  const { state, nowMs } = draft;
  for (const [account, held] of Object.entries(state.accounts)) {
    const book = freeSlots(held.book, nowMs);
    if (book !== held.book) setBook(draft, account, book);
    if (held.pausedUntilMs !== undefined && nowMs >= held.pausedUntilMs)
      setHeld(draft, account, { pausedUntilMs: undefined });
  }
  if (validity(state, nowMs) === 'dead') destroyAll(draft);
}

function destroyAll(draft: Draft): void {
  const { state, nowMs } = draft;
  const all: string[] = [];
  for (const [account, { book, quarantineMs }] of Object.entries(state.accounts)) {
    const { book: left, revoked } = destroySlots(book, nowMs, { timing: state.timing, quarantineMs });
    if (revoked.length > 0) setBook(draft, account, left);
    all.push(...revoked);
  }
  if (all.length > 0) draft.effects.push({ type: 'revoke', slots: all });
}

function finishDrain({ state }: Draft): void {
  if (state.phase !== 'draining') return;
  const occupied = Object.values(state.accounts).reduce(
    (sum, { book }) => sum + countSlots(book).occupied,
    0,
  );
  if (occupied === 0) state.phase = 'released';
}

// ---- what is heard of the lease

function hear(draft: Draft, view: LeaseView, source: Source): void {
  const { state } = draft;
  const askedAt = state.request?.doing === 'read' ? state.request.askedAt : undefined;
  const verdict = weigh(view.version, state.lease?.version, source, askedAt);
  if (verdict === 'ask') state.unsure = true;
  if (verdict !== 'take') return;
  const { spec, status } = view;
  state.lease = {
    version: view.version,
    ttlMs: spec.ttlSeconds * 1000,
    renewMs: spec.renewSeconds === undefined ? state.timing.renewMs : spec.renewSeconds * 1000,
    seq: Math.max(status.seq ?? 0, state.lease?.seq ?? 0),
  };
  if (state.incarnation === undefined) return;
  if (status.incarnation !== state.incarnation && state.told !== undefined) {
    // Perhaps it was bound meanwhile and forgot that too: an incarnation is never bound again.
    fenceSelf(draft, 'the connection lease does not know that we registered: was the store restored?');
    remember(draft, spec);
    return;
  }
  if (spec.incarnation === state.incarnation) takeGrants(draft, view);
  else if (state.fence !== undefined) fenceSelf(draft, 'the lease is bound to another process start');
}

/** Accepts only larger generations of our own incarnation and fence. */
function takeGrants(draft: Draft, { spec }: LeaseView): void {
  const { state } = draft;
  const back = wentBack(state, spec);
  if (back !== undefined) {
    fenceSelf(draft, back);
    remember(draft, spec);
    return;
  }
  if (spec.state === 'Fenced') {
    fenceSelf(draft, 'the operator has fenced this process: it did not renew in time');
    return;
  }
  if (spec.state !== 'Bound') return;
  if (state.fence === undefined) {
    state.fence = spec.fence;
    if (state.phase === 'registering') state.phase = 'active';
  }
  for (const [account, held] of Object.entries(state.accounts)) {
    setHeld(draft, account, { login: hearLogin(held.login, spec.logins?.[account]) });
    const { gen, slots, millicommands = {} } = spec.grants[account] ?? { gen: 0, slots: 0 };
    if (gen <= held.gen) {
      // A generation that says otherwise than before: the store was restored. The smaller share is right either way.
      const least = lowerOf(held.millicommands, millicommands);
      if (gen === held.gen) setHeld(draft, account, { millicommands: least });
      continue;
    }
    const fewerCommands = capOf(state, held) > 0 && isLower(millicommands, held.millicommands);
    const lowered = slots < held.slots || fewerCommands;
    const loweredGen = lowered ? gen : held.loweredGen;
    const heardGen = Math.max(held.heardGen, gen);
    setHeld(draft, account, { gen, slots, millicommands, loweredGen, heardGen });
  }
}

/** What the store said before and does not say any more, in words: it was restored from a backup. */
function wentBack({ fence, accounts }: HolderState, spec: LeaseSpec): string | undefined {
  if (fence !== undefined && spec.fence !== fence) {
    return `the fence of the connection lease changed from ${fence} to ${spec.fence}: was the store restored?`;
  }
  for (const [account, held] of Object.entries(accounts)) {
    const { gen, slots } = spec.grants[account] ?? { gen: 0, slots: 0 };
    if (gen < held.gen || (gen === held.gen && slots !== held.slots)) {
      return `the grant for ${account} went back from generation ${held.gen}: was the store restored?`;
    }
  }
  return undefined;
}

/** The next incarnation's report shows more than the lease knows, so that the ledger learns before it gives anything away. */
function remember(draft: Draft, spec: LeaseSpec): void {
  for (const [account, { heardGen }] of Object.entries(draft.state.accounts)) {
    const gen = spec.grants[account]?.gen ?? 0;
    setHeld(draft, account, { heardGen: Math.max(heardGen, gen + 1) });
  }
}

/**
 * This incarnation is over. Everything is destroyed; the ledger keeps its charge in quarantine under the old name, so the new incarnation
 * starts to count at nothing, and is granted nothing until it is bound.
 */
function fenceSelf(draft: Draft, reason: string): void {
  const { state } = draft;
  const live = Object.values(state.accounts).flatMap(({ book }) => liveSlots(book));
  if (live.length > 0) draft.effects.push({ type: 'revoke', slots: live });
  for (const account of Object.keys(state.accounts)) {
    const login = hearLogin(draft.state.accounts[account]!.login, undefined);
    setHeld(draft, account, {
      book: {},
      gen: 0,
      slots: 0,
      millicommands: {},
      loweredGen: 0,
      limitHits: 0,
      login,
    });
  }
  state.incarnation = undefined;
  state.fence = undefined;
  state.baseMs = undefined;
  state.told = undefined;
  if (state.phase === 'draining' || state.phase === 'released') {
    state.phase = 'released';
    return;
  }
  state.phase = 'registering';
  draft.effects.push({ type: 'new-incarnation', reason });
}

// ---- requests

function send(draft: Draft): void {
  const { state, nowMs } = draft;
  if (state.request !== undefined || nowMs < state.retryAtMs) return;
  if (state.unsure) {
    state.request = { doing: 'read', askedAt: state.lease?.version };
    draft.effects.push({ type: 'read' });
    return;
  }
  const due = reportDueMs(state, nowMs);
  if (due === undefined || nowMs < due) return;
  const { version, ttlMs } = state.lease!;
  const status = statusOf(state, nowMs);
  state.request = { doing: 'put', sentAtMs: nowMs, ttlMs, status };
  state.hurriedUntilMs = hurriedUntilMs(state, nowMs);
  state.sentAtMs = nowMs;
  // A shorter time to live is in force before it is reported, a longer one only after.
  state.ttlMs = Math.min(state.ttlMs, ttlMs);
  draft.effects.push({ type: 'put', version, status });
}

function putDone(draft: Draft, written: Written<LeaseView>): void {
  const { state } = draft;
  const { request } = state;
  if (request?.doing !== 'put') return;
  state.request = undefined;
  if (written.result === 'ok') {
    putCommitted(draft, request);
    hear(draft, written.view, 'write');
  } else if (written.result === 'missing') {
    leaseGone(draft);
  } else {
    // A conflict: somebody wrote, read what. Anything else: whether it happened nobody knows; it counts as not renewed.
    state.unsure = true;
    if (written.result !== 'conflict') waitLonger(draft);
  }
}

function putCommitted(
  draft: Draft,
  { status, sentAtMs, ttlMs }: Extract<HolderRequest, { doing: 'put' }>,
): void {
  const { state } = draft;
  state.failures = 0;
  if (status.incarnation !== state.incarnation) return;
  state.told = status;
  // Valid from just before the request was sent, not from its answer.
  state.baseMs = sentAtMs;
  state.ttlMs = ttlMs;
  const { renewJitter } = state.timing;
  const renewMs = state.lease?.renewMs ?? state.timing.renewMs;
  state.renewAtMs = sentAtMs + renewMs * (1 - renewJitter + 2 * renewJitter * nextRandom(draft));
}

function readDone(draft: Draft, found: Found<LeaseView>): void {
  const { state } = draft;
  if (state.request?.doing !== 'read') return;
  if (found.result === 'ok') hear(draft, found.view, 'read');
  state.request = undefined;
  state.unsure = found.result === 'unknown';
  if (found.result === 'unknown') waitLonger(draft);
  else state.failures = 0;
  if (found.result === 'missing') leaseGone(draft);
}

/** The store was asked: there is no lease of ours. We wait until the operator makes one. */
function leaseGone(draft: Draft): void {
  const { state } = draft;
  const registered = state.told !== undefined || state.fence !== undefined;
  state.lease = undefined;
  state.unsure = false;
  if (registered) fenceSelf(draft, 'the connection lease of this pod was deleted');
}

/** Back-off up to R/2, half of it at random: after an outage the first renewals of all pods spread over that time. */
function waitLonger(draft: Draft): void {
  const { state, nowMs } = draft;
  const { retryMs, renewMs } = state.timing;
  const longest = (state.lease?.renewMs ?? renewMs) / 2;
  const wait = Math.min(longest, retryMs * 2 ** state.failures);
  state.failures += 1;
  state.retryAtMs = nowMs + wait * nextRandom(draft);
}

/** A number in [0, 1): mulberry32, a step at a time, its memory in the state. */
function nextRandom({ state }: Draft): number {
  state.random = (state.random + 0x6d2b79f5) >>> 0;
  let t = state.random;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
