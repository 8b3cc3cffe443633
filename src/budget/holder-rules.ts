/** What a holder may do at a moment: pure questions about its state, asked synchronously before every connect and write. */
import { shareOfPod } from './command-share.ts';
import type { AccountBudget } from './connection-budget.ts';
import { loginChangeMs, passwordOf, permissionOf } from './holder-login.ts';
import type { HolderAccount, HolderState } from './holder-state.ts';
import { countSlots, excessSlots, nextFreeMs } from './slot-book.ts';

/**
 * How far the time to live is used up since the last renewal was sent:
 *
 *   0 ------- full ------- TTL-60 -- no-open -- TTL-40 -- drain -- TTL-5 -- dead
 *
 * `unbound`: nothing was reported yet, or nobody bound us.
 */
export type Validity = 'unbound' | 'full' | 'no-open' | 'drain' | 'dead';

export function validity({ fence, baseMs, ttlMs, timing }: HolderState, nowMs: number): Validity {
  if (fence === undefined || baseMs === undefined) return 'unbound';
  const leftMs = baseMs + ttlMs - nowMs;
  if (leftMs <= timing.destroyMs) return 'dead';
  if (leftMs <= timing.drainMs) return 'drain';
  return leftMs <= timing.noOpenMs ? 'no-open' : 'full';
}

/** The most connections that the holder allows itself, and what it promises by an acknowledgement. */
export function capOf(state: HolderState, { slots, book }: HolderAccount): number {
  const { occupied } = countSlots(book);
  return state.phase === 'released' ? occupied : Math.max(slots, occupied);
}

const paused = ({ pausedUntilMs }: HolderAccount, nowMs: number): boolean =>
  pausedUntilMs !== undefined && nowMs < pausedUntilMs;

/** Whether one more slot may be taken now. */
export function mayAcquire(state: HolderState, account: string, nowMs: number): boolean {
  const held = state.accounts[account];
  if (held === undefined || state.phase !== 'active' || validity(state, nowMs) !== 'full') return false;
  return !paused(held, nowMs) && countSlots(held.book).occupied < held.slots;
}

/** Asked right before connect(), more than once if need be: since the slot was taken a name was resolved, and the process may have slept. */
export function mayConnect(state: HolderState, account: string, slot: string, nowMs: number): boolean {
  const held = state.accounts[account];
  const known = held?.book[slot];
  if (held === undefined || known?.at !== 'connecting') return false;
  if (state.phase !== 'active' || validity(state, nowMs) !== 'full' || paused(held, nowMs)) return false;
  return countSlots(held.book).occupied <= held.slots;
}

/** Asked right before every write: no byte after the deadline. */
export function mayWrite(state: HolderState, account: string, slot: string, nowMs: number): boolean {
  const known = state.accounts[account]?.book[slot];
  if (known === undefined || 'untilMs' in known) return false;
  if (known.at === 'connecting' && !known.dialled) return false;
  const valid = validity(state, nowMs);
  return valid !== 'dead' && valid !== 'unbound';
}

/** What pools are told. Throws for an account that this holder was not set up with. */
export function accountBudget(state: HolderState, account: string, nowMs: number): AccountBudget {
  const held = state.accounts[account];
  if (held === undefined) throw new Error(`the connection budget knows no account ${account}`);
  const counts = countSlots(held.book);
  const valid = validity(state, nowMs);
  const leaving = state.phase !== 'active' || valid === 'drain' || valid === 'dead';
  const cap = leaving ? 0 : valid === 'full' ? held.slots : Math.min(held.slots, counts.occupied);
  return {
    cap,
    occupied: counts.occupied,
    pausedUntilMs: paused(held, nowMs) ? held.pausedUntilMs : undefined,
    excess: leaving ? counts.connecting + counts.open : excessSlots(counts, held.slots),
    commands: shareOfPod(held.millicommands, capOf(state, held)),
    logins: permissionOf(held.login, state.timing, nowMs),
    password: passwordOf(held.login),
  };
}

/** When something changes by the mere passing of time, but for reports. */
export function nextChangeMs(state: HolderState, nowMs: number): number {
  const { baseMs, ttlMs, timing, accounts } = state;
  const moments = Object.values(accounts).flatMap(({ book, pausedUntilMs, login }) => [
    nextFreeMs(book),
    loginChangeMs(login, timing) ?? Number.POSITIVE_INFINITY,
    ...(pausedUntilMs === undefined ? [] : [pausedUntilMs]),
  ]);
  if (baseMs !== undefined) {
    const end = baseMs + ttlMs;
    moments.push(end - timing.noOpenMs, end - timing.drainMs, end - timing.destroyMs);
  }
  return moments.filter((ms) => ms > nowMs).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

/** Why nothing may be opened right now, in one sentence; undefined when something may. */
export function troubleOf(state: HolderState, nowMs: number): string | undefined {
  if (state.phase === 'draining' || state.phase === 'released') return 'the process is shutting down';
  const valid = validity(state, nowMs);
  if (valid === 'unbound') {
    return state.lease === undefined
      ? 'this pod has no connection lease yet: is the operator running?'
      : 'the operator has not bound this process to its connection lease yet: is it running?';
  }
  if (valid !== 'full') {
    const seconds = Math.round((nowMs - (state.baseMs ?? nowMs)) / 1000);
    return `the connection lease was not renewed for ${seconds} s, so nothing is opened: is the Kubernetes API reachable?`;
  }
  const accounts = Object.entries(state.accounts);
  if (accounts.some(([account]) => mayAcquire(state, account, nowMs))) return undefined;
  if (accounts.some(([, { book }]) => countSlots(book).open > 0)) return undefined;
  const [name, held] = accounts.find(([, each]) => paused(each, nowMs)) ?? [];
  if (name !== undefined && held?.pausedUntilMs !== undefined) {
    const seconds = Math.ceil((held.pausedUntilMs - nowMs) / 1000);
    return `${name} refused a session as over its limit: nothing is opened there for ${seconds} s`;
  }
  return 'no connection is granted to this pod yet';
}
