/** A registry for demos, tests and benchmarks: EPP over TLS, with an HTTP port that shows what it counted. */
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { Registry as MetricsRegistry } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Account } from './accounts.ts';
import { Agenda } from './agenda.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { applyControl } from './control.ts';
import { resumeDeletions } from './domain/redemption.ts';
import { FaultPlan } from './faults/plan.ts';
import { simulatorHttp } from './http.ts';
import { Journal, type JournalPage, type JournalQuery } from './journal.ts';
import { changeMoney } from './money.ts';
import { type Control, type SimulatorInput, simulatorOptions } from './options.ts';
import type { Registry } from './registry.ts';
import { type SessionDeps, SimulatedSession } from './session.ts';
import { registerMetrics, type SimulatorStats, statsOf } from './stats.ts';
import { memoryStore, type RegistryStore } from './store.ts';
import { resumeTransfers } from './transfers.ts';

export interface SimulatorDeps {
  clock: Clock;
  log: Log;
  /** Made for `tls.names` where absent. */
  certificates?: Certificates;
  /** What the registry knows already, e.g. out of store-file.ts: what has begun there goes on. Empty by default. */
  store?: RegistryStore;
  /** In [0, 1): latency jitter and faults. Math.random by default. */
  random?: () => number;
}

export interface Simulator {
  readonly eppPort: number;
  readonly httpPort: number;
  /** PEM: what clients have to trust. */
  readonly ca: string;
  readonly store: RegistryStore;
  stats(): SimulatorStats;
  resetHighest(): void;
  /** As POST /control: latency, work, limits, faults, poll messages, changes of objects, time, killed sessions. Throws RangeError on an account that there is not. */
  control(change: Control): void;
  /** As GET /journal: the transforms that were executed, the oldest first. */
  journal(query?: JournalQuery): JournalPage;
  /** Cuts every connection and closes both ports. */
  close(): Promise<void>;
}

/** Starts both ports. Throws ZodError on wrong options. */
export async function startSimulator(input: SimulatorInput, deps: SimulatorDeps): Promise<Simulator> {
  const options = simulatorOptions.parse(input);
  const { clock, log } = deps;
  const certificates = deps.certificates ?? (await makeCertificates({ names: options.tls.names }));
  const store = deps.store ?? memoryStore();
  const accounts = new Map(
    options.accounts.map(({ clientId, password, sessions }) => [
      clientId,
      new Account({ clientId, password, limit: sessions, clock }),
    ]),
  );
  let aheadMs = 0;
  const newServerId = () => `SIM-${++store.last.serverId}`;
  const registry: Registry = {
    store,
    tlds: new Set(options.tlds),
    policy: options.policy,
    agenda: new Agenda(),
    maxCheckNames: options.maxCheckNames,
    startedAt: clock.wall(),
    now: () => new Date(clock.wall().getTime() + aheadMs),
    newRoid: () => `S${++store.last.roid}-EPPSET`,
  };
  for (const account of options.accounts) {
    const isKnown = store.money.has(account.clientId);
    changeMoney(registry, account.clientId, isKnown ? { ...account, balance: undefined } : account);
  }
  resumeTransfers(registry);
  resumeDeletions(registry);
  const sessionDeps: SessionDeps = {
    options,
    settings: { latencyMs: options.latencyMs, workMs: options.workMs },
    faults: new FaultPlan(options.faults),
    journal: new Journal(options.journalEntries),
    accounts,
    registry,
    clock,
    random: deps.random ?? Math.random,
    newServerId,
  };
  const { faults, journal } = sessionDeps;

  const sessions = new Set<SimulatedSession>();
  const server = createServer({
    cert: certificates.cert,
    key: certificates.key,
    minVersion: 'TLSv1.2',
    ...(options.tls.clientCa === undefined
      ? {}
      : { ca: options.tls.clientCa, requestCert: true, rejectUnauthorized: true }),
  });
  const below = rawSockets(server);
  let closing = false;
  server.on('secureConnection', (socket: TLSSocket) => {
    // its handshake was under way when the ports were closed
    if (closing) {
      socket.destroy();
      return;
    }
    const session = new SimulatedSession({ socket, reset: below.resetOf(socket) }, sessionDeps);
    sessions.add(session);
    session.closed.then(() => sessions.delete(session));
    session.start();
  });
  server.on('tlsClientError', (error) => log.debug({ error: error.message }, 'A TLS handshake failed'));

  const stats = (): SimulatorStats => ({
    accounts: Object.fromEntries([...accounts].map(([clientId, account]) => [clientId, statsOf(account)])),
    objects: { domains: store.domains.size, hosts: store.hosts.size, contacts: store.contacts.size },
    faults: Object.fromEntries(faults.done),
    journal: { total: journal.total, forgotten: journal.forgotten },
  });
  const resetHighest = () => {
    for (const account of accounts.values()) account.resetHighest();
  };
  const advance = (seconds: number) => {
    aheadMs += seconds * 1000;
  };
  const control = (change: Control) =>
    applyControl(change, {
      accounts,
      sessions,
      settings: sessionDeps.settings,
      faults,
      registry,
      advance,
      newServerId,
    });
  const metrics = new MetricsRegistry();
  registerMetrics(metrics, accounts, faults.done);
  const http = simulatorHttp({
    metrics,
    stats,
    resetHighest,
    control,
    journal: (query) => journal.read(query),
  });

  const eppPort = await listen(server, options.epp);
  try {
    await http.listen(options.http);
  } catch (error) {
    server.close();
    throw error;
  }
  const httpPort = (http.server.address() as AddressInfo).port;
  log.info({ eppPort, httpPort, accounts: [...accounts.keys()] }, 'The simulated registry listens');

  return {
    eppPort,
    httpPort,
    ca: certificates.ca,
    store,
    stats,
    resetHighest,
    control,
    journal: (query) => journal.read(query),
    async close() {
      closing = true;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.cut();
      await Promise.all([closed, http.close()]);
    },
  };
}

/** The TCP connections below TLS: a TLSSocket itself cannot be reset. */
function rawSockets(server: Server): { resetOf(socket: TLSSocket): () => void } {
  const byPeer = new Map<string, Socket>();
  const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (raw: Socket) => {
    const peer = peerOf(raw);
    byPeer.set(peer, raw);
    raw.once('close', () => {
      if (byPeer.get(peer) === raw) byPeer.delete(peer);
    });
  });
  return {
    resetOf(socket) {
      const raw = byPeer.get(peerOf(socket));
      return () => void (raw ?? socket).resetAndDestroy();
    },
  };
}

function listen(server: Server, address: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
