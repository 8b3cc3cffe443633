/**
 * What a ledger knows of an account's credentials, and what follows from it for each pod. Registries lock accounts after a few wrong
 * passwords, so of all pods one alone tries what nobody has proven.
 *
 *                       proven: everybody may log in
 *   Unproven ─────────────────────────────────────────▶ Proven
 *    ▲    │ ▲                                            │ │
 *    │    │ ╰───── a pod has read other credentials ─────┤ │ refused
 *    │    │ refused                                      │ │
 *    │    ▼               proven                         │ │
 *    ╰─ Refused ─────────────────────────────────────────╯ │
 *         ▲  nobody for 1, 4, 16, 30 min, then one again   │
 *         ╰────────────────────────────────────────────────╯
 *
 * In Unproven and Refused at most one pod holds the word `Prove`. Nobody gets it after it before it has answered, has heard that the word
 * was taken back, or is over.
 */
import type { LedgerEntry, LedgerLogin, LoginGrant, LoginReport } from './protocol.ts';
import type { Timing } from './timing.ts';

/** Of an account that nobody has logged in to. `Change` is `Current` where the Secret has no `newPassword`. */
export const UNPROVEN: LedgerLogin = {
  state: 'Unproven',
  turn: 0,
  refusals: 0,
  changes: 0,
  password: 'Change',
};

/** Each wait after a refusal is so many times the one before. */
const WAIT_FACTOR = 4;

/** How long nobody tries after so many refusals in a row: 1, 4, 16, 30, 30 … minutes. */
export function loginWaitMs({ loginWaitMs: first, loginWaitMaxMs: most }: Timing, refusals: number): number {
  return refusals === 0 ? 0 : Math.min(most, first * WAIT_FACTOR ** (refusals - 1));
}

/** What the pod of this entry shall be told. */
export function loginGrant(login: LedgerLogin, incarnation: string, entry: LedgerEntry): LoginGrant {
  const { state, turn, prover } = login;
  if (prover?.incarnation === incarnation && prover.withdrawn === undefined) {
    return { turn: prover.turn, permission: 'Prove', password: prover.password };
  }
  const all = state === 'Proven' && !entry.credentials?.stale && !isRefused(login, entry);
  return { turn, permission: all ? 'All' : 'None', password: plain(login.password) };
}

/** The password that is sent as pw: only who proves may change it too. */
export const plain = (password: LedgerLogin['password']): 'Current' | 'Changed' =>
  password === 'Changed' ? 'Changed' : 'Current';

/** The registry refused this pod what all are to log in with. */
export const isRefused = ({ password }: LedgerLogin, { credentials }: LedgerEntry): boolean =>
  credentials?.refused === plain(password);

/** The password to try after one that was refused, or of which nobody knows what became of it. */
export const otherPassword = (tried: LedgerLogin['password']): LedgerLogin['password'] =>
  tried === 'Changed' ? 'Change' : 'Changed';

/** Whether a lease has to be written: its pod was told otherwise, or has used up what it was told. */
export function isLoginNews(
  now: LoginGrant,
  told: LoginGrant | undefined,
  said: LoginReport | undefined,
): boolean {
  if (told === undefined || now.permission !== told.permission || now.password !== told.password) return true;
  if (now.permission === 'Prove') return now.turn !== told.turn;
  const usedUp = said?.result === 'Refused' || said?.result === 'Unproven';
  return now.permission === 'All' && now.turn > told.turn && usedUp && said.answeredTurn >= told.turn;
}

export function sameLogin(a: LedgerLogin | undefined, b: LedgerLogin | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const [p, q] = [a.prover, b.prover];
  return (
    a.state === b.state &&
    a.turn === b.turn &&
    a.refusals === b.refusals &&
    a.changes === b.changes &&
    a.password === b.password &&
    a.secret === b.secret &&
    p?.incarnation === q?.incarnation &&
    p?.turn === q?.turn &&
    p?.password === q?.password &&
    p?.withdrawn === q?.withdrawn
  );
}

export function sameCredentials(a: LedgerEntry['credentials'], b: LedgerEntry['credentials']): boolean {
  return (
    (a?.version ?? 0) === (b?.version ?? 0) &&
    (a?.refusals ?? 0) === (b?.refusals ?? 0) &&
    a?.stale === b?.stale &&
    a?.refused === b?.refused
  );
}
