/** The periodic jobs of all accounts of an adapter, on its own pools. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AdapterAccount, AdapterFile } from '../../api/files/adapter-file.ts';
import type { ConnectionBudget } from '../../budget/connection-budget.ts';
import { checkCommand } from '../../epp/catalogue.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { AccountPool } from '../account-pool.ts';
import { type AccountJobs, startAccountJobs } from './account-jobs.ts';
import type { JobMetrics } from './job-metrics.ts';
import type { Leadership } from './leadership.ts';
import { appendTo, lineSink, writeToStdout } from './message-lines.ts';
import type { Term } from './periodic.ts';
import type { Ask } from './poll.ts';
import type { MessageSink } from './poll-message.ts';
import { webhook } from './webhook.ts';

export interface StartJobsOptions {
  file: Pick<AdapterFile, 'accounts'>;
  /** What the file's paths are relative to. */
  folder: string;
  pools: readonly AccountPool[];
  /** Who runs the jobs of that account. */
  leadership(account: string): Leadership;
  budget: Pick<ConnectionBudget, 'reportJob'>;
  metrics: JobMetrics;
  clock: Clock;
  random: () => number;
  log: Log;
}

export function startJobs(options: StartJobsOptions): AccountJobs {
  const { budget, clock, file, folder, leadership, log, metrics, pools, random } = options;
  const started = file.accounts.flatMap((account) => {
    const pool = pools.find((candidate) => candidate.account === account.name);
    if (!pool) return [];
    return startAccountJobs({
      account,
      leadership: leadership(account.name),
      ask: askOn(pool),
      sinks: sinksOf(account, options),
      readCredentials: () => readCredentials(account, folder),
      report: (job, state) => budget.reportJob?.(account.name, job, state),
      metrics,
      clock,
      random,
      log,
    });
  });
  return {
    async stop() {
      await Promise.all(started.map((jobs) => jobs.stop()));
    },
  };
}

/** Behind everything that callers ask. A command that waits when the term ends is never sent. */
function askOn(pool: AccountPool): Ask {
  return async (command, term: Term) => {
    const checked = checkCommand(command);
    if (!term.holds()) throw new Error('another process runs the jobs of this account now');
    const { answer, cancel } = pool.submit({
      command: checked,
      transform: checked.transform,
      priority: 'background',
    });
    term.signal.addEventListener('abort', cancel, { once: true });
    try {
      return (await answer).response;
    } finally {
      term.signal.removeEventListener('abort', cancel);
    }
  };
}

function sinksOf(
  { poll: { sink } }: AdapterAccount,
  { clock, folder, random }: StartJobsOptions,
): { sink: MessageSink; setAside: MessageSink } | undefined {
  // What a webhook refuses is kept where the platform keeps a pod's output
  const setAside = lineSink(writeToStdout, { setAside: true });
  switch (sink?.kind) {
    case undefined:
      return undefined;
    case 'stdout':
      return { sink: lineSink(writeToStdout), setAside };
    case 'file':
      return { sink: lineSink(appendTo(resolve(folder, sink.path))), setAside };
    case 'webhook': {
      const { secretDir, url } = sink;
      const secret = () =>
        secretDir === undefined
          ? Promise.resolve(undefined)
          : readFile(join(resolve(folder, secretDir), 'secret'), 'utf8').then((text) =>
              text.replace(/\r?\n$/, ''),
            );
      return { sink: webhook({ url, secret, clock, random }), setAside };
    }
  }
}

async function readCredentials(
  { credentials, tls }: AdapterAccount,
  folder: string,
): Promise<{ cert?: string; passwordChangedAt?: string }> {
  const optional = (dir: string | undefined, key: string) =>
    dir === undefined
      ? undefined
      : readFile(join(resolve(folder, dir), key), 'utf8').catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return undefined;
          throw error;
        });
  const [cert, passwordChangedAt] = await Promise.all([
    optional(tls.dir, 'tls.crt'),
    optional(credentials.dir, 'passwordChangedAt'),
  ]);
  return {
    ...(cert !== undefined && { cert }),
    ...(passwordChangedAt !== undefined && { passwordChangedAt }),
  };
}
