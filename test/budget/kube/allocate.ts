/** The allocator of an operator, with no more of the operator than the copies of objects that it reads. */
import { parseRegistry, parseSet } from '../../../src/api/parse.ts';
import { EPP_CONNECTION_LEASE } from '../../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_REGISTRY } from '../../../src/api/v1alpha1/registry.ts';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';
import { runAllocator } from '../../../src/budget/kube/allocator-binding.ts';
import { Informer } from '../../../src/kube/informer.ts';
import type { KubeClient } from '../../../src/kube/interfaces.ts';
import { systemClock as clock } from '../../../src/lib/clock.ts';
import { silentLog as log } from '../../../src/lib/log.ts';

export interface AllocateOptions {
  client: KubeClient;
  namespace: string;
  timeScale: number;
  signal: AbortSignal;
}

/** Leads in one namespace until the signal is aborted; rejects when another leader turns out to be at work. */
export async function allocate({ client, namespace, timeScale, signal }: AllocateOptions): Promise<void> {
  const scope = { client, clock, log, namespace };
  // Whatever ends the allocator ends what it reads from.
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const caches = {
    sets: new Informer({ ...scope, resource: EPP_SET }),
    registries: new Informer({ ...scope, resource: EPP_REGISTRY }),
    leases: new Informer({ ...scope, resource: EPP_CONNECTION_LEASE }),
    ledgers: new Informer({ ...scope, resource: EPP_CONNECTION_LEDGER }),
  };
  const { sets, registries, leases, ledgers } = caches;
  const reading = [sets, registries, leases, ledgers].map((informer) => informer.run(until));
  try {
    await runAllocator({
      ...scope,
      caches: { ...caches, parsedSet: parseSet, parsedRegistry: parseRegistry },
      events: { event: () => {} },
      counts: { noted: () => {}, alarmed: () => {} },
      timeScale,
      signal: until,
    });
  } finally {
    stop.abort();
    await Promise.all(reading);
  }
}
