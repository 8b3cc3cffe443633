/**
 * How many commands of a share may be sent in any span of one length, where the share changes. Pure: it is told the time.
 *
 * The shares of all processes of an account sum up to what the account may send, at every moment; in every span, too, must what
 * they send. So in each span that begins at some moment w and reaches to now
 *
 *   sent since w  ≤  atOnce * share(w)  +  (1 - atOnce) * what the share let flow in since w
 *
 *   share  ──────╮                    a share that is lowered allows less at once, and one that is raised allows more only
 *                ╰────╭────────       bit by bit: whoever had it before may have used it a moment ago
 *   span      w├──────────────┤now    a process that has just started had none before
 *
 * Added up over the processes the right side is at most the account's. With `atOnce` 1 a share is used to its last command, and
 * a raise only after a whole span; with less a raise is used as it flows, and one command of a share is lost in a span.
 * The moments that matter are those of sending and of change: of any between two of them the later allows less.
 */
export interface SpanRateOptions {
  spanMs: number;
  /** The part of a share that may be sent in one moment: more than 0, at most 1. The same in all processes of an account. */
  atOnce: number;
}

/** What was sent before a moment and what might be sent from it on, until its span is over. */
interface Bound {
  readonly atMs: number;
  debt: number;
}

/** Clocks differ by so much at most: a span of ours is never shorter than the registry's. */
const SLOW_CLOCK = 1.01;
/** Sums of fractions; over all processes together it is far less than one command. */
const TINY = 1e-6;
const MOST_DEBT = 1e6;

export class SpanRate {
  readonly #spanMs: number;
  readonly #atOnce: number;
  #share = 0;
  #nowMs = Number.NEGATIVE_INFINITY;
  /** Commands sent, less what has flowed in. */
  #debt = 0;
  #held = 0;
  /** Ascending in time and in debt: one that is followed by a stricter one says nothing. From `#first` on. */
  #bounds: Bound[] = [];
  #first = 0;

  constructor({ spanMs, atOnce }: SpanRateOptions) {
    this.#spanMs = spanMs * SLOW_CLOCK;
    this.#atOnce = atOnce;
  }

  /** Infinity: no limit. */
  get share(): number {
    return this.#share;
  }

  /** Most commands in one moment. */
  get most(): number {
    return this.#atOnce * this.#share;
  }

  /** @param share commands in a span; 0 before the first call */
  change(share: number, nowMs: number): void {
    if (share === this.#share) return;
    this.#pass(nowMs);
    if (share === Number.POSITIVE_INFINITY) this.#clear();
    else if (Number.isFinite(this.#share)) this.#bound();
    this.#share = share;
  }

  /** Commands that may be sent now, those held taken off. Less than 0 where a lower share has made what is held too much. */
  room(nowMs: number): number {
    if (this.#share === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    this.#pass(nowMs);
    const past = (this.#bounds[this.#first]?.debt ?? Number.POSITIVE_INFINITY) - this.#debt;
    return Math.floor(Math.min(past, this.most) - this.#held + TINY);
  }

  sent(nowMs: number): void {
    if (this.#share === Number.POSITIVE_INFINITY) return;
    this.#pass(nowMs);
    this.#bound();
    this.#debt++;
  }

  /** One that will be sent at a moment not known yet, or was sent at one: counts as sent now, until `drop`. */
  hold(): void {
    this.#held++;
  }

  drop(): void {
    this.#held--;
  }

  /** Milliseconds until there is room for so many, if nothing happens; Infinity where it never comes by itself. */
  waitMs(nowMs: number, count: number): number {
    if (this.#share === Number.POSITIVE_INFINITY) return 0;
    this.#pass(nowMs);
    if (count + this.#held > this.most + TINY) return Number.POSITIVE_INFINITY;
    let untilMs = this.#nowMs;
    for (let i = this.#first; i < this.#bounds.length; i++) {
      const { atMs, debt } = this.#bounds[i] as Bound;
      const missing = this.#debt + this.#held + count - debt - TINY;
      if (missing <= 0) break;
      const flowsMs = this.#nowMs + missing / this.#flowPerMs;
      const overMs = atMs + this.#spanMs;
      untilMs = Math.max(untilMs, Math.min(flowsMs, overMs));
      if (flowsMs <= overMs) break;
    }
    return untilMs - nowMs;
  }

  get #flowPerMs(): number {
    return ((1 - this.#atOnce) * this.#share) / this.#spanMs;
  }

  #pass(nowMs: number): void {
    if (nowMs <= this.#nowMs) return;
    const limited = this.#share > 0 && this.#share < Number.POSITIVE_INFINITY;
    if (limited) this.#debt -= this.#flowPerMs * (nowMs - this.#nowMs);
    this.#nowMs = nowMs;
    const bounds = this.#bounds;
    while (this.#first < bounds.length && (bounds[this.#first] as Bound).atMs + this.#spanMs <= nowMs)
      this.#first++;
    if (this.#first === bounds.length) this.#clear();
    else if (Math.abs(this.#debt) > MOST_DEBT) this.#settle();
    else if (this.#first > bounds.length / 2) this.#forget();
  }

  /** The bound of a span that begins now. */
  #bound(): void {
    const debt = this.#debt + this.most;
    const bounds = this.#bounds;
    while (bounds.length > this.#first && (bounds[bounds.length - 1] as Bound).debt >= debt) bounds.pop();
    bounds.push({ atMs: this.#nowMs, debt });
  }

  #clear(): void {
    if (this.#bounds.length > 0) this.#bounds = [];
    this.#first = 0;
    this.#debt = 0;
  }

  #forget(): void {
    this.#bounds.splice(0, this.#first);
    this.#first = 0;
  }

  /** Only differences of debts count: near 0 fractions stay exact. */
  #settle(): void {
    const debt = this.#debt;
    for (const bound of this.#bounds) bound.debt -= debt;
    this.#debt = 0;
  }
}
