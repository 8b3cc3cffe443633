/** One adapter: HTTP/JSON to EPP for one set, within its connection budget. Puts the parts together. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Registry } from 'prom-client';
import type { AdapterAccount, AdapterFile } from '../api/files/adapter-file.ts';
import { openInternalToken } from '../api/http/internal-token-files.ts';
import { LOAD_PATH } from '../api/http/load-report.ts';
import { durationMs } from '../api/v1alpha1/duration.ts';
import type { ConnectionBudget } from '../budget/connection-budget.ts';
import { profileOf } from '../epp/profiles/catalogue.ts';
import type { Profile } from '../epp/profiles/profile.ts';
import { keepaliveAfterMs } from '../epp/session-options.ts';
import { openSession as openTlsSession } from '../epp/tls-session.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createHttpServer, type HttpTimeouts, listen } from '../lib/http-server.ts';
import type { Log } from '../lib/log.ts';
import { parseSetName } from '../routing/set-name.ts';
import { TldRouter } from '../routing/tld-routing.ts';
import { AccountPool, type AccountPoolOptions } from './account-pool.ts';
import { type Credentials, fileSecrets } from './account-secrets.ts';
import { type AdapterMetrics, adapterMetrics } from './adapter-metrics.ts';
import { dnsPeers, type Peers } from './checks/peers.ts';
import { commandLayers } from './command-layers.ts';
import type { PooledAccount } from './command-runner.ts';
import { addCommandRoutes, type HttpFaceOptions, refuseTransport } from './http/face.ts';
import { jobMetrics } from './jobs/job-metrics.ts';
import { alone, type Leadership } from './jobs/leadership.ts';
import { startJobs } from './jobs/start-jobs.ts';
import { offerCheck } from './offers.ts';
import { loadOf, poolReport, readinessOf } from './pool-report.ts';
import { productCompleter } from './products.ts';
import { addressesOf, dnsResolver, type Resolver } from './resolver.ts';
import { QueueRoom } from './scheduler/queue-room.ts';
import { zoneFinder } from './scheduler/zones.ts';
import { transactionIds } from './work.ts';

export interface AdapterOptions {
  /** Parsed by `adapterFile`. */
  file: AdapterFile;
  /** What the file's paths are relative to. */
  folder: string;
  budget: ConnectionBudget;
  /** Where the adapter's metrics are registered, and what /metrics shows. */
  metrics: Registry;
  log: Log;
  clock?: Clock;
  /** The system's resolver by default. */
  resolve?: Resolver;
  /** `openSession` of src/epp by default. */
  openSession?: typeof openTlsSession;
  /** Instead of the file's `http`; port 0 takes a free one. */
  listen?: { host: string; port: number };
  /** How slow clients may be. */
  httpTimeouts?: HttpTimeouts;
  /** A number in [0, 1), for jitter. Math.random by default. */
  random?: () => number;
  /** How long `drain` goes on serving while the pod leaves the endpoints of its Service, in milliseconds. Default 2000. */
  drainGraceMs?: number;
  gate?: AccountPoolOptions['gate'];
  /** Who of all adapters of an account runs its periodic jobs; this one by default, as if it were alone. */
  leadership?: (account: string) => Leadership;
  /** The other adapters of the set; by default what the file's `peers` says. */
  peers?: Peers;
}

export interface Adapter {
  /** Of the HTTP face, as reached from this machine. */
  url: string;
  port: number;
  /**
   * Stops being ready, serves a while longer, refuses new work, finishes what is in flight (30 s), logs out, and hands the
   * budget back. Never rejects; the HTTP face answers until `close`.
   */
  drain(): Promise<void>;
  /** Cuts what is left and stops listening. Commands in flight end with outcome `unknown`. */
  close(): Promise<void>;
}

const CONNECT_MS = 10_000;
const GREETING_MS = 10_000;
/** At least: a login is often slower than a command, and one given up may still count at the registry. */
const LOGIN_MS = 10_000;
const DRAIN_GRACE_MS = 2_000;
/** Commands in flight (30 s), then logout and the peer's FIN. */
const DRAIN_MS = 35_000;
const RELEASE_MS = 40_000;

