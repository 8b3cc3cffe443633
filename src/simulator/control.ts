import type { Clock } from '../lib/clock.ts';
import type { Account } from './accounts.ts';
import type { FaultPlan } from './faults/plan.ts';
import { enqueue } from './messages.ts';
import type { Control } from './options.ts';
import type { SessionDeps, SimulatedSession } from './session.ts';
import type { RegistryStore } from './store.ts';

/** Changes a registry at run time: all of it, or nothing. Throws RangeError on an account that there is not. */
export function applyControl(
  change: Control,
  simulated: {
    accounts: ReadonlyMap<string, Account>;
    sessions: ReadonlySet<SimulatedSession>;
    settings: SessionDeps['settings'];
    faults: FaultPlan;
    store: RegistryStore;
    clock: Clock;
  },
): void {
  const { accounts, sessions, settings, faults, store, clock } = simulated;
  const accountOf = (clientId: string): Account => {
    const account = accounts.get(clientId);
    if (!account)
      throw new RangeError(`there is no account "${clientId}"; there are ${[...accounts.keys()].join(', ')}`);
    return account;
  };
  const limits = Object.entries(change.limits ?? {}).map(([clientId, limit]) => ({
    account: accountOf(clientId),
    limit,
  }));
  const victims = change.kill === undefined ? undefined : accountOf(change.kill.clientId);
  const locked = change.unlock && accountOf(change.unlock.clientId);
  const recipient = change.enqueue && accountOf(change.enqueue.clientId);
  // all names are known: from here on nothing is refused
  settings.latencyMs = { ...settings.latencyMs, ...defined(change.latencyMs) };
  settings.workMs = { ...settings.workMs, ...defined(change.workMs) };
  faults.change(defined(change.faults));
  for (const { account, limit } of limits) account.limit = limit;
  locked?.unlock();
  if (change.enqueue && recipient) {
    enqueue(store, recipient.clientId, change.enqueue.messages, clock.wall());
  }
  if (!victims) return;
  const mine = [...sessions].filter(({ account }) => account === victims);
  for (const session of mine.slice(0, change.kill?.count)) session.cut();
}

/** Without the keys that are undefined. */
function defined<T extends object>(object: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(object ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
