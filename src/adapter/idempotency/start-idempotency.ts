import type { AdapterFile } from '../../api/files/adapter-file.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { parseSetName } from '../../routing/set-name.ts';
import type { CommandRunner } from '../command-runner.ts';
import { IdempotentRunner } from './idempotent-runner.ts';
import type { IdempotencyMetrics } from './metrics.ts';
import { openStore } from './open-store.ts';
import { Settlements } from './settlements.ts';
import { timedStore } from './timed-store.ts';

export interface IdempotencyOptions {
  file: AdapterFile;
  /** What the file's paths are relative to. */
  folder: string;
  next: CommandRunner;
  /** How long a command may take at most, waiting included, in milliseconds. */
  runMs: number;
  newTransactionId: () => string;
  metrics: IdempotencyMetrics;
  clock: Clock;
  log: Log;
}

const CLOSE_MS = 2_000;

/** Throws a SecretFileError where a file that the store needs cannot be read. */
export async function startIdempotency(
  options: IdempotencyOptions,
): Promise<{ runner: CommandRunner; close(): Promise<void> }> {
  const { file, clock, log, metrics } = options;
  const opened = await openStore({ ...options, watch: metrics.store });
  const store = timedStore(opened, { clock, took: metrics.claimTook });
  const settlements = new Settlements({ store, clock, log });
  metrics.watchUntold(() => settlements.untold);
  const set = parseSetName(file.set);
  // Not the region: a request that is sent again may come to another region's set, and must be known there
  const scope = set ? `${set.prefix}.${set.business}` : file.set;
  const runner = new IdempotentRunner({ ...options, store, settlements, scope });
  return {
    runner,
    async close() {
      const timeUp = Promise.withResolvers<void>();
      const timer = clock.after(CLOSE_MS, timeUp.resolve);
      await Promise.race([runner.idle(), timeUp.promise]);
      timer.cancel();
      await settlements.close({ timeoutMs: CLOSE_MS });
      await store.close();
    },
  };
}
