import type { CommandShare } from '../../../src/budget/connection-budget.ts';

export const SPAN_MS = { perSecond: 1_000, perMinute: 60_000 } as const;
export const SPANS = ['perSecond', 'perMinute'] as const;
type Span = (typeof SPANS)[number];

/** A little more than clocks may differ. */
const SLOW = 1.03;

/**
 * Sends as fast as its share allows: in bursts, and in every span as much as the smallest share that it had within that span. What a raise
 * brings is used a span later; by then whoever had it before has not used it for a span. So at the end of any span all senders together
 * have sent no more than their shares at its beginning.
 */
export class CommandFlood {
  readonly #sent: Record<Span, number[]> = { perSecond: [], perMinute: [] };
  readonly #shares: Record<Span, { most: number; untilMs: number }[]> = { perSecond: [], perMinute: [] };
  #now: CommandShare | undefined;

  /** When the next command may be sent as things are; Infinity where nothing is limited: nobody counts then. */
  dueMs(share: CommandShare, nowMs: number): number {
    if (this.#now === undefined) this.#now = { perSecond: 0, perMinute: 0 };
    const due = SPANS.map((span) => this.#dueMs(span, share, nowMs));
    this.#now = share;
    if (SPANS.every((span) => share[span] === undefined)) return Number.POSITIVE_INFINITY;
    return Math.max(nowMs, ...due);
  }

  /** One command, if it may be. */
  take(share: CommandShare, nowMs: number): boolean {
    if (this.dueMs(share, nowMs) > nowMs) return false;
    for (const span of SPANS) this.#sent[span].push(nowMs);
    return true;
  }

  #dueMs(span: Span, share: CommandShare, nowMs: number): number {
    const lastMs = nowMs - SPAN_MS[span] * SLOW;
    const most = (of: CommandShare) => of[span] ?? Number.POSITIVE_INFINITY;
    if (most(this.#now!) < most(share)) this.#shares[span].push({ most: most(this.#now!), untilMs: nowMs });
    const shares = this.#shares[span].filter(({ untilMs }) => untilMs > lastMs);
    const sent = this.#sent[span].filter((atMs) => atMs > lastMs);
    this.#shares[span] = shares;
    this.#sent[span] = sent;
    const least = Math.min(most(share), ...shares.map((past) => past.most));
    if (sent.length < least) return nowMs;
    // A millisecond more, lest rounding makes it come in vain for ever.
    const next = [...sent, ...shares.map(({ untilMs }) => untilMs)].map((atMs) => atMs - lastMs + nowMs + 1);
    return Math.min(Number.MAX_SAFE_INTEGER, ...next);
  }
}
