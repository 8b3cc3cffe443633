/** The periodic jobs of one account, run by one adapter of all that serve it. */
import type { AdapterAccount } from '../../api/files/adapter-file.ts';
import { durationMs } from '../../api/v1alpha1/duration.ts';
import type { JobReport } from '../../budget/connection-budget.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { balanceJob } from './balance.ts';
import { canaryJob } from './canary.ts';
import { credentialsAgeJob } from './credentials-age.ts';
import type { JobMetrics } from './job-metrics.ts';
import type { Leadership } from './leadership.ts';
import { type JobEvents, type PeriodicJob, runPeriodically, type Term } from './periodic.ts';
import { type Ask, pollJob } from './poll.ts';
import type { MessageSink } from './poll-message.ts';

export interface AccountJobsOptions {
  account: AdapterAccount;
  leadership: Leadership;
  ask: Ask;
  /** Where poll messages go, and where those go that it refuses. */
  sinks: { sink: MessageSink; setAside: MessageSink } | undefined;
  /** See `credentialsAgeJob`. */
  readCredentials(): Promise<{ cert?: string; passwordChangedAt?: string }>;
  metrics: JobMetrics;
  /** Told on every change of a job's state; `undefined` when it is no longer ours to tell of. */
  report(job: string, state: JobReport | undefined): void;
  clock: Clock;
  random: () => number;
  log: Log;
}

export interface AccountJobs {
  /** Begins nothing more, lets go of the leadership and resolves when the runs under way have ended. */
  stop(): Promise<void>;
}

const CREDENTIALS_INTERVAL_MS = 3_600_000;

export function startAccountJobs(options: AccountJobsOptions): AccountJobs {
  const { account, clock, leadership, metrics, random } = options;
  const jobs = jobsOf(options);
  const stop = new AbortController();
  if (!asksTheRegistry(account)) return { stop: () => Promise.resolve() };
  const work = async (term: Term) => {
    const events = eventsOf(options);
    metrics.leads(account.name, true);
    await Promise.all(jobs.map((job) => runPeriodically(job, term, { events, clock, random })));
    metrics.leads(account.name, false);
    for (const { name } of jobs) options.report(name, undefined);
  };
  metrics.leads(account.name, false);
  const ended = leadership.run(stop.signal, work);
  return {
    stop() {
      stop.abort(new Error('the adapter shuts down'));
      return ended;
    },
  };
}

/** No Lease is held for an account that asks for no job. */
export function asksTheRegistry({ poll, jobs }: AdapterAccount): boolean {
  return poll.enabled || jobs.balance.enabled || jobs.canary.enabled;
}

function jobsOf(options: AccountJobsOptions): PeriodicJob[] {
  const { account, ask, clock, log, metrics, sinks } = options;
  const { name, poll, jobs, tlds } = account;
  const every = (interval: string) => durationMs(interval) ?? 0;
  const list: PeriodicJob[] = [
    credentialsAgeJob({
      intervalMs: CREDENTIALS_INTERVAL_MS,
      read: options.readCredentials,
      told: (age) => metrics.credentials(name, age),
      now: () => clock.wall(),
    }),
  ];
  if (poll.enabled && sinks) {
    const events = {
      waiting: (count: number, oldest?: Date) => metrics.waiting(name, count, oldest),
      delivered: () => metrics.message(name, 'delivered'),
      setAside(message: { id: string }, reason: string) {
        metrics.message(name, 'set-aside');
        log.error({ account: name, messageId: message.id, reason }, 'a poll message was set aside');
      },
    };
    list.push(pollJob({ account: name, intervalMs: every(poll.interval), ask, ...sinks, events }));
  }
  if (jobs.balance.enabled) {
    const told = metrics.balance.bind(metrics, name);
    list.push(balanceJob({ intervalMs: every(jobs.balance.interval), ask, told }));
  }
  if (jobs.canary.enabled) {
    list.push(
      canaryJob({
        intervalMs: every(jobs.canary.interval),
        name: jobs.canary.name ?? `eppset-canary.${tlds[0]}`,
        ask,
        took: (seconds) => metrics.canary(name, seconds),
        nowMs: () => clock.monotonicMs(),
      }),
    );
  }
  return list;
}

/** Metrics at every run; log and report only when the state changes. */
function eventsOf({ account, log, metrics, report }: AccountJobsOptions): JobEvents {
  const { name } = account;
  const states = new Map<string, JobReport['state']>();
  const become = (job: string, state: JobReport['state'], message: string): boolean => {
    const changed = states.get(job) !== state;
    states.set(job, state);
    if (changed) report(job, { state, message });
    return changed;
  };
  return {
    succeeded(job, { ms }) {
      metrics.run(name, job.name, 'success', ms / 1_000);
      if (become(job.name, 'Ok', '')) log.info({ account: name, job: job.name }, 'a periodic job runs well');
    },
    failed(job, { ms, message }) {
      metrics.run(name, job.name, 'failure', ms / 1_000);
      if (become(job.name, 'Failing', message)) {
        log.error({ account: name, job: job.name, error: message }, 'a periodic job fails');
      }
    },
    missed: (job, runs) => metrics.missed(name, job.name, runs),
  };
}
