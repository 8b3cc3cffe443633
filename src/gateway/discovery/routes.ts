/** The discovery API: `docs/discovery.md`. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { SetQuery, SetRoute } from '../../routing/set-router.ts';
import type { Instance, InstanceSource } from '../instance.ts';
import { refused } from '../problems.ts';
import { countInstances } from './discovery-metrics.ts';
import { answer, read, readAsText, setName } from './read-request.ts';
import { addRegistrationRoutes, type RegistrationAccess } from './registration-routes.ts';
import { shownInstance } from './shown-instance.ts';
import { Watchers, type WatchersOptions } from './watchers.ts';

export interface DiscoveryRoutesOptions {
  source: InstanceSource;
  /** The rules that requests go by now. Never throws. */
  route(query: SetQuery): SetRoute<Instance>;
  clock: Clock;
  log: Log;
  /** Who may register instances, and where they are kept. Without it: 404. */
  registration?: RegistrationAccess;
  watchers?: Pick<WatchersOptions, 'max' | 'heartbeatMs' | 'maxUnreadBytes'>;
}

const instancesQuery = z.strictObject({
  caller: setName.optional(),
  strategy: z.enum(['exact', 'fallback', 'all']).default('fallback'),
});

const watchQuery = z.strictObject({ set: setName.optional() });
/** A registration is small. */
const MAX_BODY_BYTES = 4_096;
const setPath = z.object({ set: setName });

/** Adds them before the server listens; its watchers end when it closes. */
export function addDiscoveryRoutes(app: FastifyInstance, options: DiscoveryRoutesOptions): void {
  const { source, clock, log, registration } = options;
  const watchers = new Watchers({
    source,
    clock,
    epoch: randomBytes(6).toString('hex'),
    ...options.watchers,
  });
  app.addHook('preClose', (done) => {
    watchers.close();
    done();
  });
  app.register(async (scope) => {
    readAsText(scope, MAX_BODY_BYTES, log);
    addSetRoutes(scope, options);
    addWatchRoute(scope, watchers);
    addRegistrationRoutes(scope, registration, log);
  });
}

function addSetRoutes(app: FastifyInstance, { source, route }: DiscoveryRoutesOptions): void {
  app.get('/discovery/v1/sets', () => {
    const counts = [...countInstances(source)].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      synced: source.synced,
      sets: counts.map(([set, instances]) => ({ set: set === '' ? null : set, instances })),
    };
  });

  app.get('/discovery/v1/sets/:set/instances', (request, reply) => {
    const path = read(setPath, request.params);
    const query = read(instancesQuery, request.query);
    if (!path.ok) return answer(reply, path.refused);
    if (!query.ok) return answer(reply, query.refused);
    const { set } = path.value;
    const { caller = set, strategy } = query.value;
    if (strategy === 'all') {
      const instances = source.instances.filter((instance) => instance.set === set);
      return { set, strategy, synced: source.synced, instances: instances.map(shownInstance) };
    }
    const found = route(strategy === 'exact' ? { named: set } : { caller });
    return {
      set,
      strategy,
      ...(strategy === 'fallback' && { caller }),
      synced: source.synced,
      level: found.level,
      ...(!found.ok && { reason: found.reason }),
      instances: found.candidates.map(shownInstance),
    };
  });
}

function addWatchRoute(app: FastifyInstance, watchers: Watchers): void {
  const watch = (request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined => {
    const query = read(watchQuery, request.query);
    if (!query.ok) return answer(reply, query.refused);
    if (watchers.full)
      return answer(
        reply,
        refused('too-many-requests', 'as many watch the instances as may', { retryAfterSeconds: 5 }),
      );
    reply.hijack();
    const lastEventId = request.headers['last-event-id'];
    watchers.add(reply.raw, {
      set: query.value.set,
      lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    });
    return undefined;
  };
  // A HEAD of an endless answer would not end
  app.get('/discovery/v1/watch', { exposeHeadRoute: false }, watch);
}
