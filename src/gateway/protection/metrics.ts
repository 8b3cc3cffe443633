/** What a gateway counts while it protects the sets. No label comes from a caller. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface ProtectionMetrics {
  limited(refusal: { scope: string; limit: string; business: string }): void;
  shed(business: string): void;
  staleAnswer(business: string): void;
  degradation(active: boolean): void;
  /** Of the business that is watched, by account; those that are not given are gone. */
  utilization(business: string, byAccount: ReadonlyMap<string, number>): void;
}

export function protectionMetrics(registry: Registry): ProtectionMetrics {
  const registers = [registry];
  const limited = new Counter({
    name: 'epp_limited_total',
    help: 'Requests over a limit, by whose it is (caller, business) and by what was too much (rate, concurrency).',
    labelNames: ['scope', 'limit', 'business'],
    registers,
  });
  const shed = new Counter({
    name: 'epp_shed_total',
    help: 'Requests that gave way to the business that is watched.',
    labelNames: ['business'],
    registers,
  });
  const stale = new Counter({
    name: 'epp_stale_answers_total',
    help: 'Checks that were answered from earlier answers while the watched business was short of connections.',
    labelNames: ['business'],
    registers,
  });
  const active = new Gauge({
    name: 'epp_degradation_active',
    help: '1 while others give way to the business that is watched.',
    registers,
  });
  const utilization = new Gauge({
    name: 'epp_pool_utilization_ratio',
    help: 'Share of the granted connections of the watched business that are at work, by account; at least 1 while commands wait.',
    labelNames: ['business', 'account'],
    registers,
  });
  return {
    limited: (refusal) => limited.inc({ ...refusal }),
    shed: (business) => shed.inc({ business }),
    staleAnswer: (business) => stale.inc({ business }),
    degradation: (isActive) => active.set(isActive ? 1 : 0),
    utilization(business, byAccount) {
      utilization.reset();
      for (const [account, ratio] of byAccount) utilization.set({ business, account }, ratio);
    },
  };
}
