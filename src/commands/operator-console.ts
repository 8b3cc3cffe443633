import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { clusterAccess } from '../console/cluster-access.ts';
import { clusterSource } from '../console/cluster-source.ts';
import { consoleRoutes } from '../console/console-routes.ts';
import { systemClock as clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { watchObjects } from '../overview/watched-objects.ts';
import { type ClusterOptions, connect } from './cluster-options.ts';

/**
 * Adds the console to the operator's HTTP server, before that listens. It watches for itself, so that it works where another replica leads,
 * by connections of its own, so that who looks never keeps controllers waiting.
 */
export async function addOperatorConsole(
  app: FastifyInstance,
  options: ClusterOptions & { namespace?: string },
  parent: Log,
): Promise<{ close(): Promise<void> }> {
  const log = parent.child({ part: 'console' });
  const { client } = await connect(options, { log, metrics: new Registry() });
  const { namespace } = options;
  const watched = watchObjects({ client, clock, log, namespace });
  const access = clusterAccess({ client, clock, log, namespace });
  await consoleRoutes(app, { source: clusterSource(watched, clock), access, clock, log });
  const end = new AbortController();
  const running = watched.run(end.signal);
  return {
    async close() {
      end.abort(new Error('the console ends'));
      await Promise.allSettled([running, client.close()]);
    },
  };
}
