import type { FastifyInstance } from 'fastify';
import type { AdapterFile } from '../../api/files/adapter-file.ts';
import type { InternalToken } from '../../api/http/internal-token.ts';
import { durationMs } from '../../api/v1alpha1/duration.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { CommandRunner } from '../command-runner.ts';
import { type About, type AskedCheck, CachedChecks } from './cached-checks.ts';
import { CheckCache } from './check-cache.ts';
import { addDropRoute, httpTellPeer } from './drop-route.ts';
import type { CheckMetrics } from './metrics.ts';
import type { Peers } from './peers.ts';
import { SetChanges } from './set-changes.ts';

export interface ChecksOptions {
  file: AdapterFile;
  next: CommandRunner;
  /** The other adapters of the set; undefined: there are none. */
  peers: Peers | undefined;
  /** To show them. */
  token: Pick<InternalToken, 'send'> | undefined;
  /** Where they tell this one of changes. */
  app: FastifyInstance;
  /** Of this process, unlike any other's. */
  instance: string;
  /** How long a command may take at most, waiting included, in milliseconds. */
  runMs: number;
  metrics(): CheckMetrics;
  clock: Clock;
  log: Log;
}

export interface Checks {
  runner: CommandRunner;
  start(): void;
  stop(): Promise<void>;
}

/** Keeps answers of availability checks, where the file says for how long. */
export function checksOf({
  file,
  next,
  peers,
  token,
  app,
  instance,
  runMs,
  metrics,
  clock,
  log,
}: ChecksOptions): Checks {
  const freeMs = durationMs(file.checks.cacheFor) ?? 0;
  const takenMs = durationMs(file.checks.cacheTakenFor ?? file.checks.cacheFor) ?? 0;
  if (freeMs === 0 && takenMs === 0) {
    // While a set is given a cache, pods with and without one live side by side
    addDropRoute(app, { cache: undefined, set: file.set, instance, clock });
    return { runner: next, start: () => {}, stop: async () => {} };
  }
  const cache = new CheckCache<About, AskedCheck>({ freeMs, takenMs });
  const { tell, close } = httpTellPeer(token);
  const changes = new SetChanges({
    cache,
    peers,
    tell,
    set: file.set,
    instance,
    holdMs: runMs,
    keepMs: Math.max(freeMs, takenMs),
    clock,
    log,
  });
  addDropRoute(app, { cache, heard: (from) => changes.heard(from), set: file.set, instance, clock });
  const counted = metrics();
  counted.watch({
    kept: () => cache.size,
    dropped: () => cache.dropped,
    peers: () => changes.peers.length,
    silent: () => changes.silent,
    behind: () => changes.behind,
  });
  return {
    runner: new CachedChecks({ next, cache, changes, metrics: counted, clock }),
    start: () => changes.start(),
    async stop() {
      changes.stop();
      await close();
    },
  };
}
