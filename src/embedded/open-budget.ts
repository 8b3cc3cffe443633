import { randomInt, randomUUID } from 'node:crypto';
import type { AdapterFile } from '../api/files/adapter-file.ts';
import type { ConnectionBudget } from '../budget/connection-budget.ts';
import { startHolder } from '../budget/kube/holder-binding.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import type { BootClock } from '../lib/boot-clock.ts';
import type { Clock } from '../lib/clock.ts';
import type { ContainerSpec } from './container.ts';

/** The connection budget of one process start. */
export interface OpenedBudget {
  budget: ConnectionBudget;
  /** Lets go of it as a process does that ends: nothing more is told. */
  abandon(): void;
}

export type OpenBudget = (file: AdapterFile, spec: ContainerSpec) => OpenedBudget;

export interface BudgetOptions {
  client: KubeClient;
  clock: Clock;
  bootClock: BootClock;
}

/** Opens what the adapter's file asks for: the pod's lease, or a fixed share. */
export function budgetOpener({ client, clock, bootClock }: BudgetOptions): OpenBudget {
  return (file, { pod, log }) => {
    if (file.budget.mode === 'local') throw new Error('budget mode local: not here yet');
    const holder = startHolder({
      client,
      leaseKey: { namespace: pod.namespace, name: pod.uid },
      accounts: Object.fromEntries(file.accounts.map(({ name, connections }) => [name, connections])),
      timeScale: file.budget.timeScale,
      clock,
      bootClock,
      log,
      newIncarnation: randomUUID,
      seed: randomInt(2 ** 31),
    });
    return { budget: holder, abandon: () => holder.stop() };
  };
}
