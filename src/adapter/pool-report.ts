/** What people and probes are told of the pools. No secret stands in any of it. */
import type { LoadReport } from '../api/http/load-report.ts';
import type { ConnectionBudget } from '../budget/connection-budget.ts';
import type { Readiness } from '../lib/http-server.ts';
import type { AccountPool } from './account-pool.ts';
import type { PooledAccount } from './command-runner.ts';

/** For GET /debug/pools. */
export function poolReport(pool: AccountPool, budget: ConnectionBudget, nowMs: number) {
  const { cap, occupied, excess, pausedUntilMs, commands, logins } = budget.account(pool.account);
  const seconds = (ms: number) => Math.round(ms / 100) / 10;
  const { trouble, refusedAtMs } = pool;
  return {
    cap,
    occupied,
    excess,
    ...(pausedUntilMs === undefined || pausedUntilMs <= nowMs
      ? {}
      : { pausedForSeconds: seconds(pausedUntilMs - nowMs) }),
    states: pool.counts(),
    waiting: pool.waiting,
    logins,
    ...(Object.keys(commands).length === 0
      ? {}
      : { commands: { ...commands, waitedSeconds: seconds(pool.rationedMs) } }),
    ...(refusedAtMs === undefined ? {} : { credentialsRefusedForSeconds: seconds(nowMs - refusedAtMs) }),
    ...(trouble
      ? {
          lastError: {
            kind: trouble.kind,
            ...(trouble.code === undefined ? {} : { code: trouble.code }),
            message: trouble.message,
            secondsAgo: seconds(nowMs - trouble.atMs),
          },
        }
      : {}),
    connections: [...pool.connections].map(({ state, retiring, ageMs, commands }) => ({
      state,
      retiring,
      ageSeconds: seconds(ageMs),
      commands,
    })),
  };
}

/** For gateways, which ask often. */
export function loadOf({
  set,
  stage,
  accounts,
  budget,
}: Pick<LoadReport, 'set' | 'stage'> & {
  accounts: readonly Pick<PooledAccount, 'name' | 'accreditation' | 'pool'>[];
  budget: ConnectionBudget;
}): LoadReport {
  const load = ({ name, accreditation, pool }: (typeof accounts)[number]) => {
    const { idle, busy } = pool.counts();
    return {
      accreditation,
      granted: budget.account(name).cap,
      open: idle + busy,
      busy,
      waiting: pool.waiting,
    };
  };
  return {
    set,
    stage,
    accounts: Object.fromEntries(accounts.map((account) => [account.name, load(account)])),
  };
}

/** Ready is: at least one connection is logged in, and we are not on the way out. */
export function readinessOf(
  pools: readonly AccountPool[],
  budget: ConnectionBudget,
  options: { draining: boolean },
): Readiness {
  if (options.draining) return { ready: false, reasons: ['this adapter is shutting down'] };
  const reasons = pools.filter((pool) => !pool.ready).map((pool) => whyNot(pool, budget));
  const ready = reasons.length < pools.length;
  // One account without a connection does not take the others' traffic away; it is told all the same
  return { ready, reasons };
}

function whyNot(pool: AccountPool, budget: ConnectionBudget): string {
  const { account, trouble } = pool;
  const { cap, logins } = budget.account(account);
  if (pool.refusedAtMs !== undefined) {
    return `${account}: the registry refuses our credentials; no more attempts until the Secret changes: ${trouble?.message ?? ''}`;
  }
  if (cap === 0) {
    return `${account}: no connection is granted${budget.trouble === undefined ? '' : `: ${budget.trouble}`}`;
  }
  if (logins === 'none') {
    return `${account}: the registry refused the credentials, or another adapter is finding out whether it takes them`;
  }
  return `${account}: no connection is logged in${trouble ? `; last error: ${trouble.message}` : ' yet'}`;
}
