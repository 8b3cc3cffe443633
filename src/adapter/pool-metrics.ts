/** What the pools tell Prometheus: their connections, what waits for them, and what goes out. Every label has a bounded number of values. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AccountBudget } from '../budget/connection-budget.ts';
import type { AccountPool } from './account-pool.ts';
import { PRIORITIES, type Priority } from './scheduler/priority.ts';

/** What the budget says of an account, as far as it is shown. */
export type BudgetFigures = Pick<AccountBudget, 'cap' | 'occupied' | 'commands'>;

/** Told of each command of callers, as it goes out. */
export interface CommandObserver {
  /** One request has waited so long for its command. */
  waited(priority: Priority, ms: number): void;
  /** Names in one check. */
  checked(names: number): void;
}

export interface PoolMetrics {
  commands(registry: string): CommandObserver;
  /** Shows the pool's figures when they are scraped. */
  watch(pool: AccountPool, figures: () => BudgetFigures): void;
}

interface Watched {
  pool: AccountPool;
  figures: () => BudgetFigures;
}

const WAIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const NAMES = [1, 2, 5, 10, 20, 30, 50];
const OF_POOL = ['set', 'business', 'registry'] as const;

export function poolMetrics(registry: Registry, owner: { set: string; business: string }): PoolMetrics {
  const registers = [registry];
  const watched: Watched[] = [];
  const waits = new Histogram({
    name: 'epp_request_queue_seconds',
    help: 'How long a request waited for its command to go out, by class: transform, query, background.',
    labelNames: [...OF_POOL, 'class'],
    buckets: WAIT_SECONDS,
    registers,
  });
  const names = new Histogram({
    name: 'epp_check_names',
    help: 'Names in one check, those of several callers together.',
    labelNames: OF_POOL,
    buckets: NAMES,
    registers,
  });
  showConnections(registry, owner, watched);
  showCommands(registry, owner, watched);
  return {
    commands(name) {
      const labels = { ...owner, registry: name };
      const ofNames = names.labels(labels);
      const ofClass = Object.fromEntries(
        PRIORITIES.map((priority) => [priority, waits.labels({ ...labels, class: priority })]),
      ) as Record<Priority, Histogram.Internal<string>>;
      return {
        waited: (priority, ms) => ofClass[priority].observe(ms / 1_000),
        checked: (count) => ofNames.observe(count),
      };
    },
    watch: (pool, figures) => void watched.push({ pool, figures }),
  };
}

type Told = [labels: Record<string, string>, value: number][];

/** A gauge that is asked when it is scraped: one value, or one for each value of a further label. */
function showing(registry: Registry, owner: { set: string; business: string }, watched: readonly Watched[]) {
  return (name: string, help: string, value: (seen: Watched) => number | Told, more: string[] = []) =>
    new Gauge({
      name,
      help,
      labelNames: [...OF_POOL, ...more],
      registers: [registry],
      collect() {
        this.reset();
        for (const seen of watched) {
          const of = { ...owner, registry: seen.pool.account };
          const told = value(seen);
          if (typeof told === 'number') this.set(of, told);
          else for (const [labels, each] of told) this.set({ ...of, ...labels }, each);
        }
      },
    });
}

function showConnections(
  registry: Registry,
  owner: { set: string; business: string },
  watched: readonly Watched[],
): void {
  const gauge = showing(registry, owner, watched);
  gauge(
    'epp_connection_total',
    'Connections to the registry, those being opened or closed included.',
    ({ pool }) => {
      const { opening, idle, busy, closing } = pool.counts();
      return opening + idle + busy + closing;
    },
  );
  gauge('epp_connection_active', 'Connections at work on a command.', ({ pool }) => pool.counts().busy);
  gauge(
    'epp_connection_idle',
    'Connections that are logged in and wait for work.',
    ({ pool }) => pool.counts().idle,
  );
  gauge(
    'epp_connection_state',
    'Connections by state: preparing (address and secrets, before connecting), opening, idle, busy, closing.',
    ({ pool }) => Object.entries(pool.counts()).map(([state, count]) => [{ state }, count]),
    ['state'],
  );
  gauge(
    'epp_connection_limit',
    'Connections that this process may hold now.',
    ({ figures }) => figures().cap,
  );
  gauge(
    'epp_connection_occupied',
    'Connections that count against the limit: also closed ones that the registry may still count.',
    ({ figures }) => figures().occupied,
  );
  gauge(
    'epp_certificate_expiry_timestamp_seconds',
    "When the certificates end that were shown at the last login, in seconds since 1970: ours (client), the registry's (server).",
    ({ pool }) =>
      Object.entries(pool.connections.certificates ?? {}).map(([side, { notAfter }]) => [
        { side },
        notAfter.getTime() / 1_000,
      ]),
    ['side'],
  );
}

function showCommands(
  registry: Registry,
  owner: { set: string; business: string },
  watched: readonly Watched[],
): void {
  const gauge = showing(registry, owner, watched);
  const counter = (name: string, help: string, value: (pool: AccountPool) => number) =>
    new Counter({
      name,
      help,
      labelNames: OF_POOL,
      registers: [registry],
      collect() {
        this.reset();
        for (const { pool } of watched) this.inc({ ...owner, registry: pool.account }, value(pool));
      },
    });
  gauge('epp_request_queue_size', 'Requests that wait for a connection.', ({ pool }) => pool.waiting);
  gauge(
    'epp_request_queue_class_size',
    'Requests that wait, by class: transform, query, background.',
    ({ pool }) => PRIORITIES.map((each) => [{ class: each }, pool.waitingOf(each)]),
    ['class'],
  );
  gauge(
    'epp_commands_in_flight',
    'Commands of callers that are not answered yet.',
    ({ pool }) => pool.connections.inFlight,
  );
  gauge(
    'epp_command_limit',
    'Commands that this process may send, logins and keepalives included, by span: second, minute. Absent: no limit.',
    ({ figures }) => {
      const { perSecond, perMinute } = figures().commands;
      const told: Told = [];
      if (perSecond !== undefined) told.push([{ span: 'second' }, perSecond]);
      if (perMinute !== undefined) told.push([{ span: 'minute' }, perMinute]);
      return told;
    },
    ['span'],
  );
  counter(
    'epp_commands_total',
    'Commands written to the registry, logins, keepalives and logouts included.',
    (pool) => pool.connections.commands,
  );
  counter(
    'epp_rate_limited_seconds_total',
    'Time in which requests waited for the rate of commands alone: a connection was there.',
    (pool) => pool.rationedMs / 1_000,
  );
}
