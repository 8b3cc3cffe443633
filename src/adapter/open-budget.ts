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
    return { budget, abandon: () => budget.stop() };
  }
  const holder = startHolder({
    ...leaseAccess(),
    accounts: Object.fromEntries(file.accounts.map(({ name, connections }) => [name, connections])),
    timeScale: file.budget.timeScale,
    clock,
    bootClock,
    log,
    newIncarnation: randomUUID,
    seed: randomInt(2 ** 31),
  });
  return { budget: holder, abandon: () => holder.stop() };
}
