/**
 * What one process knows of an account's credentials, and what it makes of the permission in its lease. Pure.
 *
 * A word of the registry uses the permission up: after a refusal, or once other credentials were read, nothing is tried until the
 * allocator has said something newer. If it never does (there may be no operator) the process tries again by itself, seldom and alone.
 */
import type { LoginPermission, LoginResult, PasswordInUse } from './connection-budget.ts';
import type { LoginGrant, LoginReport } from './protocol.ts';
import type { Timing } from './timing.ts';

export interface HolderLogin {
  /** The permission as last heard; undefined while this incarnation was told nothing. */
  told: LoginGrant | undefined;
  version: number;
  result: LoginReport['result'];
  refusals: number;
  answeredTurn: number;
  answeredAtMs: number;
  /** Turns that the allocator waits to hear of. */
  owed: { heard: number; answered: number };
}

export const NO_LOGIN: HolderLogin = {
  told: undefined,
  version: 0,
  result: 'Unproven',
  refusals: 0,
  answeredTurn: 0,
  answeredAtMs: 0,
  owed: { heard: 0, answered: 0 },
};

const took = ({ result }: HolderLogin): boolean => result === 'Proven' || result === 'Changed';

export function loginResult(login: HolderLogin, result: LoginResult, nowMs: number): HolderLogin {
  const turn = login.told?.turn ?? 0;
  // What is known already costs nothing.
  if (result === 'proven' && took(login) && login.answeredTurn >= turn) return login;
  const next = { ...login, answeredTurn: turn, answeredAtMs: nowMs };
  if (login.told?.permission === 'Prove') next.owed = { ...login.owed, answered: turn };
  switch (result) {
    case 'proven':
      return { ...next, result: login.result === 'Changed' ? 'Changed' : 'Proven' };
    case 'changed':
      return { ...next, result: 'Changed' };
    case 'refused':
      return { ...next, result: 'Refused', refusals: login.refusals + 1 };
    case 'unproven':
      return { ...next, result: 'Unproven', version: login.version + 1 };
  }
}

/** The lease says so now; the same object when that is nothing new. */
export function hearLogin(login: HolderLogin, told: LoginGrant | undefined): HolderLogin {
  const before = login.told;
  const same =
    before?.turn === told?.turn &&
    before?.permission === told?.permission &&
    before?.password === told?.password;
  if (same) return login;
  const turn = told?.turn ?? 0;
  // Turns that the store has forgotten nobody waits for.
  const unanswered = before?.permission === 'Prove' && login.answeredTurn < before.turn;
  const heard = unanswered ? turn : Math.min(login.owed.heard, turn);
  return { ...login, told, owed: { ...login.owed, heard } };
}

/** How long a process waits for a newer word before it tries again by itself. */
function patienceMs({ result }: HolderLogin, timing: Timing): number {
  return result === 'Refused' ? timing.loginWaitMaxMs : timing.secretLagMs;
}

/** When the patience of this process is over; undefined while it waits for nothing. */
export function loginChangeMs(login: HolderLogin, timing: Timing): number | undefined {
  const { told, answeredTurn, answeredAtMs } = login;
  if (told === undefined || told.permission === 'None' || answeredTurn < told.turn || took(login))
    return undefined;
  return answeredAtMs + patienceMs(login, timing);
}

export function permissionOf(login: HolderLogin, timing: Timing, nowMs: number): LoginPermission {
  const { told, answeredTurn } = login;
  if (told === undefined || told.permission === 'None') return 'none';
  if (answeredTurn < told.turn) return told.permission === 'All' ? 'all' : 'prove';
  if (took(login)) return 'all';
  return nowMs >= loginChangeMs(login, timing)! ? 'prove' : 'none';
}

export function passwordOf(login: HolderLogin): PasswordInUse {
  const { told, answeredTurn } = login;
  if (told === undefined) return 'current';
  if (told.password === 'Changed') return 'changed';
  // What this process has changed itself it knows before its lease says so.
  const answered = answeredTurn >= told.turn;
  if (answered && login.result === 'Changed' && told.permission === 'Prove') return 'changed';
  return told.password === 'Change' && told.permission === 'Prove' && !answered ? 'change' : 'current';
}

export function loginReport(login: HolderLogin): LoginReport {
  const { told, version, result, refusals, answeredTurn } = login;
  return { version, result, refusals, heardTurn: told?.turn ?? 0, answeredTurn };
}

/** The allocator waits to hear of this: others wait with it. */
export function owesLoginReport(
  { version, refusals, owed }: HolderLogin,
  told: LoginReport | undefined,
): boolean {
  if (told === undefined) return true;
  return (
    version !== told.version ||
    refusals !== told.refusals ||
    owed.heard > told.heardTurn ||
    owed.answered > told.answeredTurn
  );
}
