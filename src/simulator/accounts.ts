import type { Clock } from '../lib/clock.ts';

/** A place among an account's sessions. */
export interface Seat {
  /** Gives the place back, after `afterMs`. Idempotent. */
  release(afterMs: number): void;
}

/** One registrar's sessions as a registry counts them: from the login until the connection is known to be gone. */
export class Account {
  readonly clientId: string;
  password: string;
  limit: number;
  /** Everything that counts, crashed sessions included. */
  sessions = 0;
  highestSessions = 0;
  logins = 0;
  refusals = 0;
  loginFailures = 0;
  /** Since the last right password, on whatever connections. */
  failuresInRow = 0;
  /** Every login is refused until somebody unlocks it. */
  locked = false;
  lockouts = 0;
  logouts = 0;
  uncleanEnds = 0;
  idleDrops = 0;
  /** Logins that took the count over the limit. The guard makes it impossible; the counter checks the guard. */
  overLimitAccepts = 0;
  readonly commands = new Map<string, number>();
  readonly #clock: Clock;

  constructor(options: { clientId: string; password: string; limit: number; clock: Clock }) {
    this.clientId = options.clientId;
    this.password = options.password;
    this.limit = options.limit;
    this.#clock = options.clock;
  }

  /** A seat, or undefined where every one is taken. */
  takeSeat(): Seat | undefined {
    if (this.sessions >= this.limit) {
      this.refusals++;
      return undefined;
    }
    this.logins++;
    this.sessions++;
    if (this.sessions > this.limit) this.overLimitAccepts++;
    this.highestSessions = Math.max(this.highestSessions, this.sessions);
    let taken = true;
    return {
      release: (afterMs) => {
        if (!taken) return;
        taken = false;
        if (afterMs <= 0) this.sessions--;
        else this.#clock.after(afterMs, () => this.sessions--);
      },
    };
  }

  /** A wrong password. `lockAfter` of them in a row lock the account. */
  countFailure(lockAfter: number | undefined): void {
    this.loginFailures++;
    this.failuresInRow++;
    if (lockAfter === undefined || this.failuresInRow < lockAfter) return;
    this.locked = true;
    this.lockouts++;
  }

  unlock(): void {
    this.locked = false;
    this.failuresInRow = 0;
  }

  countCommand(name: string): void {
    this.commands.set(name, (this.commands.get(name) ?? 0) + 1);
  }

  resetHighest(): void {
    this.highestSessions = this.sessions;
  }
}
