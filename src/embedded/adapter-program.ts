import { Registry } from 'prom-client';
import { startAdapter } from '../adapter/adapter.ts';
import { loadAdapterFile } from '../adapter/load-file.ts';
import { type LeaseAccess, openBudget } from '../adapter/open-budget.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import type { BootClock } from '../lib/boot-clock.ts';
import type { Clock } from '../lib/clock.ts';
import { clusterPeers, clusterResolver } from './cluster-dns.ts';
import type { Program } from './programs.ts';
import type { Services } from './services.ts';

export interface AdapterProgramOptions {
  client: KubeClient;
  clock: Clock;
  bootClock: BootClock;
  services: Services;
}

/** Half of what a real cluster is given: the endpoints of Services change at once here, but callers' connections must be told to close. */
const DRAIN_GRACE_MS = 1_000;

/** `adapter --config PATH`, on a free loopback port instead of that of its file. */
export function adapterProgram({ client, clock, bootClock, services }: AdapterProgramOptions): Program {
  return async (spec, config) => {
    const { file, folder } = await loadAdapterFile(config);
    const leaseAccess = (): LeaseAccess => {
      const { POD_NAMESPACE: namespace, POD_UID: name } = spec.env;
      if (!namespace || !name)
        throw new Error('budget mode lease needs POD_NAMESPACE and POD_UID in the environment');
      return { client, leaseKey: { namespace, name } };
    };
    const { budget, leadership, abandon } = openBudget({
      file,
      leaseAccess,
      clock,
      bootClock,
      log: spec.log,
    });
    const adapter = await startAdapter({
      file,
      folder,
      budget,
      leadership,
      metrics: new Registry(),
      log: spec.log,
      clock,
      resolve: clusterResolver(services, spec.pod.namespace),
      ...(file.peers ? { peers: clusterPeers(services, spec.pod.namespace, file.peers) } : {}),
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
