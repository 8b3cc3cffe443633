/** A simulated registry and one adapter, each a process of its own, on loopback: what the benchmarks of the adapter stand on. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { startAdapter } from '../../src/adapter/adapter.ts';
import { type AdapterFileInput, adapterFile } from '../../src/api/files/adapter-file.ts';
import { localBudget } from '../../src/budget/local-budget.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Control } from '../../src/simulator/options.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { measureThroughput } from '../../src/simulator/throughput.ts';
import { eventually } from '../support/eventually.ts';

const CLIENT = { clientId: 'acme', password: 'correct-horse' };
const SELF = fileURLToPath(import.meta.url);

export interface Setting {
  sessions: number;
  /** Most names in one command; 1: checks are not coalesced. */
  names: number;
  /** Commands in flight on a session. */
  depth: number;
}

export interface BenchAdapter {
  url: string;
  /** CPU seconds that its process has used so far. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

export interface BenchRegistry {
  control(change: Control): Promise<void>;
  /** A client that writes ready frames and reads no reply: what registry and machine give at most, in commands a second. */
  bare(load: { sessions: number; depth: number; names: number; seconds: number }): Promise<number>;
  adapter(setting: Setting): Promise<BenchAdapter>;
  stop(): Promise<void>;
}

export async function startBenchRegistry(): Promise<BenchRegistry> {
  const child = start('simulator');
  const { port, ca } = await nextMessage<{ port: number; ca: string }>(child);
  return {
    control: async (change) => void (await ask(child, change)),
    async bare({ sessions, depth, names, seconds }) {
      const load = { ...CLIENT, host: '127.0.0.1', port, ca, sessions, depth, namesPerCheck: names, seconds };
      return (await measureThroughput(load)).commandsPerSecond;
    },
    adapter: (setting) => startBenchAdapter({ setting, port, ca }),
    stop: () => stop(child),
  };
}

async function startBenchAdapter(options: {
  setting: Setting;
  port: number;
  ca: string;
}): Promise<BenchAdapter> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-bench-'));
  await mkdir(join(folder, 'login'));
  await writeFile(join(folder, 'login/username'), CLIENT.clientId);
  await writeFile(join(folder, 'login/password'), CLIENT.password);
  await writeFile(join(folder, 'ca.crt'), options.ca);
  const child = start('adapter', folder, String(options.port), JSON.stringify(options.setting));
  const { url } = await nextMessage<{ url: string }>(child);
  await eventually(async () => (await fetch(`${url}/readyz`)).status === 200);
  return {
    url,
    cpuSeconds: async () => (await ask<{ cpuSeconds: number }>(child, {})).cpuSeconds,
    async stop() {
      await stop(child);
      await rm(folder, { recursive: true });
    },
  };
}

/** Goes into every file of figures: a busy machine measures others too. */
export const machine = () => ({ cores: availableParallelism(), loadAverage: loadavg()[0] ?? 0 });

// --- the processes

async function simulatorProcess(): Promise<void> {
  const simulator = await startSimulator(
    {
      epp: { port: 0 },
      http: { port: 0 },
      accounts: [{ ...CLIENT, sessions: 1_000 }],
      tlds: ['com'],
    },
    { clock: systemClock, log: silentLog },
  );
  process.on('message', (change: Control) => {
    simulator.control(change);
    process.send?.({ done: true });
  });
  process.send?.({ port: simulator.eppPort, ca: simulator.ca });
}

async function adapterProcess(folder: string, port: number, setting: Setting): Promise<void> {
  const { depth, names, sessions } = setting;
  const input: AdapterFileInput = {
    kind: 'AdapterFile',
    set: 'epp.core.bench',
    class: 'core',
    budget: { mode: 'local' },
    accounts: [
      {
        name: 'bench',
        accreditation: 'bench',
        tlds: ['com'],
        endpoint: { host: '127.0.0.1', port },
        credentials: { dir: 'login' },
        tls: { caDir: '.' },
        dialect: { maxCheckNames: Math.max(names, 20), pipelineDepth: depth, coalesceChecks: names > 1 },
        connections: { idleTimeoutSeconds: 600, opensPerSecond: 100 },
        pool: { max: sessions },
      },
    ],
  };
  const adapter = await startAdapter({
    file: adapterFile.parse(input),
    folder,
    budget: localBudget({
      accounts: { bench: { max: sessions, idleTimeoutSeconds: 600 } },
      clock: systemClock,
    }),
    metrics: new Registry(),
    log: silentLog,
    listen: { host: '127.0.0.1', port: 0 },
  });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuSeconds: (user + system) / 1e6 });
  });
  process.send?.({ url: adapter.url });
}

function start(...args: string[]): ChildProcess {
  return fork(SELF, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function ask<T>(child: ChildProcess, message: object): Promise<T> {
  const answer = nextMessage<T>(child);
  child.send(message);
  return answer;
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`a process of the benchmark ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message as T);
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill();
  });
}

if (process.argv[1] === SELF) {
  const [role, ...rest] = process.argv.slice(2);
  if (role === 'simulator') await simulatorProcess();
  else await adapterProcess(rest[0] ?? '', Number(rest[1]), JSON.parse(rest[2] ?? '{}') as Setting);
}
