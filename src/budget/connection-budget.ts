/**
 * What an adapter's pools know of the connection budget. `holder.ts` (the protocol) and `local-budget.ts` (a fixed share) stand behind it.
 * Everything here is synchronous: a slot is counted before `connect()` is called.
 */

/** How a connection ended, as far as the registry's count is concerned. */
export type SlotEnd =
  | 'confirmed' // logout was answered, or connect or login refused, and the peer's FIN or RST was seen: free after a short linger
  | 'unconfirmed' // the registry may still count it: the slot stays taken for the quarantine time
  | 'never-connected'; // connect() was never called: free at once

/** One connection that may exist at the registry, from before `connect()` until it surely is gone. */
export interface Slot {
  readonly account: string;
  /** Asked synchronously right before connect(). */
  mayConnect(): boolean;
  /** Asked synchronously before every write. */
  mayWrite(): boolean;
  /** Aborted when the connection must be destroyed at once: the lease ran out, or it was fenced. */
  readonly revoked: AbortSignal;
  /** The login was answered. */
  opened(): void;
  /** A logout was sent. */
  closing(): void;
  /** Exactly once. */
  ended(how: SlotEnd): void;
}

export interface AccountUse {
  /** Connections at work on a command now. */
  inUse: number;
  /** Requests waiting for a connection now. */
  queued: number;
}

/**
 * Commands that a process may send in any span of that length, logins and keepalives included; absent: no limit; 0 without a connection.
 *
 * At every moment the shares of all processes together are within the account's. For every span to be, a raise must not be used at once:
 * whoever had it may have used it a moment ago. So all processes of an account must spend their shares by one rule, that of the adapter's
 * scheduler (`span-rate.ts`): exact for any changes and restarts, and with clocks that differ by 1 %.
 */
export interface CommandShare {
  perSecond?: number;
  perMinute?: number;
}

/**
 * Whether a process may log in, so that a password that the registry refuses is not tried by every pod until the account is locked:
 *
 *   all    the credentials are proven: as many logins as the budget has connections for
 *   prove  nobody knows whether they are right, and this process alone shall find out, now: one login at a time, even if nothing
 *          waits for a connection, until a result was told
 *   none   another process is finding out, or they were refused. What is logged in stays.
 */
export type LoginPermission = 'all' | 'prove' | 'none';

/**
 * With which of the Secret's passwords to log in, where it has the key `newPassword` too:
 *
 *   current   `password`
 *   change    `password`, and `newPassword` as newPW (RFC 5730 section 2.9.1.1); as `current` where there is no `newPassword`. Only
 *             together with `prove`
 *   changed   `newPassword`, or `password` where there is no `newPassword`: the registry has taken the new one
 */
export type PasswordInUse = 'current' | 'change' | 'changed';

/**
 * What became of a login:
 *
 *   proven     the registry took the credentials
 *   changed    it took them and newPW
 *   refused    for its credentials (2200, 2501 and their like), not for a limit or an outage
 *   unproven   no login at all: the credentials that this process has now are others than those it told of last
 */
export type LoginResult = 'proven' | 'changed' | 'refused' | 'unproven';

/** How a periodic job of this process does. */
export interface JobReport {
  state: 'Ok' | 'Failing';
  /** One sentence for people, without any secret; cut to 256 characters. */
  message: string;
}

export interface AccountBudget {
  /** Connections that may exist now. */
  cap: number;
  /** Slots that count now: connecting, open, closing, lingering, unconfirmed. */
  occupied: number;
  /** No opens until then (monotonic ms): the registry refused one over its limit. */
  pausedUntilMs: number | undefined;
  /** Open slots that must be given back: idle first, busy ones after their command. */
  excess: number;
  /** Of all connections of this process together. It changes with the grant, and while connections are given back. */
  commands: CommandShare;
  logins: LoginPermission;
  password: PasswordInUse;
}

export type BudgetPhase = 'registering' | 'active' | 'draining' | 'released';

export interface ConnectionBudget {
  readonly phase: BudgetPhase;
  account(account: string): AccountBudget;
  /** Takes a slot, or undefined when the cap, the lease's time or a pause forbids it. Synchronous: count before connect. */
  acquire(account: string): Slot | undefined;
  /** Tells the present use; the budget makes demand of it. Cheap: call on every change. */
  report(account: string, use: AccountUse): void;
  /** The registry refused a session as over its limit (2502, or a close that looks like it). */
  limitHit(account: string): void;
  /**
   * Every login that was answered, told before its slot ends, and every change of the credentials that were told of. What was said of
   * credentials that have changed meanwhile is not told. Cheap: what is known already costs nothing.
   */
  loginResult(account: string, result: LoginResult): void;
  /**
   * How a job does, for the account's status. Cheap: a report that changes nothing is no report. A job that this process runs no more
   * is told by `undefined`, so that another process's word counts.
   */
  reportJob?(account: string, name: string, report: JobReport | undefined): void;
  /** Called after every change of phase, cap, pause, excess, command share, login permission or password in use. */
  onChange(listener: () => void): void;
  /** No new slots, demand 0. Resolves when every slot is free or the time is out, and the release was told. */
  drain(options: { timeoutMs: number }): Promise<void>;
  /** Why nothing may be opened right now, for people: one sentence, or undefined. */
  readonly trouble: string | undefined;
}
