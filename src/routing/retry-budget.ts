/** How many of the requests may be further attempts: without a bound, retries finish off what is only slow. Pure. */

export interface RetryBudgetPolicy {
  /** At most this share of the requests of the last ten seconds are retried. 0: none ever. */
  readonly budgetPercent: number;
}

const SLOT_MS = 1_000;
const SLOTS = 10;
/** So that a gateway with little to do retries as well: ten a second harm nobody (as Finagle and Linkerd have it). */
const FLOOR = 10 * SLOTS;

/** A window of ten seconds, in slots of one: as Finagle's budget, retries are earned by requests and expire with them. */
export class RetryBudget {
  #share: number;
  readonly #requests = new Float64Array(SLOTS);
  readonly #retries = new Float64Array(SLOTS);
  #requestSum = 0;
  #retrySum = 0;
  #slot: number | undefined;

  constructor(policy: RetryBudgetPolicy) {
    this.#share = policy.budgetPercent / 100;
  }

  /** Counts from now on; what was counted stays. */
  take(policy: RetryBudgetPolicy): void {
    this.#share = policy.budgetPercent / 100;
  }

  /** Of each request, once. */
  request(nowMs: number): void {
    const at = this.#advance(nowMs);
    this.#requests[at] = (this.#requests[at] ?? 0) + 1;
    this.#requestSum++;
  }

  /** Takes a retry from the budget, or false where there is none left. */
  tryRetry(nowMs: number): boolean {
    const at = this.#advance(nowMs);
    if (this.#share <= 0 || this.#retrySum + 1 > this.#requestSum * this.#share + FLOOR) return false;
    this.#retries[at] = (this.#retries[at] ?? 0) + 1;
    this.#retrySum++;
    return true;
  }

  /** Empties the slots that time has left behind; the index of the present one. */
  #advance(nowMs: number): number {
    const now = Math.floor(nowMs / SLOT_MS);
    const before = this.#slot ?? now;
    for (let slot = Math.max(before + 1, now - SLOTS + 1); slot <= now; slot++) {
      const at = indexOf(slot);
      this.#requestSum -= this.#requests[at] ?? 0;
      this.#retrySum -= this.#retries[at] ?? 0;
      this.#requests[at] = 0;
      this.#retries[at] = 0;
    }
    this.#slot = Math.max(before, now);
    return indexOf(this.#slot);
  }
}

function indexOf(slot: number): number {
  return ((slot % SLOTS) + SLOTS) % SLOTS;
}
