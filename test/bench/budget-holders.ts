/** Many lease holders in a process of their own, as so many adapters would have them; each opens what it needs, and no socket. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Slot } from '../../src/budget/connection-budget.ts';
import { type BoundHolder, startHolder } from '../../src/budget/kube/holder-binding.ts';
import { createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { systemBootClock } from '../../src/lib/boot-clock.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';

const SELF = fileURLToPath(import.meta.url);

export interface HoldersPlan {
  kubeconfigPath: string;
  namespace: string;
  /** UIDs of their pods. */
  pods: readonly string[];
  accounts: readonly { name: string; idleTimeoutSeconds: number }[];
}

export interface HolderProcess {
  /** Of its holders: those that have a connection at every account, and all connections together. */
  state(): Promise<{ served: number; open: number; trouble: string[] }>;
  stop(): Promise<void>;
}

export function startHolders(plan: HoldersPlan): HolderProcess {
  const child = fork(SELF, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send(plan);
  return {
    state: () => ask(child),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      }),
  };
}

function ask<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`holders ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer as T);
    });
    child.send('state');
  });
}

/** A pod that has one, two or three requests in flight at each account, always. */
class SteadyPod {
  readonly holder: BoundHolder;
  readonly #slots = new Map<string, Slot[]>();
  readonly #inUse: number;

  constructor(holder: BoundHolder, accounts: readonly string[], inUse: number) {
    this.holder = holder;
    this.#inUse = inUse;
    for (const account of accounts) this.#slots.set(account, []);
    holder.onChange(() => this.#use());
    this.#use();
  }

  #use(): void {
    for (const [account, slots] of this.#slots) {
      for (let { excess } = this.holder.account(account); excess > 0 && slots.length > 0; excess--) {
        const slot = slots.pop();
        slot?.closing();
        slot?.ended('confirmed');
      }
      while (slots.length <= this.#inUse) {
        const slot = this.holder.acquire(account);
        if (!slot?.mayConnect()) break;
        slot.opened();
        // What its login would have told: else the allocator asks one after the other to find out.
        this.holder.loginResult(account, 'proven');
        slots.push(slot);
      }
      this.holder.report(account, { inUse: this.#inUse, queued: 0 });
    }
  }

  get open(): number[] {
    return [...this.#slots.values()].map(({ length }) => length);
  }
}

async function holders({ kubeconfigPath, namespace, pods, accounts }: HoldersPlan): Promise<SteadyPod[]> {
  const config = await loadClusterConfig({ kubeconfig: kubeconfigPath, env: {} });
  // A pod has connections of its own; these share them.
  const client = createClient(config, { clock, log, connections: 50 });
  return pods.map((name, n) => {
    const holder = startHolder({
      client,
      leaseKey: { namespace, name },
      accounts: Object.fromEntries(accounts.map(({ name: account, ...times }) => [account, times])),
      timeScale: 1,
      clock,
      bootClock: systemBootClock(),
      log,
      newIncarnation: randomUUID,
      seed: randomInt(2 ** 31),
    });
    const names = accounts.map(({ name: account }) => account);
    return new SteadyPod(holder, names, 1 + (n % 3));
  });
}

if (process.argv[1] === SELF) {
  let started: Promise<SteadyPod[]> | undefined;
  process.on('message', async (message: HoldersPlan | 'state') => {
    if (message !== 'state') {
      started = holders(message);
      return;
    }
    const all = (await started) ?? [];
    const trouble = all.flatMap(({ holder }) => holder.trouble ?? []);
    process.send?.({
      served: all.filter(({ open }) => open.every((count) => count > 0)).length,
      open: all.reduce((sum, { open }) => sum + open.reduce((a, b) => a + b, 0), 0),
      trouble: [...new Set(trouble)].slice(0, 3),
    });
  });
}
