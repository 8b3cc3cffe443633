import { Gauge, type Registry } from 'prom-client';
import type { InstanceSource, InstanceState } from '../instance.ts';

export const INSTANCE_STATES: readonly InstanceState[] = ['ready', 'draining', 'dead'];

/** How many of a set are in each state; `` is the set of those without one. */
export function countInstances(source: InstanceSource): Map<string, Record<InstanceState, number>> {
  const sets = new Map<string, Record<InstanceState, number>>();
  for (const { set = '', state } of source.instances) {
    const counts = sets.get(set) ?? { ready: 0, draining: 0, dead: 0 };
    counts[state] += 1;
    sets.set(set, counts);
  }
  return sets;
}

/** Read when they are scraped. A source without `lastSync` has nobody who confirms it. */
export function discoveryMetrics(
  registry: Registry,
  source: InstanceSource & { readonly lastSync?: Date | undefined },
): void {
  if ('lastSync' in source)
    new Gauge({
      name: 'epp_discovery_last_sync_timestamp_seconds',
      help: 'When the Kubernetes API last confirmed the list of instances, in Unix time; 0 before the first list. A silent, working API confirms each minute.',
      registers: [registry],
      collect() {
        this.set((source.lastSync?.getTime() ?? 0) / 1000);
      },
    });
  new Gauge({
    name: 'epp_discovery_instances',
    help: 'Instances that are known, by their set and state.',
    labelNames: ['set', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [set, counts] of countInstances(source))
        for (const state of INSTANCE_STATES) this.set({ set, state }, counts[state]);
    },
  });
}
