import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type StoreWatch, WEAKNESSES, type Weakness } from './store-health.ts';

/** `conflict`: the key of another request. `unknown`: its first try ended so, or never did. */
export type IdempotencyResult = 'new' | 'replayed' | 'conflict' | 'running' | 'unknown' | 'store-unavailable';

/** A claim is given up after a second. */
const CLAIM_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface IdempotencyMetrics {
  request(registry: string, result: IdempotencyResult): void;
  /** Asked when the metrics are scraped. */
  watchUntold(count: () => number): void;
  store: StoreWatch;
  /** A claim has been answered, or given up. */
  claimTook(seconds: number): void;
}

export function idempotencyMetrics(
  registry: Registry,
  owner: { set: string; business: string },
): IdempotencyMetrics {
  const requests = new Counter({
    name: 'epp_idempotency_requests_total',
    help: 'Transforms with an idempotency key, by what is known of the key.',
    labelNames: ['set', 'business', 'registry', 'result'],
    registers: [registry],
  });
  const claims = new Histogram({
    name: 'epp_idempotency_claim_seconds',
    help: 'How long the store of idempotency keys took to claim a key: nothing is sent before that.',
    labelNames: ['set', 'business'],
    buckets: CLAIM_BUCKETS,
    registers: [registry],
  });
  let untold = () => 0;
  new Gauge({
    name: 'epp_idempotency_untold',
    help: 'Requests that have ended without the store of idempotency keys being told; it is told again.',
    labelNames: ['set', 'business'],
    registers: [registry],
    collect() {
      this.set(owner, untold());
    },
  });
  return {
    claimTook: (seconds) => claims.observe(owner, seconds),
    store: storeMetrics(registry, owner),
    request: (name, result) => requests.inc({ ...owner, registry: name, result }),
    watchUntold(count) {
      untold = count;
    },
  };
}

function storeMetrics(registry: Registry, owner: { set: string; business: string }): StoreWatch {
  const up = new Gauge({
    name: 'epp_idempotency_store_up',
    help: 'Whether the store of idempotency keys can be asked: 1 or 0. While it is 0, transforms with a key are refused.',
    labelNames: ['set', 'business'],
    registers: [registry],
  });
  const weaknesses = new Gauge({
    name: 'epp_idempotency_store_weakness',
    help: 'What may make the store forget idempotency keys before 24 hours are over, so that a request may be run twice: 1 where it is so.',
    labelNames: ['set', 'business', 'weakness'],
    registers: [registry],
  });
  up.set(owner, 0);
  return {
    reachable: (there) => up.set(owner, there ? 1 : 0),
    weak(found) {
      for (const weakness of Object.keys(WEAKNESSES) as Weakness[])
        weaknesses.set({ ...owner, weakness }, found.includes(weakness) ? 1 : 0);
    },
  };
}
