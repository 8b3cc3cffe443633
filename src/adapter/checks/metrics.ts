import { Counter, Gauge, type Registry } from 'prom-client';

export interface CheckMetrics {
  /** How the names of one check were found. */
  names(registry: string, counts: { hit: number; miss: number; joined: number }): void;
  /** Asked when the metrics are scraped. */
  watch(figures: CheckFigures): void;
}

export interface CheckFigures {
  /** Names that are kept now. */
  kept(): number;
  /** Names that were kept until a change came, since the start. */
  dropped(): number;
  /** Adapters of the set that are known. */
  peers(): number;
  /** Those that are found, and never said a word: while there are any, nothing is kept. */
  silent(): number;
  /** Those of them that do not know of every change. */
  behind(): number;
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
  const none = () => 0;
  let watched: CheckFigures = { kept: none, dropped: none, peers: none, silent: none, behind: none };
  gauge('epp_check_cache_names', 'Names whose availability is kept.', () => watched.kept());
  new Counter({
    name: 'epp_check_cache_dropped_total',
    help: 'Names that were kept until a change of them came, through this adapter or another one of the set.',
    labelNames: ['set', 'business'],
    registers: [registry],
    collect() {
      this.reset();
      this.inc(owner, watched.dropped());
    },
  });
  gauge('epp_check_cache_peers', 'Other adapters of the set that are told of changes.', () =>
    watched.peers(),
  );
  gauge(
    'epp_check_cache_peers_silent',
    'Other adapters of the set that have not said a word yet: as long as there are any, nothing is kept.',
    () => watched.silent(),
  );
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
