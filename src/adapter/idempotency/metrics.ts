import { Counter, Gauge, type Registry } from 'prom-client';

/** `conflict`: the key of another request. `unknown`: its first try ended so, or never did. */
export type IdempotencyResult = 'new' | 'replayed' | 'conflict' | 'running' | 'unknown' | 'store-unavailable';

export interface IdempotencyMetrics {
  request(registry: string, result: IdempotencyResult): void;
  /** Asked when the metrics are scraped. */
  watchUntold(count: () => number): void;
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
    request: (name, result) => requests.inc({ ...owner, registry: name, result }),
    watchUntold(count) {
      untold = count;
    },
  };
}
