import { Counter, Gauge, type Registry } from 'prom-client';

export interface CheckMetrics {
  /** How the names of one check were found. */
  names(registry: string, counts: { hit: number; miss: number; joined: number }): void;
  /** Asked when the metrics are scraped: names that are kept; adapters of the set that do not know of every change. */
  watch(figures: { kept(): number; behind(): number }): void;
}

export function checkMetrics(registry: Registry, owner: { set: string; business: string }): CheckMetrics {
  const requests = new Counter({
    name: 'epp_check_cache_requests_total',
    help: 'Names in availability checks: answered from what is kept, asked for, or joined to a check under way.',
    labelNames: ['set', 'business', 'registry', 'result'],
    registers: [registry],
  });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['set', 'business'],
      registers: [registry],
      collect() {
        this.set(owner, value());
      },
    });
  let watched = { kept: () => 0, behind: () => 0 };
  gauge('epp_check_cache_names', 'Names whose availability is kept.', () => watched.kept());
  gauge(
    'epp_check_cache_peers_behind',
    'Adapters of the set that could not be told of every change yet.',
    () => watched.behind(),
  );
  return {
    names(name, counts) {
      for (const [result, count] of Object.entries(counts))
        if (count > 0) requests.inc({ ...owner, registry: name, result }, count);
    },
    watch(figures) {
      watched = figures;
    },
  };
}
