/** Whether a connection that could not be opened, or ended, tells of the registry's limit on sessions. */
import type { ConnectionBudget } from '../budget/connection-budget.ts';
import type { EppError } from '../epp/session.ts';
import type { Clock } from '../lib/clock.ts';

/** How long other connections have to show that it was an outage, and not the limit. */
const DOUBT_MS = 250;
const OUTAGE_MS = 5_000;

export class LimitSuspicion {
  readonly #account: string;
  readonly #budget: Pick<ConnectionBudget, 'account' | 'limitHit'>;
  readonly #clock: Clock;
  #byAnotherCode = false;
  #lostAtMs = Number.NEGATIVE_INFINITY;

  constructor(account: string, budget: Pick<ConnectionBudget, 'account' | 'limitHit'>, clock: Clock) {
    this.#account = account;
    this.#budget = budget;
    this.#clock = clock;
  }

  /** A login was answered 1000. */
  loggedIn(): void {
    this.#byAnotherCode = false;
  }

  /** An open connection ended unasked. */
  lost(): void {
    this.#lostAtMs = this.#clock.monotonicMs();
  }

  /**
   * True where it is the limit, as far as one can know; the budget is told.
   * @param others connections that are logged in still
   */
  hit(error: EppError, others: number): boolean {
    if (error.kind !== 'limit' && !this.#isLimitByAnotherCode(error, others)) return false;
    if (error.code !== undefined) {
      this.#budget.limitHit(this.#account);
      return true;
    }
    // A close without a word may be the limit, or a registry that goes down: then connections that were open end with it, and a
    // pause of a minute would only prolong the outage
    this.#clock.after(DOUBT_MS, () => {
      if (this.#clock.monotonicMs() - this.#lostAtMs > OUTAGE_MS) this.#budget.limitHit(this.#account);
    });
    return true;
  }

  /** Some registries answer 2501 for one session too many (others for a wrong password): believed once while others of ours are logged in. */
  #isLimitByAnotherCode({ kind, code }: EppError, others: number): boolean {
    if (kind !== 'login' || code !== 2501 || others === 0 || this.#byAnotherCode) return false;
    // Those that are logged in prove nothing of credentials that are new
    if (this.#budget.account(this.#account).logins === 'prove') return false;
    this.#byAnotherCode = true;
    return true;
  }
}
