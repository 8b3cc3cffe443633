/** What a holder reports through the status of its lease, and when. */
import { demandOf, slotsNeeded } from './demand.ts';
import { loginReport, owesLoginReport } from './holder-login.ts';
import { capOf } from './holder-rules.ts';
import type { HolderAccount, HolderState } from './holder-state.ts';
import type { AccountReport, LeaseStatus } from './protocol.ts';
import { countSlots } from './slot-book.ts';

const PHASES = {
  registering: 'Active',
  active: 'Active',
  draining: 'Draining',
  released: 'Released',
} as const;

export function statusOf(state: HolderState, nowMs: number): LeaseStatus {
  const { lease, incarnation, phase, accounts } = state;
  const names = Object.keys(accounts).sort();
  const reports = names.map((name): [string, AccountReport] => [
    name,
    reportOf(state, accounts[name]!, nowMs),
  ]);
  return {
    ...(incarnation !== undefined && { incarnation }),
    phase: PHASES[phase],
    seq: (lease?.seq ?? 0) + 1,
    ttlInUseSeconds: (lease?.ttlMs ?? 0) / 1000,
    accounts: Object.fromEntries(reports),
  };
}

function reportOf(state: HolderState, held: HolderAccount, nowMs: number): AccountReport {
  const { open, connecting, unconfirmed } = countSlots(held.book);
  const leaving = state.phase === 'draining' || state.phase === 'released';
  return {
    // Before we are bound: evidence of what former incarnations of this process heard, should the store have forgotten.
    ackGen: state.fence === undefined ? held.heardGen : held.gen,
    cap: capOf(state, held),
    open,
    connecting,
    unconfirmed,
    demand: leaving ? 0 : demandOf(held.window, nowMs, state.timing),
    waiting: held.window.use.queued,
    limitHits: held.limitHits,
    login: loginReport(held.login),
    ...(Object.keys(held.jobs).length > 0 && { jobs: held.jobs }),
  };
}

/** A tenth, at least one. */
const differs = (now: number, then: number): boolean => Math.abs(now - then) > Math.max(1, then / 10);

/** More are needed than are granted, and the allocator does not know: requests wait for that. */
const isShort = (now: AccountReport, then: AccountReport | undefined, slots: number): boolean =>
  then !== undefined && slotsNeeded(now) > slotsNeeded(then) && slotsNeeded(now) > slots;

/** Something that the allocator or people should hear of before the next renewal. */
function isMaterial(now: AccountReport, then: AccountReport | undefined, slots: number): boolean {
  if (then === undefined) return true;
  const opened = differs(now.open, then.open) || (now.open === 0) !== (then.open === 0);
  return (
    isShort(now, then, slots) ||
    opened ||
    !sameJobs(now.jobs, then.jobs) ||
    differs(now.demand, then.demand) ||
    now.limitHits !== then.limitHits
  );
}

function sameJobs(a: AccountReport['jobs'] = {}, b: AccountReport['jobs'] = {}): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => a[name]?.state === b[name]?.state && a[name]?.message === b[name]?.message);
}

/** Slots were taken away and the allocator waits to hear that they are free; or others wait for what became of a login. */
function owesAcknowledgement(state: HolderState): boolean {
  return Object.entries(state.accounts).some(([name, held]) => {
    const told = state.told?.accounts?.[name];
    if (told === undefined) return false;
    if (owesLoginReport(held.login, told.login)) return true;
    return held.loweredGen > told.ackGen || capOf(state, held) < told.cap;
  });
}

/** When a report in a hurry may be sent: some of them at once, more only as they come back. */
function soonMs({ timing, sentAtMs = Number.NEGATIVE_INFINITY, hurriedUntilMs }: HolderState): number {
  const spare = (timing.hurries - 1) * timing.minReportMs;
  return Math.max(sentAtMs + timing.ackGapMs, hurriedUntilMs - spare);
}

/** What a report sent now leaves: one that came before its time was in a hurry. */
export function hurriedUntilMs(state: HolderState, nowMs: number): number {
  const { timing, sentAtMs = Number.NEGATIVE_INFINITY, renewAtMs, told } = state;
  const inTime = nowMs >= Math.min(renewAtMs, sentAtMs + timing.minReportMs);
  if (inTime || told?.phase !== PHASES[state.phase] || owesAcknowledgement(state))
    return state.hurriedUntilMs;
  return Math.max(state.hurriedUntilMs, nowMs) + timing.minReportMs;
}

/** When the next report is due; undefined while there can be none. */
export function reportDueMs(state: HolderState, nowMs: number): number | undefined {
  const { timing, lease, incarnation, told, request, retryAtMs } = state;
  if (request !== undefined || lease === undefined || incarnation === undefined) return undefined;
  if (told?.phase === 'Released') return undefined;
  return Math.max(retryAtMs, dueMs());

  function dueMs(): number {
    if (told === undefined || told.phase !== PHASES[state.phase]) return nowMs;
    const sent = state.sentAtMs ?? Number.NEGATIVE_INFINITY;
    let due = state.renewAtMs;
    if (owesAcknowledgement(state)) due = Math.min(due, sent + timing.ackGapMs);
    const soon = soonMs(state);
    const news = sent + timing.minReportMs;
    if (due <= Math.min(soon, news)) return due;
    const any = (question: typeof isShort) =>
      Object.entries(state.accounts).some(([name, held]) =>
        question(reportOf(state, held, nowMs), told?.accounts?.[name], held.slots),
      );
    if (any(isMaterial)) due = Math.min(due, news);
    return soon < due && any(isShort) ? soon : due;
  }
}
