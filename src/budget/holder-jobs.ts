/** The periodic jobs that a process tells of, bounded: a status has no room for more. */
import { JOB_BOUNDS } from '../api/v1alpha1/connection-lease.ts';
import type { JobReport } from './connection-budget.ts';
import type { AccountReport } from './protocol.ts';

export type Jobs = Readonly<NonNullable<AccountReport['jobs']>>;

const NAME = new RegExp(`^(${JOB_BOUNDS.name})$`);

/**
 * The same object when nothing changes. A job more than there is room for is not told of, nor one whose name the API would refuse: the
 * lease would not be renewed for it.
 * @param now RFC 3339, by the clock on the wall
 */
export function jobsWith(jobs: Jobs, name: string, report: JobReport | undefined, now: string): Jobs {
  const { [name]: known, ...others } = jobs;
  if (report === undefined) return known === undefined ? jobs : others;
  const { state } = report;
  const message = cut(report.message);
  if (known?.state === state && known.message === message) return jobs;
  const fits = Object.keys(jobs).length < JOB_BOUNDS.jobs && NAME.test(name);
  if (known === undefined && !fits) return jobs;
  const since = known?.state === state ? known.since : now;
  return { ...jobs, [name]: { state, message, since } };
}

/** Never in the middle of a character that takes two units of UTF-16. */
function cut(message: string): string {
  if (message.length <= JOB_BOUNDS.message) return message;
  return `${message.slice(0, JOB_BOUNDS.message - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
