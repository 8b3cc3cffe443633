/** A gateway with everything that its file asks for: what `eppset gateway` runs, and the embedded cluster. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { INTERNAL_TOKEN_HEADER } from '../api/http/internal-token.ts';
import { ROLLOUT_PATH } from '../api/http/rollout-report.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { mayRegister } from './auth/callers.ts';
import { openAuthenticator } from './auth/open-authenticator.ts';
import { discoveryMetrics } from './discovery/discovery-metrics.ts';
import { watchEndpointSlices } from './discovery/endpoint-slices.ts';
import { KubeRegistrations } from './discovery/kube-registrations.ts';
import { MemoryRegistrations } from './discovery/memory-registrations.ts';
import { PolicyKeeper } from './discovery/policy-keeper.ts';
import { watchConfigMap, watchFile } from './discovery/policy-watch.ts';
import type { RegistrationStore } from './discovery/registration.ts';
import { addDiscoveryRoutes } from './discovery/routes.ts';
import { staticInstances } from './discovery/static-instances.ts';
import { type Gateway, type GatewayCore, startGateway } from './gateway.ts';
import type { GatewayParts } from './inert-parts.ts';
import type { InstanceSource } from './instance.ts';
import type { LoadedGatewayFile } from './load-file.ts';
import { migrationMetrics } from './migration/metrics.ts';
import { Rollout } from './migration/migration.ts';
import type { Authenticator } from './parts.ts';
import { PoolWatch } from './protection/degradation.ts';
import { httpLoadAsker } from './protection/load-polls.ts';
import { protectionMetrics } from './protection/metrics.ts';
import { CallerLimits } from './protection/request-limits.ts';
import { KeptChecks } from './protection/stale-checks.ts';
import { openTracing } from './tracing/open-tracing.ts';

export interface AssembleOptions {
  loaded: LoadedGatewayFile;
  /** The file's text as it is now: a change counts while the gateway runs. Not asked where a ConfigMap is watched. */
  reread(): Promise<string>;
  /** Needed where the file says `discovery.mode: kubernetes`. */
  cluster?: { client: KubeClient; namespace: string } | undefined;
  metrics: Registry;
  log: Log;
  clock: Clock;
  /** Instead of the file's `http`; port 0 takes a free one. */
  listen?: { host: string; port: number };
  /** See `startGateway`. */
  drainGraceMs?: number;
}

export type AssembledGateway = Pick<Gateway, 'url' | 'port' | 'drain' | 'close'>;

/** Throws on a file that contradicts itself, where a cluster is needed and not there, and when the port cannot be had. */
export async function assembleGateway(options: AssembleOptions): Promise<AssembledGateway> {
  const { loaded, cluster, metrics, log, clock, listen, drainGraceMs } = options;
  const { file, text, folder } = loaded;
  const deps = { folder, metrics, log, clock };
  const authenticator = await openAuthenticator(file.authentication, deps);
  const tracing = await openTracing(file.tracing, deps);
  const discovery = openDiscovery(options);
  discoveryMetrics(metrics, discovery.source);
  let migration: Rollout | undefined;
  const gateway = await startGateway({
    file,
    folder,
    instances: discovery.source,
    parts(core) {
      const parts = partsOf(options, core, discovery.source);
      migration = parts.migration;
      return { ...parts, authenticator, tracing };
    },
    addRoutes(app, core) {
      addRolloutRoute(app, core, () => migration?.report());
      addDiscoveryRoutes(app, {
        source: discovery.source,
        route: (query) => core.route(query),
        clock,
        log,
        // Without authentication nobody may: a registered instance is sent commands
        ...(file.authentication &&
          discovery.store && {
            registration: {
              store: discovery.store,
              mayRegister: (headers) => isRegistrar(authenticator, headers),
              prefix: file.prefix,
            },
          }),
      });
    },
    metrics,
    log,
    clock,
    ...(listen && { listen }),
    ...(drainGraceMs !== undefined && { drainGraceMs }),
  }).catch(async (error: unknown) => {
    await discovery.stop();
    throw error;
  });
  const keeper = new PolicyKeeper({
    first: { text, file },
    take: (policy) => gateway.take(policy),
    log,
    metrics,
  });
  const { configMap } = file.discovery.mode === 'kubernetes' ? file.discovery : {};
  const policyWatch =
    cluster && configMap !== undefined
      ? watchConfigMap({ ...cluster, name: configMap, keeper, clock, log })
      : watchFile({ read: () => options.reread(), keeper, clock });
  return {
    url: gateway.url,
    port: gateway.port,
    drain: () => gateway.drain(),
    async close() {
      await policyWatch.stop();
      await gateway.close();
      await discovery.stop();
    },
  };
}

function partsOf(
  { loaded: { file }, metrics, log, clock }: AssembleOptions,
  core: GatewayCore,
  instances: InstanceSource,
) {
  const shared = { policy: file, clock, log, random: Math.random };
  const protection = protectionMetrics(metrics);
  return {
    limits: new CallerLimits({ policy: file, metrics: protection }),
    degradation: new PoolWatch({
      ...shared,
      instances,
      route: (query) => core.route(query),
      asker: httpLoadAsker(core.token),
      metrics: protection,
    }),
    staleChecks: new KeptChecks({ policy: file, metrics: protection }),
    migration: new Rollout({
      ...shared,
      send: (request) => core.toSets(request),
      ownKeys: file.authentication?.apiKeys !== undefined,
      metrics: migrationMetrics(metrics),
    }),
  } satisfies Partial<GatewayParts>;
}

interface Discovery {
  source: InstanceSource;
  /** Undefined where nobody may register. */
  store: RegistrationStore | undefined;
  stop(): Promise<void>;
}

function openDiscovery({ loaded: { file }, cluster, clock, log }: AssembleOptions): Discovery {
  const newId = () => randomBytes(8).toString('hex');
  if (file.discovery.mode === 'static') {
    const store = new MemoryRegistrations({ fixed: staticInstances(file.discovery), clock, newId });
    return { source: store.source, store, stop: async () => store.stop() };
  }
  if (!cluster)
    throw new Error(
      'discovery mode kubernetes needs a cluster; without one use discovery: {mode: static, sets: […]}',
    );
  // Only then the operator gives the rights that it takes
  const store = file.authentication && new KubeRegistrations({ ...cluster, clock, log, newId });
  const source = watchEndpointSlices({
    ...cluster,
    prefix: file.prefix,
    clock,
    log,
    ...(store && { registered: store }),
  });
  return {
    source,
    store,
    async stop() {
      await Promise.all([source.stop(), store?.stop()]);
    },
  };
}

async function isRegistrar(
  authenticator: Authenticator,
  headers: Parameters<Authenticator['authenticate']>[0],
): Promise<boolean> {
  const caller = await authenticator.authenticate(headers);
  return caller !== undefined && mayRegister(caller);
}

/** For the operator: it leads a rollout through its steps by what the gateways say. */
function addRolloutRoute(
  app: FastifyInstance,
  { token }: GatewayCore,
  report: () => object | undefined,
): void {
  app.get(ROLLOUT_PATH, (request, reply) => {
    const shown = request.headers[INTERNAL_TOKEN_HEADER]?.toString();
    if (token && !token.accepts(shown)) return reply.code(401).send({ error: 'unauthorized' });
    return report();
  });
}
