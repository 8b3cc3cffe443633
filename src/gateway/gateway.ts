/** One gateway: the HTTP face for business services in a region. Puts the parts together. */
import { resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { GatewayFile, GatewayPolicy } from '../api/files/gateway-file.ts';
import type { InternalToken } from '../api/http/internal-token.ts';
import { openInternalToken } from '../api/http/internal-token-files.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createHttpServer, type HttpTimeouts, listen, type Readiness } from '../lib/http-server.ts';
import type { Log } from '../lib/log.ts';
import type { SetQuery, SetRoute } from '../routing/set-router.ts';
import { CommandHandler } from './command-handler.ts';
import { addGatewayRoutes, GatewayFace, refuseTransport, type Stage } from './face.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { type GatewayParts, INERT } from './inert-parts.ts';
import { keepInside } from './inside-only.ts';
import type { Instance, InstanceSource } from './instance.ts';
import type { GatewayAnswer, GatewayRequest } from './request.ts';
import { Rules } from './rules.ts';
import { SetChoice } from './set-choice.ts';
import { SetPath } from './set-path.ts';
import { Deadlines } from './upstream/deadlines.ts';

export interface GatewayOptions {
  /** Parsed by `gatewayFile`. */
  file: GatewayFile;
  /** What the file's paths are relative to. */
  folder: string;
  instances: InstanceSource;
  /** Those left out do nothing. They are closed with the gateway. */
  parts?: Partial<GatewayParts> | ((core: GatewayCore) => Partial<GatewayParts>);
  /** Adds routes of others before the server listens; POST is theirs below /discovery/ alone. */
  addRoutes?: (app: FastifyInstance, core: GatewayCore) => void;
  metrics: Registry;
  log: Log;
  clock?: Clock;
  /** Instead of the file's `http`; port 0 takes a free one. */
  listen?: { host: string; port: number };
  /** How slow clients may be. */
  httpTimeouts?: HttpTimeouts;
  /** A number in [0, 1). Math.random by default. */
  random?: () => number;
  /** How long `drain` goes on serving while the pod leaves the endpoints of its Service, in milliseconds. Default 3000. */
  drainGraceMs?: number;
}

/** What parts may ask of the gateway, once it serves. */
export interface GatewayCore {
  /** The way of a copied read to the sets; not counted as a request of a caller. Never rejects. */
  toSets(request: GatewayRequest): Promise<GatewayAnswer>;
  /** Shown to adapters; what is asked for within the namespace shows it too. */
  readonly token: InternalToken | undefined;
  /** The rules that requests go by now. Never throws. */
  route(query: SetQuery): SetRoute<Instance>;
}

export interface Gateway {
  /** Of the HTTP face, as reached from this machine. */
  url: string;
  port: number;
  /**
   * A changed policy counts from the next request on: connections, counts and health stay. Throws, and changes nothing, where it
   * contradicts itself.
   */
  take(policy: GatewayPolicy): void;
  /** Stops being ready, serves a while longer, refuses new requests, and finishes what is in flight. Never rejects. */
  drain(): Promise<void>;
  /** Cuts what is left and stops listening. */
  close(): Promise<void>;
}

const DRAIN_GRACE_MS = 3_000;
const DRAIN_MS = 40_000;
const DRAIN_LOOK_MS = 20;

/** Throws on a file that contradicts itself and when the port cannot be had. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { file, instances, log, clock = systemClock, random = Math.random } = options;
  const token = await tokenOf(options, clock);
  const core: GatewayCore = {
    token,
    toSets: (request) => handler.copyToSets(request),
    route: (query) => sets.route(query),
  };
  const given = typeof options.parts === 'function' ? options.parts(core) : options.parts;
  const parts: GatewayParts = { ...INERT, ...given };
  const closeParts = () =>
    Promise.all([
      parts.authenticator.close(),
      parts.migration.close(),
      parts.tracing.close(),
      parts.degradation.close(),
    ]);
  let rules = new Rules(file);
  let face: GatewayFace | undefined;
  const metrics = gatewayMetrics(options.metrics, () => face?.serving ?? 0);
  const sets = new SetChoice({
    policy: file,
    deadlines: new Deadlines(clock),
    clock,
    random,
    onEjected(instance) {
      metrics.ejected(instance.set ?? 'none');
      log.warn(
        { instance: instance.id, set: instance.set },
        'an adapter fails: nothing is sent there for a while',
      );
    },
    onProblems: (problems) => log.warn({ problems }, 'some instances are never sent to'),
  });
  const setPath = new SetPath({ policy: file, sets, clock, metrics, token });
  const handler = new CommandHandler({
    rules,
    parts,
    authenticates: file.authentication !== undefined,
    setPath,
    clock,
    random,
  });
  let stage: Stage = 'serving';
  face = new GatewayFace({
    handler,
    authenticator: parts.authenticator,
    tracing: parts.tracing,
    metrics,
    clock,
    log,
    stage: () => stage,
    policy: () => rules.policy,
  });
  const app = createHttpServer({
    metrics: options.metrics,
    refuse: refuseTransport(metrics),
    ...(options.httpTimeouts ? { timeouts: options.httpTimeouts } : {}),
    readiness: () => readinessOf(stage, instances),
  });
  keepInside(app);
  app.get('/debug/gateway', () => describe({ stage, rules, sets, instances }));
  options.addRoutes?.(app, core);
  addGatewayRoutes(app, face, () => instances.instances);
  const unsubscribe = instances.subscribe(() => sets.takeInstances(instances.instances));
  sets.takeInstances(instances.instances);
  const stop = async () => {
    unsubscribe();
    sets.close();
    token?.close();
    await closeParts();
  };
  const address = await listen(app, options.listen ?? file.http).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  log.info({ gateway: file.name, url: address.url, region: file.region }, 'the gateway serves');

  const drain = async () => {
    stage = 'leaving';
    log.info({ gateway: file.name }, 'draining: not ready any more');
    await clock.sleep(options.drainGraceMs ?? DRAIN_GRACE_MS);
    stage = 'refusing';
    const endMs = clock.monotonicMs() + DRAIN_MS;
    while (face.serving > 0 && clock.monotonicMs() < endMs) await clock.sleep(DRAIN_LOOK_MS);
    log.info({ gateway: file.name, unfinished: face.serving }, 'drained');
  };
  let drained: Promise<void> | undefined;
  return {
    ...address,
    take(policy) {
      // first of all: it is what throws
      const next = new Rules(policy);
      rules = next;
      handler.take(next);
      sets.takePolicy(policy);
      setPath.take(policy);
      for (const part of [parts.limits, parts.degradation, parts.staleChecks, parts.migration])
        part.take(policy);
      log.info({ gateway: policy.name }, 'a changed policy counts from now on');
    },
    drain: () => (drained ??= drain()),
    async close() {
      stage = 'refusing';
      await stop();
      await app.close();
    },
  };
}

async function tokenOf(options: GatewayOptions, clock: Clock): Promise<InternalToken | undefined> {
  const { file, folder, log } = options;
  if (!file.internalToken) return undefined;
  return openInternalToken(resolve(folder, file.internalToken.dir), { clock, log });
}

/** Without an instance it is ready all the same: it answers at once that there is none. */
function readinessOf(stage: Stage, { synced }: InstanceSource): Readiness {
  const reasons = [
    ...(stage === 'serving' ? [] : ['it is shutting down']),
    ...(synced ? [] : ['the list of adapters is not there yet']),
  ];
  return { ready: reasons.length === 0, reasons };
}

function describe(now: { stage: Stage; rules: Rules; sets: SetChoice; instances: InstanceSource }) {
  const { prefix, region, businesses, switches } = now.rules.policy;
  return {
    stage: now.stage,
    synced: now.instances.synced,
    sets: businesses.map(({ name }) => `${prefix}.${name}.${region}`),
    switches,
    instances: now.sets.instances.map((instance) => ({
      id: instance.id,
      set: instance.set,
      state: instance.state,
      ejected: now.sets.isEjected(instance),
      weight: instance.weight,
      outstanding: instance.outstanding,
      capacity: instance.capacity,
      connections: instance.upstream.connections,
      source: instance.source,
    })),
  };
}
