/** The connection budget that the adapter's file asks for: the pod's lease, or a fixed share. */
import { randomInt, randomUUID } from 'node:crypto';
import type { AdapterFile } from '../api/files/adapter-file.ts';
import type { ConnectionBudget } from '../budget/connection-budget.ts';
import { startHolder } from '../budget/kube/holder-binding.ts';
import { localBudget } from '../budget/local-budget.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import type { ObjectKey } from '../kube/objects.ts';
import type { BootClock } from '../lib/boot-clock.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { alone, type Leadership, leaseLeadership } from './jobs/leadership.ts';

/** How a pod reaches its lease. */
export interface LeaseAccess {
  client: KubeClient;
  /** Namespace of the pod, and its UID as the name. */
  leaseKey: ObjectKey;
}

export interface OpenBudgetOptions {
  file: AdapterFile;
  /** Asked for in mode `lease` alone. */
  leaseAccess(): LeaseAccess;
  clock: Clock;
  bootClock: BootClock;
  log: Log;
}

export interface OpenedBudget {
  budget: ConnectionBudget;
  /** Who runs the periodic jobs of an account: whoever is alone, or holds the account's Lease. */
  leadership(account: string): Leadership;
  /** Lets go of it as a process does that ends: nothing more is told. */
  abandon(): void;
}

export function openBudget({ file, leaseAccess, clock, bootClock, log }: OpenBudgetOptions): OpenedBudget {
  if (file.budget.mode === 'local') {
    const shares = file.accounts.map(({ name, connections, commands, pool }) => [
      name,
      { ...connections, commands, max: pool.max },
    ]);
    const budget = localBudget({ accounts: Object.fromEntries(shares), clock });
    return { budget, leadership: () => alone, abandon: () => budget.stop() };
  }
  const { client, leaseKey } = leaseAccess();
  const { timeScale } = file.budget;
  const identity = `${leaseKey.name}_${randomUUID()}`;
  const holder = startHolder({
    client,
    leaseKey,
    accounts: Object.fromEntries(file.accounts.map(({ name, connections }) => [name, connections])),
    timeScale,
    clock,
    bootClock,
    log,
    newIncarnation: randomUUID,
    seed: randomInt(2 ** 31),
  });
  const namespace = leaseKey.namespace ?? 'default';
  return {
    budget: holder,
    leadership: (account) => leaseLeadership({ client, namespace, account, identity, timeScale, clock, log }),
    abandon: () => holder.stop(),
  };
}
