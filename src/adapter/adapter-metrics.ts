/** The metrics of an adapter. Every label has a bounded number of values. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AccountPool } from './account-pool.ts';
import type { ConnectionEvents } from './connection-opener.ts';

export interface AdapterMetrics {
  /**
   * One request that was answered, by us or by the registry.
   * @param request.status the registry's result code, else why there is none: an error code of ours
   */
  request(request: { registry: string; operation: string; status: string; seconds: number }): void;
  connectionEvents(registry: string): ConnectionEvents;
  /** Shows the pool's figures when they are scraped. */
  watch(pool: AccountPool, figures: () => { cap: number; occupied: number }): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function adapterMetrics(registry: Registry, owner: { set: string; business: string }): AdapterMetrics {
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
  /** Bound to their labels once: there are few combinations, and many requests. */
  const ofRequests = new Map<string, { count: Counter.Internal; duration: Histogram.Internal<string> }>();
  const counter = (name: string, help: string, more: readonly string[] = []) =>
    new Counter({ name, help, labelNames: [...ofConnection, ...more], registers });
  const opens = counter('epp_connection_opens_total', 'Logins that were answered 1000.');
  const failures = counter(
    'epp_connection_open_failures_total',
    'Attempts to open a connection that failed.',
    ['reason'],
  );
  const losses = counter('epp_connection_losses_total', 'Open connections that ended unasked.', ['reason']);

  const watched: { pool: AccountPool; figures: () => { cap: number; occupied: number } }[] = [];
  const gauge = (name: string, help: string, value: (seen: (typeof watched)[number]) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ofConnection,
      registers,
      collect() {
        for (const seen of watched) this.set({ ...owner, registry: seen.pool.account }, value(seen));
      },
    });
  gauge(
    'epp_connection_total',
    'Connections to the registry, those being opened or closed included.',
    ({ pool }) => {
      const { opening, idle, busy, closing } = pool.counts();
      return opening + idle + busy + closing;
    },
  );
  gauge('epp_connection_active', 'Connections at work on a command.', ({ pool }) => pool.counts().busy);
  gauge(
    'epp_connection_idle',
    'Connections that are logged in and wait for work.',
    ({ pool }) => pool.counts().idle,
  );
  gauge(
    'epp_connection_limit',
    'Connections that this process may hold now.',
    ({ figures }) => figures().cap,
  );
  gauge(
    'epp_connection_occupied',
    'Connections that count against the limit: also closed ones that the registry may still count.',
    ({ figures }) => figures().occupied,
  );
  gauge('epp_request_queue_size', 'Requests that wait for a connection.', ({ pool }) => pool.waiting);

  return {
    request({ registry: account, operation, status, seconds }) {
      const key = `${account} ${operation} ${status}`;
      let bound = ofRequests.get(key);
      if (!bound) {
        const labels = { ...owner, registry: account, operation, status };
        bound = { count: requests.labels(labels), duration: durations.labels(labels) };
        ofRequests.set(key, bound);
      }
      bound.count.inc();
      bound.duration.observe(seconds);
    },
    connectionEvents(name) {
      const labels = { ...owner, registry: name };
      return {
        opened: () => opens.inc(labels),
        openFailed: (reason) => failures.inc({ ...labels, reason }),
        lost: (reason) => losses.inc({ ...labels, reason }),
      };
    },
    watch: (pool, figures) => {
      watched.push({ pool, figures });
    },
  };
}