/** Throws on a file that contradicts itself (unknown profile, no TLD), where it names a token that cannot be read, and when the port cannot be had. */
export async function startAdapter(options: AdapterOptions): Promise<Adapter> {
  const { file, budget, log, clock = systemClock } = options;
  const owner = { set: file.set, business: parseSetName(file.set)?.business ?? file.set };
  const metrics = adapterMetrics(options.metrics, owner);
  const newTransactionId = transactionIds({ prefix: `EPPSET-${randomBytes(6).toString('hex')}` });
  const accounts = buildAccounts(options, { metrics, clock, newTransactionId });
  const pools = accounts.map(({ pool }) => pool);
  const router = new TldRouter(accounts);
  let stage: ReturnType<HttpFaceOptions['stage']> = 'serving';
  const token =
    file.internalToken &&
    (await openInternalToken(resolve(options.folder, file.internalToken.dir), { clock, log }));

  const app = createHttpServer({
    metrics: options.metrics,
    refuse: refuseTransport(file.set, metrics),
    ...(options.httpTimeouts ? { timeouts: options.httpTimeouts } : {}),
    readiness: () => readinessOf(pools, budget, { draining: stage !== 'serving' }),
  });
  app.get('/debug/pools', () => ({
    set: file.set,
    stage,
    budget: { phase: budget.phase, ...(budget.trouble === undefined ? {} : { trouble: budget.trouble }) },
    accounts: Object.fromEntries(
      pools.map((pool) => [pool.account, poolReport(pool, budget, clock.monotonicMs())]),
    ),
  }));
  app.get(LOAD_PATH, () => loadOf({ set: file.set, stage, accounts, budget }));
  const layers = await commandLayers({
    file,
    folder: options.folder,
    app,
    peers: options.peers ?? (file.peers && dnsPeers(file.peers)),
    token,
    newTransactionId,
    metrics: options.metrics,
    owner,
    clock,
    log,
  }).catch((error: unknown) => {
    token?.close();
    throw error;
  });
  addCommandRoutes(app, {
    set: file.set,
    router,
    runner: layers.runner,
    metrics,
    clock,
    log,
    stage: () => stage,
    maxConcurrentRequests: file.maxConcurrentRequests,
    accessLog: file.accessLog,
    token,
  });
  const address = await listen(app, options.listen ?? file.http).catch(async (error: unknown) => {
    token?.close();
    await layers.close();
    throw error;
  });
  layers.start();
  for (const pool of pools) pool.start();
  const jobs = startJobs({
    file,
    folder: options.folder,
    pools,
    leadership: options.leadership ?? (() => alone),
    budget,
    metrics: jobMetrics(options.metrics, owner),
    clock,
    random: options.random ?? Math.random,
    log,
  });
  log.info({ set: file.set, url: address.url, tlds: router.tlds }, 'the adapter serves');

  const drain = async () => {
    stage = 'leaving';
    log.info({ set: file.set }, 'draining: not ready any more');
    await clock.sleep(options.drainGraceMs ?? DRAIN_GRACE_MS);
    stage = 'refusing';
    await Promise.all([
      jobs.stop(),
      ...pools.map((pool) => pool.drain({ timeoutMs: DRAIN_MS })),
      budget.drain({ timeoutMs: RELEASE_MS }),
    ]);
    log.info({ set: file.set }, 'drained: every connection is logged out and the budget handed back');
  };
  let drained: Promise<void> | undefined;
  return {
    ...address,
    drain: () => (drained ??= drain()),
    async close() {
      stage = 'refusing';
      token?.close();
      const jobsEnd = jobs.stop();
      for (const pool of pools) pool.close();
      await Promise.all([jobsEnd, layers.close()]);
      await app.close();
    },
  };
}

function buildAccounts(
  options: AdapterOptions,
  {
    metrics,
    clock,
    newTransactionId,
  }: { metrics: AdapterMetrics; clock: Clock; newTransactionId: () => string },
): PooledAccount[] {
  const { file, budget } = options;
  const room = new QueueRoom(file.queueLimit);
  const resolver = options.resolve ?? dnsResolver();
  const timeouts = {
    queueMs: durationMs(file.timeouts.queue) ?? 0,
    commandMs: durationMs(file.timeouts.command) ?? 0,
  };
  return file.accounts.map((account) => {
    const { via } = account.endpoint;
    const { host, port } = via ?? account.endpoint;
    const profile = profileOf(account.profile, account.dialect);
    const depth = file.pipelining ? profile.pipelineDepth : 1;
    const pool = new AccountPool({
      account: account.name,
      limits: account.connections,
      timeouts,
      budget,
      room,
      checks: {
        maxNames: profile.maxCheckNames,
        coalesce: file.checks.coalesce ?? profile.coalesceChecks,
        zoneOf: profile.oneZonePerCheck ? zoneFinder(account.tlds) : undefined,
      },
      complete: profile.namestoreSubProduct ? productCompleter(account.tlds) : undefined,
      offerIssues: offerCheck(profile),
      depth,
      transformReservePercent: file.transformReservePercent,
      resolve: () => resolver(host, port),
      ...(via && { proxies: () => addressesOf(via.host) }),
      secrets: fileSecrets(account, options.folder),
      open: sessionOpener(account, {
        ...options,
        clock,
        newTransactionId,
        profile,
        depth,
        commandMs: timeouts.commandMs,
      }),
      newTransactionId,
      events: metrics.connectionEvents(account.name),
      observe: metrics.commands(account.name),
      clock,
      log: options.log,
      ...(options.random ? { random: options.random } : {}),
      ...(options.gate ? { gate: options.gate } : {}),
    });
    metrics.watch(pool, () => budget.account(account.name));
    const { name, accreditation, tlds } = account;
    return { name, accreditation, tlds, pool };
  });
}

function loginOf({ username, password, newPassword }: Credentials) {
  return { clientId: username, password, ...(newPassword === undefined ? {} : { newPassword }) };
}

function sessionOpener(
  account: AdapterAccount,
  deps: Pick<AdapterOptions, 'openSession' | 'log' | 'random'> & {
    clock: Clock;
    newTransactionId: () => string;
    profile: Profile;
    depth: number;
    commandMs: number;
  },
): AccountPoolOptions['open'] {
  const open = deps.openSession ?? openTlsSession;
  const random = deps.random ?? Math.random;
  const { host, serverName } = account.endpoint;
  const { commandMs } = deps;
  return ({ endpoint, credentials, tls, permit, signal }) =>
    open({
      account: account.name,
      endpoint: { host, ...endpoint, ...(serverName === undefined ? {} : { serverName }) },
      tls: { ...tls, minVersion: account.tls.minVersion },
      credentials: loginOf(credentials),
      profile: deps.profile,
      depth: deps.depth,
      permit,
      signal,
      keepaliveAfterMs: keepaliveAfterMs(account.connections.idleTimeoutSeconds, random()),
      timeouts: {
        connectMs: CONNECT_MS,
        greetingMs: GREETING_MS,
        loginMs: Math.max(LOGIN_MS, commandMs),
        commandMs,
      },
      clock: deps.clock,
      log: deps.log,
      newTransactionId: deps.newTransactionId,
    });
}
