import type { Claim, ClaimResult, Settled } from './record.ts';

/** Where idempotency keys are kept. Every method is one atomic step; see record.ts for what each does. */
export interface IdempotencyStore {
  /**
   * @param id of the key: tells neither the key nor whose it is
   * @throws StoreUnavailable: whether the claim was made is not known then
   */
  claim(id: string, claim: Claim): Promise<ClaimResult>;
  /** Throws StoreUnavailable. May be repeated. */
  settle(id: string, claim: Claim, settled: Settled): Promise<void>;
  /** Throws StoreUnavailable. May be repeated. */
  release(id: string, claim: Claim): Promise<void>;
  /** What is under way fails. Never rejects. */
  close(): Promise<void>;
}

/** The store did not answer, or has no room. The message is for logs and callers: no secret. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
