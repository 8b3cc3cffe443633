export interface BackoffOptions {
  /** The first wait, in milliseconds, before jitter. */
  baseMs: number;
  /** The longest wait before jitter. */
  maxMs: number;
  /** Up to this share is added at random, so that many clients do not come back at once. Default 0.5. */
  jitter?: number;
  /** A number in [0, 1). */
  random?: () => number;
}

/** Waits that double from `baseMs` to `maxMs`, until something succeeded. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** How often in a row `next` was asked. */
  get failures(): number {
    return this.#failures;
  }

  /** The wait before the next try, in milliseconds. */
  next(): number {
    const ms = backoffMs(this.#failures, this.#options);
    this.#failures += 1;
    return ms;
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** The wait after `failures` earlier failures in a row. */
export function backoffMs(failures: number, options: BackoffOptions): number {
  const { baseMs, maxMs, jitter = 0.5, random = Math.random } = options;
  // 2 ** 1024 is Infinity and min() takes it; no overflow to guard.
  return Math.min(maxMs, baseMs * 2 ** failures) * (1 + jitter * random());
}
