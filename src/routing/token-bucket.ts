/** So many a second on average, so many at once. Pure. */

export interface Rate {
  /** Tokens a second; above 0. */
  readonly perSecond: number;
  /** At most so many are saved; at least 1. */
  readonly burst: number;
}

/** Full at first. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#atMs = nowMs;
  }

  /** Takes a token, or false where there is none. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Of a token that was not used after all. */
  giveBack(): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + 1);
  }

  /** How long until the next token is there; 0: now. In milliseconds, not rounded. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) * 1000) / this.#rate.perSecond;
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    const { perSecond, burst } = this.#rate;
    // a trifle is added, or the sum of many small fills stays just below 1 when the wait that was told is over
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) * perSecond) / 1000 + 1e-9);
    this.#atMs = nowMs;
  }
}
