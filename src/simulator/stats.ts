import { Counter, Gauge, type Registry as MetricsRegistry } from 'prom-client';
import type { Account } from './accounts.ts';
import type { FaultKind } from './faults/options.ts';

export interface AccountStats {
  limit: number;
  /** What the registry counts now, crashed sessions included. */
  sessions: number;
  highestSessions: number;
  logins: number;
  refusals: number;
  loginFailures: number;
  /** Every login is refused (`lockAfterFailures`). */
  locked: boolean;
  lockouts: number;
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
  /** How often each kind of fault was done. */
  faults: Partial<Record<FaultKind, number>>;
  /** Transforms that were executed, and how many of the oldest the journal no longer has. */
  journal: { total: number; forgotten: number };
}

export function statsOf(account: Account): AccountStats {
  return {
    limit: account.limit,
    sessions: account.sessions,
    highestSessions: account.highestSessions,
    logins: account.logins,
    refusals: account.refusals,
    loginFailures: account.loginFailures,
    locked: account.locked,
    lockouts: account.lockouts,
    logouts: account.logouts,
    uncleanEnds: account.uncleanEnds,
    idleDrops: account.idleDrops,
    overLimitAccepts: account.overLimitAccepts,
    commands: Object.fromEntries([...account.commands].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The same numbers for Prometheus, taken when they are asked for. */
export function registerMetrics(
  metrics: MetricsRegistry,
  accounts: ReadonlyMap<string, Account>,
  faultsDone: ReadonlyMap<FaultKind, number>,
): void {
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
  counter('login_failures_total', 'Logins with wrong credentials.', (a) => a.loginFailures);
  gauge('locked', '1 where logins are refused after too many failures.', (a) => (a.locked ? 1 : 0));
  new Counter({
    name: 'eppset_simulator_faults_total',
    help: 'Faults that were done on purpose.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset();
      for (const [kind, value] of faultsDone) this.inc({ kind }, value);
    },
  });
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
