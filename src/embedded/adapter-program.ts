import { Registry } from 'prom-client';
import { startAdapter } from '../adapter/adapter.ts';
import { loadAdapterFile } from '../adapter/load-file.ts';
import type { Clock } from '../lib/clock.ts';
import { clusterResolver } from './cluster-dns.ts';
import type { OpenBudget } from './open-budget.ts';
import type { Program } from './programs.ts';
import type { Services } from './services.ts';

export interface AdapterProgramOptions {
  clock: Clock;
  services: Services;
  openBudget: OpenBudget;
}

/** Endpoints of Services change at once here; only what is under way needs its time. */
const DRAIN_GRACE_MS = 100;

/** `adapter --config PATH`, on a free loopback port instead of that of its file. */
export function adapterProgram({ clock, services, openBudget }: AdapterProgramOptions): Program {
  return async (spec, config) => {
    const { file, folder } = await loadAdapterFile(config);
    const { budget, abandon } = openBudget(file, spec);
    const adapter = await startAdapter({
      file,
      folder,
      budget,
      metrics: new Registry(),
      log: spec.log,
      clock,
      resolve: clusterResolver(services, spec.pod.namespace),
      listen: { host: '127.0.0.1', port: 0 },
      drainGraceMs: DRAIN_GRACE_MS,
    }).catch((error: unknown) => {
      abandon();
      throw error;
    });
    let ended: Promise<void> | undefined;
    const end = async () => {
      // First of all: a process that is killed says no last word of the connections that it cuts.
      abandon();
      await adapter.close();
    };
    const kill = () => (ended ??= end());
    return {
      ports: new Map([[file.http.port, adapter.port]]),
      kill,
      async stop() {
        await adapter.drain();
        await kill();
      },
    };
  };
}
