/** What the signatures of tokens are checked with. */
import type { CryptoKey, JWTHeaderParameters } from 'jose';

export interface TokenKeys {
  /** Those that these keys are for and no other: a public key must never be taken for a shared secret. */
  readonly algorithms: readonly string[];
  /** Another number after each change: what was verified before is verified anew. */
  readonly generation: number;
  /** @throws KeysUnavailableError while no keys are known at all */
  keysFor(header: JWTHeaderParameters): Promise<FittingKeys>;
  close(): void;
}

export interface FittingKeys {
  /** Those that may have signed; none where no key fits. */
  readonly keys: readonly (CryptoKey | Uint8Array)[];
  /** That they are of. */
  readonly generation: number;
}

export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}
