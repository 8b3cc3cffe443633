/** The issuer's public keys, from its JSON Web Key Set (RFC 7517). */
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from 'jose';
import type { Clock, Timer } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { type FittingKeys, KeysUnavailableError, type TokenKeys } from './token-keys.ts';

const REFRESH_MS = 300_000;
/** Between two fetches: a token may name a key that nobody has ever seen, as often as its sender likes. */
const COOLDOWN_MS = 10_000;
/** The same while there are no keys yet. */
const FIRST_COOLDOWN_MS = 1_000;
const FETCH_TIMEOUT_MS = 3_000;
const MAX_BYTES = 256 * 1024;

/** None with a shared secret, and not `none`: RFC 8725 section 3.1. */
const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/**
 * Fetched at once, every 5 minutes, and when a token names a key that is not known, 10 seconds apart. While the issuer is away the keys
 * that were fetched last count. Returns before the first are there: tokens wait for them.
 */
export function openJwksKeys(url: string, deps: { clock: Clock; log: Log }): TokenKeys {
  const keys = new JwksKeys(url, deps);
  void keys.refresh();
  return keys;
}

interface KeySet {
  /** As it was fetched. */
  readonly text: string;
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly generation: number;
}

class JwksKeys implements TokenKeys {
  readonly algorithms = ASYMMETRIC;
  readonly #url: string;
  /** For the log: no query, and no user. */
  readonly #where: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #set: KeySet | undefined;
  #fetching: Promise<void> | undefined;
  #fetchedMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #troubled = false;
  readonly #closed = new AbortController();

  constructor(url: string, { clock, log }: { clock: Clock; log: Log }) {
    this.#url = url;
    const { origin, pathname } = new URL(url);
    this.#where = origin + pathname;
    this.#clock = clock;
    this.#log = log;
  }

  get generation(): number {
    return this.#set?.generation ?? 0;
  }

  async keysFor(header: JWTHeaderParameters): Promise<FittingKeys> {
    if (!this.#set) await this.#fetchSoon();
    if (!this.#set) throw new KeysUnavailableError();
    const known = await fitting(this.#set, header);
    if (known.keys.length > 0) return known;
    await this.#fetchSoon();
    return fitting(this.#set, header);
  }

  async refresh(): Promise<void> {
    await this.#fetchSoon();
    if (this.#closed.signal.aborted) return;
    this.#timer = this.#clock.after(this.#troubled ? COOLDOWN_MS : REFRESH_MS, () => void this.refresh());
  }

  close(): void {
    this.#timer?.cancel();
    this.#closed.abort();
  }

  /** One at a time, and none too soon after the last. */
  async #fetchSoon(): Promise<void> {
    const cooldownMs = this.#set ? COOLDOWN_MS : FIRST_COOLDOWN_MS;
    const cold = this.#clock.monotonicMs() - this.#fetchedMs >= cooldownMs;
    if (!this.#fetching && cold && !this.#closed.signal.aborted) {
      this.#fetchedMs = this.#clock.monotonicMs();
      this.#fetching = this.#fetch().finally(() => {
        this.#fetching = undefined;
      });
    }
    await this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      this.#take(await fetchText(this.#url, this.#closed.signal));
      if (this.#troubled) this.#log.info({ url: this.#where }, 'keys of tokens can be fetched again');
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled && !this.#closed.signal.aborted)
        this.#log.warn(
          { url: this.#where, reason: reasonOf(error), known: this.#set !== undefined },
          'keys of tokens cannot be fetched: those that were fetched last count',
        );
      this.#troubled = true;
    }
  }

  #take(text: string): void {
    if (text === this.#set?.text) return;
    const { keys } = JSON.parse(text) as JSONWebKeySet;
    const find = createLocalJWKSet({ keys });
    if (keys.length === 0) throw new Error('the set holds no key');
    this.#set = { text, find, generation: this.generation + 1 };
    this.#log.info({ url: this.#where, count: keys.length }, 'keys of tokens taken over');
  }
}

async function fitting({ find, generation }: KeySet, header: JWTHeaderParameters): Promise<FittingKeys> {
  try {
    return { keys: [await find(header)], generation };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return { keys: [], generation };
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // an issuer that names no key may have several
    const keys: CryptoKey[] = [];
    for await (const key of error) keys.push(key);
    return { keys, generation };
  }
}

async function fetchText(url: string, closed: AbortSignal): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.any([AbortSignal.timeout(FETCH_TIMEOUT_MS), closed]),
  });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`the answer has the status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch itself only says that it failed. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (error instanceof SyntaxError) return 'the answer is no JSON';
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : messageOf(error);
}
