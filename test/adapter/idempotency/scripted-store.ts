import { MemoryStore } from '../../../src/adapter/idempotency/memory-store.ts';
import type { Claim, ClaimResult, Settled } from '../../../src/adapter/idempotency/record.ts';
import { StoreUnavailable } from '../../../src/adapter/idempotency/store.ts';

/** A store that goes away and comes back when told to, and takes notes. */
export class ScriptedStore extends MemoryStore {
  /** `lost-answers`: what it is told is done, but it does not say so. `mute`: never answers. */
  state: 'there' | 'away' | 'lost-answers' | 'mute' = 'there';
  readonly calls: string[] = [];

  override claim(id: string, claim: Claim): Promise<ClaimResult> {
    return this.#call('claim', () => super.claim(id, claim));
  }

  override settle(id: string, claim: Claim, settled: Settled): Promise<void> {
    return this.#call(`settle ${settled.verdict}`, () => super.settle(id, claim, settled));
  }

  override release(id: string, claim: Claim): Promise<void> {
    return this.#call('release', () => super.release(id, claim));
  }

  async #call<T>(what: string, does: () => Promise<T>): Promise<T> {
    this.calls.push(what);
    if (this.state === 'mute') return new Promise(() => {});
    if (this.state === 'away') throw new StoreUnavailable('away');
    const result = await does();
    if (this.state === 'lost-answers') throw new StoreUnavailable('the answer got lost');
    return result;
  }
}
