import type { AccountUse } from './connection-budget.ts';
import type { AccountReport } from './protocol.ts';
import type { Timing } from './timing.ts';

/** The use of one account over the last while: the present one, and the peaks of small spans of time, oldest first, each higher than the next. */
export interface DemandWindow {
  readonly use: AccountUse;
  readonly peaks: readonly { sinceMs: number; peak: number }[];
}

export const NO_DEMAND: DemandWindow = { use: { inUse: 0, queued: 0 }, peaks: [] };

/** A tenth of the peak's window: memory stays small however often the use changes. */
const spanMs = (timing: Timing): number => timing.demandPeakMs / 10;

const total = ({ inUse, queued }: AccountUse): number => inUse + queued;

/** Peaks older than this are forgotten: a peak of the window that was lower for `demandDecayMs`. */
const memoryMs = (timing: Timing): number => timing.demandPeakMs + timing.demandDecayMs + spanMs(timing);

export function recordUse(
  window: DemandWindow,
  use: AccountUse,
  nowMs: number,
  timing: Timing,
): DemandWindow {
  // What was in use until now counts as of now.
  const peak = Math.max(total(window.use), total(use));
  const last = window.peaks.at(-1);
  const sameSpan = last !== undefined && nowMs - last.sinceMs < spanMs(timing);
  const entry = sameSpan
    ? { sinceMs: last.sinceMs, peak: Math.max(last.peak, peak) }
    : { sinceMs: nowMs, peak };
  const older = (sameSpan ? window.peaks.slice(0, -1) : window.peaks).filter(
    ({ sinceMs, peak }) => peak > entry.peak && nowMs - sinceMs <= memoryMs(timing),
  );
  return { use, peaks: [...older, entry] };
}

/** Peak of (in use + queued) over 10 s, plus one; rises at once, falls after 30 s. */
export function demandOf({ use, peaks }: DemandWindow, nowMs: number, timing: Timing): number {
  let peak = total(use);
  for (const entry of peaks) if (nowMs - entry.sinceMs <= memoryMs(timing)) peak = Math.max(peak, entry.peak);
  return peak + 1;
}

/**
 * Slots that a pod needs for its demand. A connection that was lost keeps its slot for the whole quarantine: its successor needs another
 * one, else a registry that starts again would silence every pod for that long, however much of the account is free. Twice the demand at
 * most: who only ever loses connections shall not take those of others.
 */
export function slotsNeeded({ demand, unconfirmed }: Pick<AccountReport, 'demand' | 'unconfirmed'>): number {
  return demand + Math.min(demand, unconfirmed);
}
