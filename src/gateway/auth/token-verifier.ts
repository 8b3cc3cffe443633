/** JSON Web Tokens (RFC 7519, RFC 8725) as callers. */
import { hash } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../lib/clock.ts';
import type { Caller } from '../request.ts';
import { callerOf, isCallerId } from './callers.ts';
import { grantsOf, scopesOfClaims } from './scopes.ts';
import { type FittingKeys, KeysUnavailableError, type TokenKeys } from './token-keys.ts';

export type TokenRefusal =
  | 'malformed'
  | 'algorithm'
  | 'unknown-key'
  | 'keys-unavailable'
  | 'signature'
  | 'expired'
  | 'claims';

/** Who a token is of, or why it counts for nothing. */
export type TokenVerdict =
  | { readonly caller: Caller }
  | {
      readonly refusal: TokenRefusal;
      /** Whose it is, where its signature is right. */
      readonly subject?: string;
      /** The claim that is wrong. */
      readonly claim?: string;
    };

const TOLERANCE_SECONDS = 30;
const MAX_REMEMBERED = 10_000;
/** RFC 6750 section 2.1, and a signature must be there. */
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

interface Remembered {
  readonly caller: Caller;
  readonly generation: number;
  readonly endsMs: number;
}

export class TokenVerifier {
  readonly #expected: { readonly issuer: string; readonly audience: string };
  readonly #keys: TokenKeys;
  readonly #clock: Clock;
  /** By digest: the tokens themselves are not kept. */
  readonly #remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED });

  constructor(expected: { issuer: string; audience: string }, keys: TokenKeys, clock: Clock) {
    this.#expected = expected;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** At once for a token that was verified before. @param authorization the header. Never rejects. */
  verify(authorization: string): TokenVerdict | Promise<TokenVerdict> {
    const digest = hash('sha256', authorization, 'base64');
    const known = this.#remembered.get(digest);
    if (known && known.generation === this.#keys.generation && this.#clock.wall().getTime() < known.endsMs)
      return { caller: known.caller };
    return this.#verifyAnew(authorization, digest);
  }

  async #verifyAnew(authorization: string, digest: string): Promise<TokenVerdict> {
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) return { refusal: 'malformed' };
    try {
      const { alg, ...header } = decodeProtectedHeader(token);
      if (alg === undefined || !this.#keys.algorithms.includes(alg)) return { refusal: 'algorithm' };
      const { keys, generation } = await this.#keys.keysFor({ ...header, alg });
      const payload = await this.#payloadOf(token, keys);
      if (!payload) return { refusal: keys.length === 0 ? 'unknown-key' : 'signature' };
      const { sub, exp = 0 } = payload;
      if (!isCallerId(sub)) return { refusal: 'claims', claim: 'sub' };
      const caller = callerOf(sub, grantsOf(scopesOfClaims(payload)));
      this.#remembered.set(digest, { caller, generation, endsMs: (exp + TOLERANCE_SECONDS) * 1_000 });
      return { caller };
    } catch (error) {
      return verdictOf(error);
    }
  }

  /** Undefined where none of the keys has signed it. */
  async #payloadOf(token: string, keys: FittingKeys['keys']): Promise<JWTPayload | undefined> {
    for (const key of keys) {
      const payload = await this.#payloadBy(key, token);
      if (payload) return payload;
    }
    return undefined;
  }

  /** Undefined where it is signed by another key. */
  async #payloadBy(key: FittingKeys['keys'][number], token: string): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(token, key, {
        ...this.#expected,
        algorithms: [...this.#keys.algorithms],
        requiredClaims: ['exp', 'sub'],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: this.#clock.wall(),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
      throw error;
    }
  }
}

function verdictOf(error: unknown): TokenVerdict {
  if (error instanceof KeysUnavailableError) return { refusal: 'keys-unavailable' };
  if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
    const { sub } = error.payload;
    return {
      refusal: error instanceof errors.JWTExpired ? 'expired' : 'claims',
      claim: error.claim,
      ...(isCallerId(sub) ? { subject: sub } : {}),
    };
  }
  return { refusal: 'malformed' };
}
