import type { Account } from './accounts.ts';
import { catchUp } from './commands.ts';
import { contentOf } from './control-options.ts';
import type { FaultPlan } from './faults/plan.ts';
import { announce } from './maintenance.ts';
import { enqueue } from './messages.ts';
import { changeMoney } from './money.ts';
import type { Control } from './options.ts';
import type { Registry } from './registry.ts';
import { changeByRegistry } from './server-change.ts';
import type { SessionDeps, SimulatedSession } from './session.ts';

/** Changes a registry at run time: all of it, or nothing. Throws RangeError on an account or object that there is not. */
export function applyControl(
  change: Control,
  simulated: {
    accounts: ReadonlyMap<string, Account>;
    sessions: ReadonlySet<SimulatedSession>;
    settings: SessionDeps['settings'];
    faults: FaultPlan;
    registry: Registry;
    advance(seconds: number): void;
    newServerId(): string;
  },
): void {
  const { accounts, sessions, settings, faults, registry } = simulated;
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
  const rich = change.money && accountOf(change.money.clientId);
  if (change.server) changeByRegistry(registry, change.server, simulated.newServerId());
  // all names are known: from here on nothing is refused
  settings.latencyMs = { ...settings.latencyMs, ...defined(change.latencyMs) };
  settings.workMs = { ...settings.workMs, ...defined(change.workMs) };
  faults.change(defined(change.faults));
  for (const { account, limit } of limits) account.limit = limit;
  locked?.unlock();
  if (change.enqueue && recipient) {
    for (const message of change.enqueue.messages) {
      enqueue(registry.store, recipient.clientId, contentOf(message), registry.now());
    }
  }
  if (change.money && rich) changeMoney(registry, rich.clientId, change.money);
  if (change.maintenance) announce(registry, change.maintenance, accounts.keys());
  if (change.advanceSeconds !== undefined) {
    simulated.advance(change.advanceSeconds);
    catchUp(registry);
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
