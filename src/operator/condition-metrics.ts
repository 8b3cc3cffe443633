import { Gauge, type Registry } from 'prom-client';
import type { Caches } from './caches.ts';

/**
 * What the status of users' objects says, read when it is scraped: so that an alert needs nothing but the operator. Only the leader
 * tells. Returns what sets the source, and with nothing takes it away.
 */
export function conditionMetrics(registry: Registry): (source: Caches | undefined) => void {
  let source: Caches | undefined;
  new Gauge({
    name: 'eppset_condition',
    help: 'Conditions of EppRegistry, EppSet and EppGateway objects: 1 when True, 0 when False, absent while Unknown.',
    labelNames: ['namespace', 'kind', 'name', 'type'] as const,
    registers: [registry],
    collect() {
      this.reset();
      if (source === undefined) return;
      const { registries, sets, gateways } = source;
      for (const cache of [registries, sets, gateways]) {
        for (const { kind, metadata, status } of cache.list()) {
          const of = { namespace: metadata.namespace ?? '', kind, name: metadata.name };
          for (const { type, status: value } of status?.conditions ?? [])
            if (value !== 'Unknown') this.set({ ...of, type }, value === 'True' ? 1 : 0);
        }
      }
    },
  });
  return (next) => {
    source = next;
  };
}
