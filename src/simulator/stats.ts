import { Counter, Gauge, type Registry as MetricsRegistry } from 'prom-client';
import type { Account } from './accounts.ts';

export interface AccountStats {
  limit: number;
  /** What the registry counts now, crashed sessions included. */
  sessions: number;
  highestSessions: number;
  logins: number;
  refusals: number;
  loginFailures: number;
  logouts: number;
  uncleanEnds: number;
  idleDrops: number;
  /** Must be 0. */
  overLimitAccepts: number;
  /** By name, as in `domain:check`, login excepted. */
  commands: Record<string, number>;
}

export interface SimulatorStats {
  accounts: Record<string, AccountStats>;
  objects: { domains: number; hosts: number; contacts: number };
}

export function statsOf(account: Account): AccountStats {
  return {
    limit: account.limit,
    sessions: account.sessions,
    highestSessions: account.highestSessions,
    logins: account.logins,
    refusals: account.refusals,
    loginFailures: account.loginFailures,
    logouts: account.logouts,
    uncleanEnds: account.uncleanEnds,
    idleDrops: account.idleDrops,
    overLimitAccepts: account.overLimitAccepts,
    commands: Object.fromEntries([...account.commands].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The same numbers for Prometheus, taken when they are asked for. */
export function registerMetrics(metrics: MetricsRegistry, accounts: ReadonlyMap<string, Account>): void {
  const registers = [metrics];
  const gauge = (name: string, help: string, value: (account: Account) => number) =>
    new Gauge({
      name: `eppset_simulator_${name}`,
      help,
      labelNames: ['account'],
      registers,
      collect() {
        for (const account of accounts.values()) this.set({ account: account.clientId }, value(account));
      },
    });
  const counter = (name: string, help: string, value: (account: Account) => number) =>
    new Counter({
      name: `eppset_simulator_${name}`,
      help,
      labelNames: ['account'],
      registers,
      collect() {
        this.reset();
        for (const account of accounts.values()) this.inc({ account: account.clientId }, value(account));
      },
    });
  gauge('session_limit', 'Most sessions at once.', (a) => a.limit);
  gauge('sessions', 'Sessions that count now, crashed ones included.', (a) => a.sessions);
  gauge('highest_sessions', 'Most sessions that ever counted at once.', (a) => a.highestSessions);
  counter('logins_total', 'Logins answered 1000.', (a) => a.logins);
  counter('refusals_total', 'Logins refused because of the session limit.', (a) => a.refusals);
  counter(
    'over_limit_accepts_total',
    'Logins accepted over the limit; must be 0.',
    (a) => a.overLimitAccepts,
  );
  counter('unclean_ends_total', 'Sessions that ended without logout.', (a) => a.uncleanEnds);
  counter('idle_drops_total', 'Sessions dropped after the idle timeout.', (a) => a.idleDrops);
  new Counter({
    name: 'eppset_simulator_commands_total',
    help: 'Commands executed.',
    labelNames: ['account', 'command'],
    registers,
    collect() {
      this.reset();
      for (const account of accounts.values()) {
        for (const [command, value] of account.commands)
          this.inc({ account: account.clientId, command }, value);
      }
    },
  });
}
