/** Proves an account end to end: a check of one name, as callers send them. */
import { resultCode } from '../../epp/command.ts';
import type { PeriodicJob } from './periodic.ts';
import type { Ask } from './poll.ts';

export function canaryJob(options: {
  intervalMs: number;
  /** The domain that is asked about. */
  name: string;
  ask: Ask;
  /** How long the registry took, waiting for a connection included. */
  took(seconds: number): void;
  nowMs(): number;
}): PeriodicJob {
  return {
    name: 'canary',
    intervalMs: options.intervalMs,
    async run(term) {
      const startMs = options.nowMs();
      const answer = await options.ask(
        { object: 'domain', command: 'check', body: { names: [options.name] } },
        term,
      );
      const code = resultCode(answer);
      if (code >= 2000) {
        throw new Error(
          `a check of ${options.name} was answered ${code} ${answer.results[0]?.message ?? ''}`,
        );
      }
      const checked = (answer.data as { cd?: unknown[] } | undefined)?.cd;
      if (checked?.length !== 1) throw new Error(`a check of ${options.name} was answered without the name`);
      options.took((options.nowMs() - startMs) / 1_000);
    },
  };
}
