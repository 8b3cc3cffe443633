/**
 * How many connections are kept free of queries, so that a transform finds one that is idle. Pure.
 *
 *   connections   ▣ ▣ │ ○ ○ │ ● ● ● ● ● ●       ▣ at work on a transform   ○ kept   ● queries
 *
 * The reserve comes on top of those that transforms have already: the second transform finds an idle one, too. It never takes
 * the last one from the queries, and lasts a minute after the last transform: a set that only asks loses nothing.
 */
const LASTS_MS = 60_000;

export class TransformReserve {
  readonly #percent: number;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param percent of the connections that are granted; at least one of two, unless it is 0 */
  constructor(percent: number) {
    this.#percent = percent;
  }

  /** A transform has come. */
  came(nowMs: number): void {
    this.#lastMs = nowMs;
  }

  /**
   * Connections that take no more queries.
   * @param now.granted connections that may be open
   * @param now.serving connections that are open and not at work on a transform
   * @param now.waiting transforms that wait: each needs one to itself
   */
  kept(nowMs: number, now: { granted: number; serving: number; waiting: number }): number {
    const { granted, serving, waiting } = now;
    if (nowMs - this.#lastMs > LASTS_MS || granted < 2 || this.#percent === 0) return waiting;
    const reserve = Math.max(1, Math.floor((granted * this.#percent) / 100));
    return waiting + Math.max(0, Math.min(reserve, serving - waiting - 1));
  }
}
