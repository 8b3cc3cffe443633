import { Gauge, type Registry } from 'prom-client';
import type { BudgetView } from './budget-view.ts';
import type { Caches } from './caches.ts';

/** What the gauges are read from, while this process leads. */
export interface AccountSource {
  caches: Caches;
  budget: BudgetView;
}

/**
 * The connections of all accounts and sets, read when they are scraped. Only the leader tells them: sums over operators would count
 * twice. Returns what sets the source, and with nothing takes it away.
 */
export function accountMetrics(registry: Registry): (source: AccountSource | undefined) => void {
  let source: AccountSource | undefined;
  const bySet = new Gauge({
    name: 'eppset_set_connections',
    help: 'Connections of a set at a registry account: granted, open; waiting counts requests without one.',
    labelNames: ['namespace', 'registry', 'set', 'state'] as const,
    registers: [registry],
  });
  new Gauge({
    name: 'eppset_account_connections',
    help: 'Connections of a registry account: limit (what may be used), granted, open, quarantined, free; waiting counts requests without one.',
    labelNames: ['namespace', 'registry', 'state'] as const,
    registers: [registry],
    collect() {
      this.reset();
      bySet.reset();
      for (const raw of source?.caches.registries.list() ?? []) {
        const parsed = source?.caches.parsedRegistry(raw);
        const figures = parsed?.ok && source?.budget.account(parsed.value);
        if (!figures) continue;
        const labels = { namespace: raw.metadata.namespace ?? '', registry: raw.metadata.name };
        for (const state of ['limit', 'granted', 'open', 'quarantined', 'free', 'waiting'] as const) {
          this.set({ ...labels, state }, figures[state]);
        }
        for (const [set, of] of figures.bySet) {
          for (const state of ['granted', 'open', 'waiting'] as const)
            bySet.set({ ...labels, set, state }, of[state]);
        }
      }
    },
  });
  return (next) => {
    source = next;
  };
}
