import type { Clock } from '../../lib/clock.ts';
import type { IdempotencyStore } from './store.ts';

/** What a keyed request waits for before anything is sent: how long each claim took, failed ones too. */
export function timedStore(
  store: IdempotencyStore,
  { clock, took }: { clock: Clock; took(seconds: number): void },
): IdempotencyStore {
  return {
    async claim(id, claim) {
      const startMs = clock.monotonicMs();
      try {
        return await store.claim(id, claim);
      } finally {
        took((clock.monotonicMs() - startMs) / 1_000);
      }
    },
    settle: (id, claim, settled) => store.settle(id, claim, settled),
    release: (id, claim) => store.release(id, claim),
    close: () => store.close(),
  };
}
