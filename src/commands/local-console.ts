import { Registry } from 'prom-client';
import { openAccess } from '../console/access.ts';
import { clusterSource } from '../console/cluster-source.ts';
import { consoleRoutes } from '../console/console-routes.ts';
import { loopbackOnly } from '../console/loopback-only.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { createHttpServer, listen } from '../lib/http-server.ts';
import type { Log } from '../lib/log.ts';
import { type WatchObjectsOptions, watchObjects } from '../overview/watched-objects.ts';

export interface LocalConsoleOptions extends Pick<WatchObjectsOptions, 'namespace' | 'without'> {
  client: KubeClient;
  log: Log;
  /** On 127.0.0.1; 0: a free one. */
  port: number;
  /** Ends it. */
  signal: AbortSignal;
}

/** The console for whoever sits at this machine, with the rights of `client`. Listens when this resolves; `ended` does when it is closed. */
export async function startLocalConsole({
  client,
  log,
  port,
  signal,
  ...scope
}: LocalConsoleOptions): Promise<{ url: string; ended: Promise<void> }> {
  const app = createHttpServer({
    metrics: new Registry(),
    readiness: () => ({ ready: true, reasons: [] }),
  });
  loopbackOnly(app);
  const watched = watchObjects({ client, clock, log, ...scope });
  await consoleRoutes(app, { source: clusterSource(watched, clock), access: openAccess, clock, log });
  const { url } = await listen(app, { host: '127.0.0.1', port });
  const ended = watched.run(signal).finally(() => app.close());
  return { url: `${url}/console/`, ended };
}
