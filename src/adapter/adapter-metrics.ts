/** The metrics of an adapter. Every label has a bounded number of values. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Outcome } from '../epp/session.ts';
import { buildInfo } from '../lib/build-info.ts';
import type { ConnectionEvents } from './connection-opener.ts';
import { type PoolMetrics, poolMetrics } from './pool-metrics.ts';

export interface AdapterMetrics extends PoolMetrics {
  /**
   * One request that was answered, by us or by the registry.
   * @param request.status the registry's result code, else why there is none: an error code of ours
   */
  request(request: {
    registry: string;
    operation: string;
    status: string;
    /** What is known of its command; nothing was sent by default. */
    outcome?: Outcome;
    seconds: number;
  }): void;
  connectionEvents(registry: string): ConnectionEvents;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function adapterMetrics(registry: Registry, owner: { set: string; business: string }): AdapterMetrics {
  buildInfo(registry, 'adapter');
  const registers = [registry];
  const ofConnection = ['set', 'business', 'registry'] as const;
  const ofRequest = [...ofConnection, 'operation', 'status'] as const;
  const requests = new Counter({
    name: 'epp_request_total',
    help: 'Requests, by operation and by result code of the registry or error code of the adapter.',
    labelNames: ofRequest,
    registers,
  });
  const durations = new Histogram({
    name: 'epp_request_duration_seconds',
    help: 'From the request to its answer, waiting included.',
    labelNames: ofRequest,
    buckets: SECONDS,
    registers,
  });
  const outcomes = new Counter({
    name: 'epp_request_outcomes_total',
    help: 'Requests by what is known of their command: done, not-sent, unknown.',
    labelNames: [...ofConnection, 'operation', 'outcome'],
    registers,
  });
  /** Bound to their labels once: there are few combinations, and many requests. */
  const ofRequests = new Map<
    string,
    { count: Counter.Internal; duration: Histogram.Internal<string>; outcomes: Counter.Internal }
  >();
  const counter = (name: string, help: string, more: readonly string[] = []) =>
    new Counter({ name, help, labelNames: [...ofConnection, ...more], registers });
  const opens = counter('epp_connection_opens_total', 'Logins that were answered 1000.');
  const failures = counter(
    'epp_connection_open_failures_total',
    'Attempts to open a connection that failed.',
    ['reason'],
  );
  const losses = counter('epp_connection_losses_total', 'Open connections that ended unasked.', ['reason']);

  const refusals = counter(
    'epp_login_refusals_total',
    "Logins that the registry refused for their credentials, by its result code; 'none': we did not send them.",
    ['code'],
  );

  return {
    request({ registry: account, operation, status, outcome = 'not-sent', seconds }) {
      const key = `${account} ${operation} ${status} ${outcome}`;
      let bound = ofRequests.get(key);
      if (!bound) {
        const labels = { ...owner, registry: account, operation, status };
        bound = {
          count: requests.labels(labels),
          duration: durations.labels(labels),
          outcomes: outcomes.labels({ ...owner, registry: account, operation, outcome }),
        };
        ofRequests.set(key, bound);
      }
      bound.count.inc();
      bound.outcomes.inc();
      bound.duration.observe(seconds);
    },
    connectionEvents(name) {
      const labels = { ...owner, registry: name };
      return {
        opened: () => opens.inc(labels),
        openFailed: (reason) => failures.inc({ ...labels, reason }),
        lost: (reason) => losses.inc({ ...labels, reason }),
        loginRefused: (code) => refusals.inc({ ...labels, code: code ?? 'none' }),
      };
    },
    ...poolMetrics(registry, owner),
  };
}
