import { Gauge, type Registry } from 'prom-client';
import { VERSION } from './version.ts';

/** Registers a series that is always there: what version runs, and that somebody is scraped at all. */
export function buildInfo(registry: Registry, component: 'operator' | 'adapter' | 'gateway'): void {
  new Gauge({
    name: 'eppset_build_info',
    help: '1 while the process runs, by its version and by what it is: operator, adapter, gateway.',
    labelNames: ['component', 'version'],
    registers: [registry],
  }).set({ component, version: VERSION }, 1);
}
