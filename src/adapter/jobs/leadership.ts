/** Who of all adapters of an account runs its jobs: one at a time. */
import { jobsLeaseName } from '../../api/v1alpha1/lease-names.ts';
import type { LeaderElectionOptions } from '../../kube/leader-election.ts';
import { LeaderElection } from '../../kube/leader-election.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Term } from './periodic.ts';

export interface Leadership {
  /** Does `work` whenever we are the one, until the signal is aborted; never rejects. The work ends soon after its term does. */
  run(signal: AbortSignal, work: (term: Term) => Promise<void>): Promise<void>;
}

/** For a process that is alone: always the one. */
export const alone: Leadership = {
  run: (signal, work) => work({ signal, holds: () => !signal.aborted }),
};

export interface LeaseLeadershipOptions {
  client: LeaderElectionOptions['client'];
  namespace: string;
  /** Of the registry account. */
  account: string;
  /** Another one at each process start. */
  identity: string;
  /** 1 in production. */
  timeScale: number;
  clock: Clock;
  log: Log;
}

/** Slower than an operator's: minutes without a poll do no harm, and every renewal is a write at the API. */
const LEASE_DURATION_MS = 30_000;
const RENEW_DEADLINE_MS = 20_000;
const RETRY_PERIOD_MS = 8_000;

/**
 * By a Lease: whoever holds it stops by its own clock before another can take it. What was written to the registry in the last
 * moment may still be answered after that; jobs are such that a repetition does no harm.
 */
export function leaseLeadership(options: LeaseLeadershipOptions): Leadership {
  const { account, timeScale, log, ...rest } = options;
  return {
    async run(signal, work) {
      while (!signal.aborted) {
        const election = new LeaderElection({
          ...rest,
          log,
          name: jobsLeaseName(account),
          leaseDurationMs: LEASE_DURATION_MS * timeScale,
          renewDeadlineMs: RENEW_DEADLINE_MS * timeScale,
          retryPeriodMs: RETRY_PERIOD_MS * timeScale,
        });
        await election.run(signal, {
          onStarted: (term) => work({ signal: term, holds: election.isLeader }),
        });
      }
    },
  };
}
