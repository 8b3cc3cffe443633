/**
 * What is kept of an idempotency key, and what becomes of it. Pure: the memory store runs it, the scripts of the Valkey store say
 * the same in Lua, and tests hold them together.
 *
 *              claim                     settle (done)
 *   (nothing) ──────▶ running ──────────────────────────▶ done      the same answer for every later request
 *       ▲               │  │  ╲            settle (unknown)
 *       │    release:   │  │   ╰────────────────────────▶ unknown   says so to every later request
 *       │    certainly  │  │
 *       ╰── not sent ───╯  ╰── its time is over and nobody settled it: "lost", which is unknown too
 *
 * A key is claimed before its command is handed to a pool, once and for all: that a byte may have been written needs no mark of its
 * own, because a claim is never taken over. The price: where a process dies while a request still waits for a connection, its key
 * counts as unknown although nothing was sent. Every orderly end (queue full, expired, drained) releases the key.
 */

/** The first request of a key. */
export interface Claim {
  /** Fresh for each try to claim: whoever has it may settle or release. */
  readonly token: string;
  /** Of what is asked; the same for the same request. */
  readonly fingerprint: string;
  /** The client transaction id that the command will have. */
  readonly clTRID: string;
  /** How long its command may take at most, waiting included, in milliseconds. */
  readonly runMs: number;
}

export type Verdict = 'done' | 'unknown';

export interface KeyRecord {
  readonly token: string;
  readonly fingerprint: string;
  readonly clTRID: string;
  /** When the command must have ended, in milliseconds of the store's clock. */
  readonly endsByMs: number;
  /** When the key is forgotten. */
  readonly forgetAtMs: number;
  readonly settled?: Settled;
}

export interface Settled {
  readonly verdict: Verdict;
  /** Sealed: nothing but the key opens it. */
  readonly answer: string;
}

export type ClaimResult =
  /** The key is the caller's: it runs the command. */
  | { kind: 'new' }
  /** The key belongs to another request. */
  | { kind: 'other-request' }
  | { kind: 'running' }
  /** Whoever ran it has not come back in time. */
  | { kind: 'lost'; clTRID: string }
  | ({ kind: 'settled' } & Settled);

/** How long a key is remembered from its claim on. */
export const REMEMBER_MS = 24 * 3_600_000;

/** A record that is forgotten is none. */
export function live(record: KeyRecord | undefined, nowMs: number): KeyRecord | undefined {
  return record && nowMs < record.forgetAtMs ? record : undefined;
}

export function claim(
  record: KeyRecord | undefined,
  wanted: Claim,
  nowMs: number,
): { record: KeyRecord; result: ClaimResult } {
  const known = live(record, nowMs);
  if (!known) return { record: claimed(wanted, nowMs), result: { kind: 'new' } };
  return { record: known, result: resultOf(known, wanted, nowMs) };
}

function resultOf(known: KeyRecord, wanted: Claim, nowMs: number): ClaimResult {
  if (known.fingerprint !== wanted.fingerprint) return { kind: 'other-request' };
  if (known.settled) return { kind: 'settled', ...known.settled };
  // The same claim once more: its first answer did not arrive
  if (known.token === wanted.token) return { kind: 'new' };
  return nowMs < known.endsByMs ? { kind: 'running' } : { kind: 'lost', clTRID: known.clTRID };
}

function claimed({ token, fingerprint, clTRID, runMs }: Claim, nowMs: number): KeyRecord {
  return { token, fingerprint, clTRID, endsByMs: nowMs + runMs, forgetAtMs: nowMs + REMEMBER_MS };
}

/** Another's claim stays as it is. A record that the store has lost is made anew, so that the key is not run again. */
export function settle(
  record: KeyRecord | undefined,
  own: Claim,
  settled: Settled,
  nowMs: number,
): KeyRecord | undefined {
  const known = live(record, nowMs) ?? claimed(own, nowMs);
  return known.token === own.token ? { ...known, settled } : known;
}

/** Nothing was sent: the key is free again. What is settled, or another's, stays. */
export function release(record: KeyRecord | undefined, token: string, nowMs: number): KeyRecord | undefined {
  const known = live(record, nowMs);
  return known && known.token === token && !known.settled ? undefined : known;
}
