/** The login breaker of a process that is alone with its share: the same waits, and nobody to ask. Pure. */
import type { LoginPermission, LoginResult } from './connection-budget.ts';
import { loginWaitMs } from './login-breaker.ts';
import type { Timing } from './timing.ts';

export interface LocalLogin {
  readonly proven: boolean;
  /** Of these credentials, in a row. */
  readonly refusals: number;
  readonly notBeforeMs: number;
}

export const UNTRIED: LocalLogin = { proven: false, refusals: 0, notBeforeMs: Number.NEGATIVE_INFINITY };
const PROVEN: LocalLogin = { ...UNTRIED, proven: true };

/** The same object when nothing changes. */
export function localLogin(
  login: LocalLogin,
  result: LoginResult,
  nowMs: number,
  timing: Timing,
): LocalLogin {
  switch (result) {
    case 'proven':
    case 'changed':
      return login.proven ? login : PROVEN;
    case 'unproven':
      return UNTRIED;
    case 'refused': {
      const refusals = login.refusals + 1;
      return { proven: false, refusals, notBeforeMs: nowMs + loginWaitMs(timing, refusals) };
    }
  }
}

export function localPermission({ proven, notBeforeMs }: LocalLogin, nowMs: number): LoginPermission {
  if (proven) return 'all';
  return nowMs < notBeforeMs ? 'none' : 'prove';
}
