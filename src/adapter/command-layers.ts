/** Everything between the HTTP face and the pools, put together. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { AdapterFile } from '../api/files/adapter-file.ts';
import type { InternalToken } from '../api/http/internal-token.ts';
import { durationMs } from '../api/v1alpha1/duration.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { checkMetrics } from './checks/metrics.ts';
import type { Peers } from './checks/peers.ts';
import { checksOf } from './checks/start-checks.ts';
import { type CommandRunner, poolRunner } from './command-runner.ts';
import { idempotencyMetrics } from './idempotency/metrics.ts';
import { startIdempotency } from './idempotency/start-idempotency.ts';

export interface CommandLayersOptions {
  file: AdapterFile;
  /** What the file's paths are relative to. */
  folder: string;
  app: FastifyInstance;
  /** The other adapters of the set; undefined: there are none. */
  peers: Peers | undefined;
  /** To show them. */
  token: InternalToken | undefined;
  newTransactionId: () => string;
  metrics: Registry;
  owner: { set: string; business: string };
  clock: Clock;
  log: Log;
}

export interface CommandLayers {
  runner: CommandRunner;
  /** Begins to look for the other adapters of the set. */
  start(): void;
  /** When nothing runs any more; a store that is away is not waited for for long. Never rejects. */
  close(): Promise<void>;
}

/** Beyond its time in the queue and at the registry: what the way there and back may take. */
const SLACK_MS = 5_000;

/** Throws a SecretFileError where a file that the store of keys needs cannot be read. */
export async function commandLayers(options: CommandLayersOptions): Promise<CommandLayers> {
  const { file, metrics, owner } = options;
  const { queue, command } = file.timeouts;
  const runMs = (durationMs(queue) ?? 0) + (durationMs(command) ?? 0) + SLACK_MS;
  const checks = checksOf({
    ...options,
    next: poolRunner,
    instance: randomUUID(),
    runMs,
    metrics: () => checkMetrics(metrics, owner),
  });
  // The outermost: what is only answered again changes no name
  const keys = await startIdempotency({
    ...options,
    next: checks.runner,
    runMs,
    metrics: idempotencyMetrics(metrics, owner),
  });
  return {
    runner: keys.runner,
    start: () => checks.start(),
    async close() {
      await Promise.all([keys.close(), checks.stop()]);
    },
  };
}
