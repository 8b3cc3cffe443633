/**
 * The metrics of controllers and clients, by the names that controller-runtime and client-go gave them, so that stock dashboards
 * work. Several queues, controllers and clients share one registry: each metric is made by whoever comes first.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

function once<M>(registry: Registry, name: string, create: () => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? create();
}

/** A gauge that is read when it is scraped, from whoever provides it under its label. */
class ProvidedGauge extends Gauge<'name'> {
  readonly #providers = new Map<string, () => number>();

  provide(name: string, value: () => number): void {
    this.#providers.set(name, value);
  }

  collect(): void {
    for (const [name, value] of this.#providers) this.set({ name }, value());
  }
}

export type RequestCounter = Counter<'code' | 'method' | 'host'>;

export function requestCounter(registry: Registry): RequestCounter {
  const name = 'rest_client_requests_total';
  return once(
    registry,
    name,
    () =>
      new Counter({
        name,
        help: 'Requests to the Kubernetes API, by status code, method and host.',
        labelNames: ['code', 'method', 'host'],
        registers: [registry],
      }),
  );
}

/** Decades from 10 ns to 10 s were client-go's; here a queue is measured in milliseconds. */
const QUEUE_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300];
const RECONCILE_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** What a work queue tells about itself. Durations are seconds. */
export interface QueueMetrics {
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
}

export interface QueueGauges {
  depth(): number;
  unfinishedSeconds(): number;
  longestRunningSeconds(): number;
}

export function queueMetrics(registry: Registry, queue: string, gauges: QueueGauges): QueueMetrics {
  const config = (name: string, help: string) => ({
    name: `workqueue_${name}`,
    help,
    labelNames: ['name'] as const,
    registers: [registry],
  });
  const counter = (name: string, help: string) =>
    once(registry, `workqueue_${name}`, () => new Counter(config(name, help)));
  const histogram = (name: string, help: string) =>
    once(
      registry,
      `workqueue_${name}`,
      () => new Histogram({ ...config(name, help), buckets: QUEUE_BUCKETS }),
    );
  const gauge = (name: string, help: string, value: () => number) =>
    once(registry, `workqueue_${name}`, () => new ProvidedGauge(config(name, help))).provide(queue, value);
  gauge('depth', 'Keys that wait in the queue.', gauges.depth);
  gauge('unfinished_work_seconds', 'Seconds that keys in work have taken so far, summed.', () =>
    gauges.unfinishedSeconds(),
  );
  gauge('longest_running_processor_seconds', 'Seconds that the oldest key in work has taken so far.', () =>
    gauges.longestRunningSeconds(),
  );
  const adds = counter('adds_total', 'Keys added.');
  const retries = counter('retries_total', 'Keys added again after a failure.');
  const waiting = histogram('queue_duration_seconds', 'How long a key waited before it was worked on.');
  const working = histogram('work_duration_seconds', 'How long the work on a key took.');
  const labels = { name: queue };
  return {
    added: () => adds.inc(labels),
    retried: () => retries.inc(labels),
    waited: (seconds) => waiting.observe(labels, seconds),
    worked: (seconds) => working.observe(labels, seconds),
  };
}

export type ReconcileResult = 'success' | 'error' | 'requeue_after';

/** What a controller tells about itself. */
export interface ControllerMetrics {
  started(): void;
  finished(result: ReconcileResult, seconds: number): void;
}

export function controllerMetrics(
  registry: Registry,
  controller: string,
  concurrency: number,
): ControllerMetrics {
  const labels = { controller };
  const reconciles = once(
    registry,
    'controller_runtime_reconcile_total',
    () =>
      new Counter({
        name: 'controller_runtime_reconcile_total',
        help: 'Reconciliations, by controller and result.',
        labelNames: ['controller', 'result'] as const,
        registers: [registry],
      }),
  );
  const errors = once(
    registry,
    'controller_runtime_reconcile_errors_total',
    () =>
      new Counter({
        name: 'controller_runtime_reconcile_errors_total',
        help: 'Reconciliations that failed, by controller.',
        labelNames: ['controller'] as const,
        registers: [registry],
      }),
  );
  const time = once(
    registry,
    'controller_runtime_reconcile_time_seconds',
    () =>
      new Histogram({
        name: 'controller_runtime_reconcile_time_seconds',
        help: 'How long a reconciliation took, by controller.',
        labelNames: ['controller'] as const,
        buckets: RECONCILE_BUCKETS,
        registers: [registry],
      }),
  );
  const gauge = (name: string, help: string) =>
    once(
      registry,
      name,
      () => new Gauge({ name, help, labelNames: ['controller'] as const, registers: [registry] }),
    );
  gauge(
    'controller_runtime_max_concurrent_reconciles',
    'Reconciliations that a controller may run at once.',
  ).set(labels, concurrency);
  const active = gauge('controller_runtime_active_workers', 'Reconciliations that run now, by controller.');
  active.set(labels, 0);
  errors.inc(labels, 0);
  for (const result of ['success', 'error', 'requeue_after'] as const)
    reconciles.inc({ controller, result }, 0);
  return {
    started: () => active.inc(labels),
    finished(result, seconds) {
      active.dec(labels);
      reconciles.inc({ controller, result });
      if (result === 'error') errors.inc(labels);
      time.observe(labels, seconds);
    },
  };
}

export function leaderGauge(registry: Registry): Gauge<'name'> {
  const name = 'leader_election_master_status';
  return once(
    registry,
    name,
    () =>
      new Gauge({
        name,
        help: '1 while this process is the leader, else 0.',
        labelNames: ['name'],
        registers: [registry],
      }),
  );
}
