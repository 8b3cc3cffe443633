/** An adapter on real TLS sockets to a simulated registry, and a way to talk to it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { type Adapter, type AdapterOptions, startAdapter } from '../../src/adapter/adapter.ts';
import { type AdapterFileInput, adapterFile } from '../../src/api/files/adapter-file.ts';
import { type Clock, systemClock, type Timer } from '../../src/lib/clock.ts';
import { createLog, silentLog } from '../../src/lib/log.ts';
import { type Certificates, makeCertificates } from '../../src/simulator/certificates.ts';
import type { SimulatorInput } from '../../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { eventually } from '../support/eventually.ts';
import { ScriptedBudget } from './scripted-budget.ts';

export const CLIENT_ID = 'acme';
export const PASSWORD = 'correct-horse';
export const ACCOUNT = 'verisign-acme';
export const SET = 'epp.core.bj';

/** A latency that lasts until `release`: the command stands at the registry, and no test depends on how quick the machine is. */
export const HELD = 3_000_000;

export class HoldingClock implements Clock {
  readonly held: (() => void)[] = [];
  readonly monotonicMs = systemClock.monotonicMs;
  readonly wall: () => Date;
  readonly sleep = systemClock.sleep;

  constructor(today?: Date) {
    this.wall = today ? () => today : systemClock.wall;
  }

  after(ms: number, fn: () => void): Timer {
    if (ms < HELD / 2) return systemClock.after(ms, fn);
    this.held.push(fn);
    return { cancel: () => {} };
  }
}

let certificates: Promise<Certificates> | undefined;

export async function startRegistry(
  input: Partial<SimulatorInput> = {},
  clock: Clock = systemClock,
): Promise<Simulator> {
  certificates ??= makeCertificates({ names: ['localhost', '127.0.0.1'] });
  return startSimulator(
    {
      epp: { port: 0 },
      http: { port: 0 },
      accounts: [{ clientId: CLIENT_ID, password: PASSWORD, sessions: 100 }],
      tlds: ['com', 'net', 'xn--fiqs8s'],
      ...input,
    },
    { clock, log: silentLog, certificates: await certificates },
  );
}

type FileInput = Omit<AdapterFileInput, 'kind' | 'set' | 'class' | 'budget' | 'accounts'>;
type AccountInput = AdapterFileInput['accounts'][number];

export interface HarnessOptions {
  registry?: Partial<SimulatorInput>;
  /** At the registry; now by default. */
  today?: Date;
  file?: FileInput;
  account?: Partial<AccountInput>;
  connections?: Partial<AccountInput['connections']>;
  accounts?: (defaults: AccountInput) => AccountInput[];
  cap?: number;
  adapter?: Partial<AdapterOptions>;
  /** Do not wait until the first connection is logged in. */
  unready?: boolean;
}

export interface Reply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
  body: any;
}

export interface Harness {
  adapter: Adapter;
  registry: Simulator;
  budget: ScriptedBudget;
  metrics: Registry;
  folder: string;
  /** Everything that was logged, as text. */
  logged(): string;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
  get(path: string): Promise<Reply>;
  /** How often the registry executed a command. */
  executed(command: string): number;
  /** Commands that stand at the registry, by the latency HELD. */
  held(): number;
  /** Lets them go on, and all that come. */
  release(): void;
  /** The registry cuts every session at once. */
  kill(): void;
  stop(): Promise<void>;
}

export async function start(options: HarnessOptions = {}): Promise<Harness> {
  const registryClock = new HoldingClock(options.today);
  const registry = await startRegistry(options.registry, registryClock);
  const folder = await mkdtemp(join(tmpdir(), 'eppset-adapter-'));
  await mkdir(join(folder, 'login'));
  await writeFile(join(folder, 'login/username'), CLIENT_ID);
  await writeFile(join(folder, 'login/password'), PASSWORD);
  await writeFile(join(folder, 'ca.crt'), registry.ca);
  const defaults: AccountInput = {
    name: ACCOUNT,
    accreditation: 'acme',
    tlds: ['com', 'net', '中国'],
    endpoint: { host: '127.0.0.1', port: registry.eppPort },
    credentials: { dir: 'login' },
    tls: { caDir: '.' },
    pool: { max: 10 },
    ...options.account,
    connections: { idleTimeoutSeconds: 600, opensPerSecond: 100, ...options.connections },
  };
  const file = adapterFile.parse({
    kind: 'AdapterFile',
    set: SET,
    class: 'core',
    budget: { mode: 'local' },
    ...options.file,
    // generous: the machine may be busy with other tests
    timeouts: { queue: '20s', ...options.file?.timeouts },
    accounts: options.accounts?.(defaults) ?? [defaults],
  });
  const budget = new ScriptedBudget(options.cap ?? 10);
  const metrics = new Registry();
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    name: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  const adapter = await startAdapter({
    file,
    folder,
    budget,
    metrics,
    log,
    listen: { host: '127.0.0.1', port: 0 },
    drainGraceMs: 20,
    gate: { backoff: { baseMs: 20, maxMs: 200 } },
    ...options.adapter,
  });
  const ask = async (path: string, init?: RequestInit): Promise<Reply> => {
    const response = await fetch(adapter.url + path, init);
    const text = await response.text();
    const isJson = /^application\/(?:problem\+)?json\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const harness: Harness = {
    adapter,
    registry,
    budget,
    metrics,
    folder,
    logged: () => lines.join(''),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path) => ask(path),
    executed: (command) => harness.registry.stats().accounts[CLIENT_ID]?.commands[command] ?? 0,
    held: () => registryClock.held.length,
    release() {
      const none = Object.fromEntries(
        Object.keys(options.registry?.latencyMs?.commands ?? {}).map((command) => [command, 0]),
      );
      registry.control({ latencyMs: { commands: none } });
      for (const fn of registryClock.held.splice(0)) fn();
    },
    kill: () => harness.registry.control({ kill: { clientId: CLIENT_ID, count: 1_000 } }),
    async stop() {
      await adapter.close();
      await harness.registry.close();
      await rm(folder, { recursive: true });
    },
  };
  if (!options.unready) {
    await eventually(async () => (await harness.get('/readyz')).status === 200, { what: 'ready' }).catch(
      async (error) => {
        const why = JSON.stringify((await harness.get('/debug/pools')).body);
        await harness.stop();
        throw new Error(`the adapter did not become ready: ${why}`, { cause: error });
      },
    );
  }
  return harness;
}
