/** Why a pool does not try: what callers are told. No secret stands in any of it. Pure. */
import type { AccountBudget } from '../budget/connection-budget.ts';
import { RequestRefused } from './work.ts';

const REFUSED_RETRY_AFTER_MS = 60_000;

export function shuttingDown(account: string): RequestRefused {
  return new RequestRefused('draining', `${account}: this adapter is shutting down; ask another of the set`);
}

/** @param why the registry's words, where it gave any */
export function credentialsRefused(account: string, why: string | undefined): RequestRefused {
  return new RequestRefused(
    'account-unavailable',
    `${account}: the registry refuses our credentials (${why ?? 'see the log'})`,
    REFUSED_RETRY_AFTER_MS,
  );
}

/** @param why as `whyNone` has it */
export function noConnection(account: string, why: string): RequestRefused {
  return new RequestRefused('no-connection', `${account}: no connection, nor room for one: ${why}`);
}

/** Why nothing became of a request that has waited for a connection. */
export function whyNone(
  { cap, occupied, logins }: Pick<AccountBudget, 'cap' | 'occupied' | 'logins'>,
  now: { loggedIn: number; budgetTrouble: string | undefined; trouble: string | undefined },
): string {
  return `${reason()} (${occupied} of ${cap} connections taken)`;

  function reason(): string {
    if (now.loggedIn > 0) return `all ${now.loggedIn} were at work`;
    if (now.budgetTrouble !== undefined) return now.budgetTrouble;
    if (logins === 'none' && cap > 0) {
      return 'the registry refused the credentials, or another adapter is finding out whether it takes them';
    }
    if (now.trouble !== undefined) return now.trouble;
    if (logins === 'prove') return 'whether the registry takes the credentials is being found out';
    return 'none was open yet';
  }
}
