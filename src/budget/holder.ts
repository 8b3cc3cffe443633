import { recordUse } from './demand.ts';
import { draftOf, type HolderDraft, setBook, setHeld } from './holder-draft.ts';
import type { HolderEvent, HolderStep } from './holder-events.ts';
import { jobsWith } from './holder-jobs.ts';
import { loginResult } from './holder-login.ts';
import { reportDueMs } from './holder-report.ts';
import { putDone, readDone, send } from './holder-requests.ts';
import { mayAcquire, mayConnect, nextChangeMs, validity } from './holder-rules.ts';
import { hear } from './holder-sight.ts';
import type { HolderState } from './holder-state.ts';
import {
  countSlots,
  destroySlots,
  freeSlots,
  slotClosing,
  slotDialled,
  slotEnded,
  slotOpened,
  takeSlot,
} from './slot-book.ts';

export type { HolderEffect, HolderEvent, HolderStep } from './holder-events.ts';
export { type HolderSetup, type HolderState, newHolder } from './holder-state.ts';

/**
 * The holder of one pod's lease. Pure: no clock, no network. `nowMs` is time on the holder's own clock, the faster of monotonic and boot
 * time. One request to the API is under way at most, until `put-done` or `read-done` comes.
 */
export function reduce(state: HolderState, event: HolderEvent): HolderStep {
  const draft = draftOf(state, event.nowMs);
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

function apply(draft: HolderDraft, event: HolderEvent): void {
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

function applyToAccount(draft: HolderDraft, event: AccountEvent): void {
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

function passTime(draft: HolderDraft): void {
  const { state, nowMs } = draft;
  for (const [account, held] of Object.entries(state.accounts)) {
    const book = freeSlots(held.book, nowMs);
    if (book !== held.book) setBook(draft, account, book);
    if (held.pausedUntilMs !== undefined && nowMs >= held.pausedUntilMs)
      setHeld(draft, account, { pausedUntilMs: undefined });
  }
  if (validity(state, nowMs) === 'dead') destroyAll(draft);
}

function destroyAll(draft: HolderDraft): void {
  const { state, nowMs } = draft;
  const all: string[] = [];
  for (const [account, { book, quarantineMs }] of Object.entries(state.accounts)) {
    const { book: left, revoked } = destroySlots(book, nowMs, { timing: state.timing, quarantineMs });
    if (revoked.length > 0) setBook(draft, account, left);
    all.push(...revoked);
  }
  if (all.length > 0) draft.effects.push({ type: 'revoke', slots: all });
}

function finishDrain({ state }: HolderDraft): void {
  if (state.phase !== 'draining') return;
  const occupied = Object.values(state.accounts).reduce(
    (sum, { book }) => sum + countSlots(book).occupied,
    0,
  );
  if (occupied === 0) state.phase = 'released';
}
