/**
 * With what this process may log in, and what it tells the budget of it, so that of a whole fleet one process alone tries a
 * password that nobody has proven, and one alone sets a new one.
 *
 *   Secret {password, newPassword?} × the budget's word ──▶ login
 *
 *     current   password
 *     changed   newPassword, where there is one
 *     change    password, and newPassword as newPW ──▶ changed          told
 *                    │ no answer: either may be the account's now
 *                    ▼
 *               newPassword alone ──▶ taken: changed                    told
 *                    │ refused: the old one still is
 *                    ╰──▶ password and newPassword once more            refused: told
 */
import type {
  AccountBudget,
  ConnectionBudget,
  LoginPermission,
  LoginResult,
} from '../budget/connection-budget.ts';
import { type Credentials, sameCredentials } from './account-secrets.ts';

/** One login, from the Secret's content to its answer. */
export interface LoginAttempt {
  /** What the Secret held. */
  readonly secret: Credentials;
  /** What to log in with; `newPassword` is to be set. */
  readonly credentials: Credentials;
  /** It finds out whether the new password was set by a login that got no answer. */
  readonly verifies: boolean;
}

type Word = Pick<AccountBudget, 'logins' | 'password'>;

export class LoginGate {
  readonly #account: string;
  readonly #budget: Pick<ConnectionBudget, 'account' | 'loginResult'>;
  /** The budget's word, as it was seen last. */
  #word: Word | undefined;
  /** Its word `prove` was answered, and it has not said anything since. */
  #answered = false;
  /** What was told of last. */
  #told: Credentials | undefined;
  /** A login was to set this new password and got no answer. */
  #doubted: Credentials | undefined;

  constructor(account: string, budget: Pick<ConnectionBudget, 'account' | 'loginResult'>) {
    this.#account = account;
    this.#budget = budget;
  }

  /**
   * Whether to log in now.
   * @returns news: the budget lets this process log in that it did not let before, or with something else
   */
  look({ logins, password }: Word): { permission: LoginPermission; news: boolean } {
    const before = this.#word;
    const changed = before !== undefined && (logins !== before.logins || password !== before.password);
    if (before === undefined || changed) this.#word = { logins, password };
    if (changed) this.#answered = false;
    const permission = logins === 'prove' && this.#answered ? 'none' : logins;
    return { permission, news: changed && permission !== 'none' };
  }

  /** What to log in with now. */
  attempt(secret: Credentials): LoginAttempt {
    const { username, password, newPassword } = secret;
    const { logins, password: word } = this.#budget.account(this.#account);
    const plain = (pw: string): LoginAttempt => ({
      secret,
      credentials: { username, password: pw },
      verifies: false,
    });
    if (newPassword === undefined || newPassword === password) return plain(password);
    if (word === 'changed') return plain(newPassword);
    if (word === 'current' || logins !== 'prove') return plain(password);
    if (this.#doubted && sameCredentials(this.#doubted, secret)) {
      return { ...plain(newPassword), verifies: true };
    }
    return { secret, credentials: secret, verifies: false };
  }

  /** The Secret holds this now. True where that is something else than what the budget was told of. */
  read(secret: Credentials): boolean {
    if (!this.#told || sameCredentials(this.#told, secret)) return false;
    this.#told = secret;
    this.#tell('unproven');
    this.#answered = false;
    return true;
  }

  taken({ secret, verifies }: LoginAttempt, passwordChanged: boolean): void {
    if (!this.#present(secret)) return;
    this.#doubted = undefined;
    this.#tell(passwordChanged || verifies ? 'changed' : 'proven');
  }

  /** For its credentials. False: that was only to be found out, and the old password is in force still. */
  refused({ secret, verifies }: LoginAttempt): boolean {
    if (verifies) {
      this.#doubted = undefined;
      return false;
    }
    if (this.#present(secret)) this.#tell('refused');
    return true;
  }

  /** It was written and got no answer. */
  unanswered({ secret, credentials }: LoginAttempt): void {
    if (credentials.newPassword !== undefined) this.#doubted = secret;
  }

  /** What is known of an older content of the Secret says nothing of this one. */
  #present(secret: Credentials): boolean {
    if (this.#told && !sameCredentials(this.#told, secret)) return false;
    this.#told = secret;
    return true;
  }

  #tell(result: LoginResult): void {
    this.#budget.loginResult(this.#account, result);
    // Where the budget has not moved by that, it has yet to: one answer is enough
    this.#answered = this.#budget.account(this.#account).logins === 'prove';
  }
}
