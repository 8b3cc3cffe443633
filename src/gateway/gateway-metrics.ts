/** The metrics of a gateway. Every label has a bounded number of values. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { buildInfo } from '../lib/build-info.ts';
import type { Progress } from './progress.ts';
import type { Outcome } from './request.ts';
import { type RequestLabels, requestTallies, type Tally } from './request-tallies.ts';

export interface GatewayMetrics {
  /** One request that was answered. @param status the HTTP status, or the code of a problem of the gateway's own */
  request(progress: Progress, told: { status: string; outcome: Outcome; seconds: number }): void;
  failedOver(from: string, to: string): void;
  retried(business: string): void;
  hedged(business: string): void;
  ejected(set: string): void;
}

const NONE = 'none';

/** @param inFlight requests that are not answered yet */
export function gatewayMetrics(registry: Registry, inFlight: () => number): GatewayMetrics {
  buildInfo(registry, 'gateway');
  const registers = [registry];
  const newTally = requestTallies(registry);
  new Gauge({
    name: 'epp_commands_in_flight',
    help: 'Requests that are not answered yet.',
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  const failovers = new Counter({
    name: 'epp_failover_total',
    help: 'Requests that went from their own set to the fallback set.',
    labelNames: ['from', 'to'],
    registers,
  });
  const retries = new Counter({
    name: 'epp_gateway_retries_total',
    help: 'Further attempts at another instance, by kind: retry, hedge.',
    labelNames: ['business', 'kind'],
    registers,
  });
  const ejections = new Counter({
    name: 'epp_gateway_ejections_total',
    help: 'Instances that were taken out for a while, for what the gateway saw of them.',
    labelNames: ['set'],
    registers,
  });
  const tallies = new Map<string, Tally>();
  /** Most requests are as the one before: no key has to be put together for them. */
  let last: Tally | undefined;
  return {
    request({ rules, set = NONE, level = NONE, path = NONE }, { status, outcome, seconds }) {
      const { business, label } = rules ?? { business: NONE, label: NONE };
      if (last && isOf(last, { business, set, level, path, operation: label, status, outcome })) {
        last.add(seconds);
        return;
      }
      const key = `${business} ${set} ${level} ${path} ${label} ${status} ${outcome}`;
      let tally = tallies.get(key);
      if (!tally) {
        tally = newTally({ business, set, level, path, operation: label, status, outcome });
        tallies.set(key, tally);
      }
      tally.add(seconds);
      last = tally;
    },
    failedOver: (from, to) => failovers.inc({ from, to }),
    retried: (business) => retries.inc({ business, kind: 'retry' }),
    hedged: (business) => retries.inc({ business, kind: 'hedge' }),
    ejected: (set) => ejections.inc({ set }),
  };
}

function isOf({ labels }: Tally, other: RequestLabels): boolean {
  return (
    labels.operation === other.operation &&
    labels.status === other.status &&
    labels.set === other.set &&
    labels.level === other.level &&
    labels.business === other.business &&
    labels.path === other.path &&
    labels.outcome === other.outcome
  );
}
