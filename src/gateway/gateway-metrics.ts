/** The metrics of a gateway. Every label has a bounded number of values. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Progress } from './progress.ts';
import type { Outcome } from './request.ts';

export interface GatewayMetrics {
  /** One request that was answered. @param status the HTTP status, or the code of a problem of the gateway's own */
  request(progress: Progress, told: { status: string; outcome: Outcome; seconds: number }): void;
  failedOver(from: string, to: string): void;
  retried(business: string): void;
  hedged(business: string): void;
  ejected(set: string): void;
  noRoute(business: string): void;
  limited(scope: string, limit: string): void;
  shed(business: string): void;
  switchedOff(business: string): void;
  stale(business: string): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const NONE = 'none';

/** @param inFlight requests that are not answered yet */
export function gatewayMetrics(registry: Registry, inFlight: () => number): GatewayMetrics {
  const registers = [registry];
  const where = ['business', 'set', 'level', 'path', 'operation'] as const;
  const requests = new Counter({
    name: 'epp_request_total',
    help: 'Requests, by what served them and by HTTP status or problem code of the gateway.',
    labelNames: [...where, 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'epp_request_duration_seconds',
    help: 'From the headers of the request to its answer.',
    labelNames: [...where, 'status'],
    buckets: SECONDS,
    registers,
  });
  const outcomes = new Counter({
    name: 'epp_request_outcomes_total',
    help: 'Requests by what is known of their command: done, not-sent, unknown.',
    labelNames: [...where, 'outcome'],
    registers,
  });
  new Gauge({
    name: 'epp_commands_in_flight',
    help: 'Requests that are not answered yet.',
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const failovers = counter(
    'epp_failover_total',
    'Requests that went to a fallback set, from a set to another.',
    ['from', 'to'],
  );
  const retries = counter('epp_gateway_retries_total', 'Further attempts at another instance.', [
    'business',
    'kind',
  ]);
  const ejections = counter(
    'epp_gateway_ejections_total',
    'Instances that were taken out for what the gateway saw of them, by set.',
    ['set'],
  );
  const noRoutes = counter('epp_gateway_no_route_total', 'Requests that no set could serve.', ['business']);
  const refusals = counter(
    'epp_gateway_refusals_total',
    'Requests that the gateway refused to protect others, by what they ran into.',
    ['business', 'reason'],
  );
  const stale = counter(
    'epp_gateway_stale_answers_total',
    'Checks that were answered from kept answers, since the business that matters was short of connections.',
    ['business'],
  );
  /** Bound to their labels once: there are few combinations, and many requests. */
  const bound = new Map<
    string,
    { count: Counter.Internal; duration: Histogram.Internal<string>; outcomes: Counter.Internal }
  >();
  return {
    request({ rules, set = NONE, level = NONE, path = NONE }, { status, outcome, seconds }) {
      const { business, label } = rules ?? { business: NONE, label: NONE };
      const key = `${business} ${set} ${level} ${path} ${label} ${status} ${outcome}`;
      let metrics = bound.get(key);
      if (!metrics) {
        const labels = { business, set, level, path, operation: label };
        metrics = {
          count: requests.labels({ ...labels, status }),
          duration: durations.labels({ ...labels, status }),
          outcomes: outcomes.labels({ ...labels, outcome }),
        };
        bound.set(key, metrics);
      }
      metrics.count.inc();
      metrics.outcomes.inc();
      metrics.duration.observe(seconds);
    },
    failedOver: (from, to) => failovers.inc({ from, to }),
    retried: (business) => retries.inc({ business, kind: 'retry' }),
    hedged: (business) => retries.inc({ business, kind: 'hedge' }),
    ejected: (set) => ejections.inc({ set }),
    noRoute: (business) => noRoutes.inc({ business }),
    limited: (business, limit) => refusals.inc({ business, reason: limit }),
    shed: (business) => refusals.inc({ business, reason: 'shed' }),
    switchedOff: (business) => refusals.inc({ business, reason: 'switched-off' }),
    stale: (business) => stale.inc({ business }),
  };
}
