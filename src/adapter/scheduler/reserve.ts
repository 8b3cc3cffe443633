/**
 * How many connections are kept free of queries, so that a transform finds one that is idle. Pure.
 *
 *   connections   ▣ ▣ ○ ○ │ ● ● ● ● ● ●       ▣ at work on a transform   ○ kept   ● queries
 *
 * The share that the user sets aside comes on top of those that transforms have already: the second transform finds an idle
 * one, too. Where more come at once, more are kept: as many as all but 1 in 200 of the last minute needed, to half of the
 * connections. It never takes the last one from the queries, and lasts a minute after the last transform: a set that only
 * asks loses nothing.
 */
const LASTS_MS = 60_000;
/** How fast the past counts less. */
const FADES_MS = 20_000;
/** Transforms that may find less than they need. */
const MISSED = 0.005;
const MOST_AT_ONCE = 64;

export class TransformReserve {
  readonly #percent: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** How often so many transforms were there at once when one came, those of the past fading away. */
  readonly #seen = new Float64Array(MOST_AT_ONCE + 1);
  #usual = 0;

  /** @param percent of the connections that are granted; at least one of two, unless it is 0 */
  constructor(percent: number) {
    this.#percent = percent;
  }

  /** @param atOnce transforms that wait or are in flight, with the one that has just come */
  came(nowMs: number, atOnce: number): void {
    const fade = Math.exp((this.#lastMs - nowMs) / FADES_MS);
    this.#lastMs = nowMs;
    const seen = this.#seen;
    let all = 1;
    for (let i = 1; i < seen.length; i++) all += seen[i] = (seen[i] as number) * fade;
    const now = Math.min(atOnce, MOST_AT_ONCE);
    seen[now] = (seen[now] as number) + 1;
    let above = 0;
    let usual = MOST_AT_ONCE;
    while (usual > 1 && above + (seen[usual] as number) <= MISSED * all) above += seen[usual--] as number;
    this.#usual = usual;
  }

  /** Transforms have come of late, and something is to be kept for the next. */
  lasts(nowMs: number): boolean {
    return this.#percent > 0 && nowMs - this.#lastMs <= LASTS_MS;
  }

  /**
   * Connections that take no more queries, beside those at work on a transform.
   * @param now.granted connections that may be open
   * @param now.serving connections that are open and not at work on a transform
   * @param now.waiting transforms that wait: each needs one to itself
   * @param now.running transforms in flight
   */
  kept(nowMs: number, now: { granted: number; serving: number; waiting: number; running: number }): number {
    const { granted, serving, waiting, running } = now;
    if (granted < 2 || !this.lasts(nowMs)) return waiting;
    const share = Math.max(1, Math.floor((granted * this.#percent) / 100));
    const usual = Math.min(this.#usual, Math.floor((serving + running) / 2)) - running - waiting;
    return waiting + Math.max(0, Math.min(Math.max(share, usual), serving - waiting - 1));
  }
}
