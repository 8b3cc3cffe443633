/**
 * What one adapter carries: HTTP/JSON in, EPP over TLS out, against sessions ÷ round-trip time (one command in flight a session).
 * Simulator and adapter are processes of their own; loopback only. Run: `node test/bench/adapter.bench.ts`, about 30 s.
 *
 * The bare client writes ready frames on as many sessions and reads no reply: what registry and machine give at most. At 50 ms
 * the adapter must reach 95 % of sessions ÷ round-trip time.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { Pool } from 'undici';
import { startAdapter } from '../../src/adapter/adapter.ts';
import { adapterFile } from '../../src/api/files/adapter-file.ts';
import { localBudget } from '../../src/budget/local-budget.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { measureThroughput } from '../../src/simulator/throughput.ts';
import { eventually } from '../support/eventually.ts';

const SESSIONS = 10;
const LATENCIES_MS = [0, 10, 50];
const CALLERS = [SESSIONS, 4 * SESSIONS];
const SECONDS = 3;
const WARM_UP_SECONDS = 0.5;
const BARE_SECONDS = 1.5;
/** At the last latency, with callers to spare. */
const WANTED_RATIO = 0.95;
const CLIENT = { clientId: 'acme', password: 'correct-horse' };

interface Row {
  latencyMs: number;
  callers: number;
  /** sessions ÷ latency; undefined at 0 ms. */
  limitPerSecond: number | undefined;
  barePerSecond: number;
  commandsPerSecond: number;
  ratio: number;
  p50Ms: number;
  p99Ms: number;
  /** Of the adapter, in percent of one core. */
  cpuPercent: number;
  cpuMicrosPerCommand: number;
}

// --- the registry's and the adapter's processes

async function simulatorProcess(): Promise<void> {
  const simulator = await startSimulator(
    {
      epp: { port: 0 },
      http: { port: 0 },
      accounts: [{ ...CLIENT, sessions: 10 * SESSIONS }],
      tlds: ['com'],
    },
    { clock: systemClock, log: silentLog },
  );
  process.on('message', (message: { latencyMs: number }) => {
    simulator.control({ latencyMs: { commands: { 'domain:check': message.latencyMs } } });
    process.send?.({ set: message.latencyMs });
  });
  process.send?.({ port: simulator.eppPort, ca: simulator.ca });
}

async function adapterProcess(folder: string, eppPort: number): Promise<void> {
  const file = adapterFile.parse({
    kind: 'AdapterFile',
    set: 'epp.query.bench',
    class: 'query',
    budget: { mode: 'local' },
    accounts: [
      {
        name: 'bench',
        accreditation: 'bench',
        tlds: ['com'],
        endpoint: { host: '127.0.0.1', port: eppPort },
        credentials: { dir: 'login' },
        tls: { caDir: '.' },
        connections: { idleTimeoutSeconds: 600, opensPerSecond: 100 },
        pool: { max: SESSIONS },
      },
    ],
  });
  const adapter = await startAdapter({
    file,
    folder,
    budget: localBudget({
      accounts: { bench: { max: SESSIONS, idleTimeoutSeconds: 600 } },
      clock: systemClock,
    }),
    metrics: new Registry(),
    log: silentLog,
    listen: { host: '127.0.0.1', port: 0 },
  });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMicros: user + system });
  });
  process.send?.({ url: adapter.url });
}

// --- the load

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

function start(...args: string[]): ChildProcess {
  return fork(fileURLToPath(import.meta.url), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** Callers that each wait for their answer before they ask again. Times in milliseconds. */
async function load(url: string, callers: number, seconds: number): Promise<number[]> {
  const pool = new Pool(url, { connections: callers, pipelining: 1 });
  const end = performance.now() + seconds * 1_000;
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let i = 0; performance.now() < end; i++) {
        const startMs = performance.now();
        const { statusCode, body } = await pool.request({
          method: 'POST',
          path: '/com/check',
          headers: { 'content-type': 'application/json' },
          body: `{"names":["caller-${caller}-${i}.com"]}`,
        });
        const answer = (await body.json()) as { data?: { cd: { name: string }[] } };
        if (statusCode !== 200 || answer.data?.cd[0]?.name !== `caller-${caller}-${i}.com`) {
          throw new Error(`a caller was answered ${statusCode} ${JSON.stringify(answer)}`);
        }
        times.push(performance.now() - startMs);
      }
    }),
  );
  await pool.close();
  return times;
}

async function measure(
  options: { url: string; adapter: ChildProcess; latencyMs: number; barePerSecond: number },
  callers: number,
): Promise<Row> {
  const { url, adapter, latencyMs, barePerSecond } = options;
  await load(url, callers, WARM_UP_SECONDS);
  const before = await ask<{ cpuMicros: number }>(adapter, {});
  const startMs = performance.now();
  const times = (await load(url, callers, SECONDS)).sort((a, b) => a - b);
  const seconds = (performance.now() - startMs) / 1_000;
  const after = await ask<{ cpuMicros: number }>(adapter, {});
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  const commandsPerSecond = times.length / seconds;
  const limitPerSecond = latencyMs === 0 ? undefined : (SESSIONS * 1_000) / latencyMs;
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    latencyMs,
    callers,
    limitPerSecond,
    barePerSecond,
    commandsPerSecond,
    ratio: commandsPerSecond / (limitPerSecond ?? barePerSecond),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuPercent: cpuMicros / seconds / 10_000,
    cpuMicrosPerCommand: cpuMicros / times.length,
  };
}

function print(rows: readonly Row[]): void {
  const columns: [string, (row: Row) => string][] = [
    ['latency', (row) => `${row.latencyMs} ms`],
    ['callers', (row) => String(row.callers)],
    ['sessions/RTT', (row) => row.limitPerSecond?.toFixed(0) ?? '-'],
    ['bare client/s', (row) => row.barePerSecond.toFixed(0)],
    ['adapter/s', (row) => row.commandsPerSecond.toFixed(0)],
    ['ratio', (row) => `${(row.ratio * 100).toFixed(1)} %`],
    ['p50', (row) => `${row.p50Ms.toFixed(1)} ms`],
    ['p99', (row) => `${row.p99Ms.toFixed(1)} ms`],
    ['adapter CPU', (row) => `${row.cpuPercent.toFixed(0)} %`],
    ['CPU/command', (row) => `${row.cpuMicrosPerCommand.toFixed(0)} µs`],
  ];
  console.log(`one adapter, ${SESSIONS} sessions, one command in flight on each`);
  for (const line of [
    columns.map(([name]) => name),
    ...rows.map((row) => columns.map(([, show]) => show(row))),
  ]) {
    console.log(line.map((text, i) => text.padStart((columns[i]?.[0].length ?? 0) + 2)).join(''));
  }
  console.log('ratio: to sessions/RTT; at 0 ms to the bare client');
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-bench-'));
  const children: ChildProcess[] = [];
  try {
    const simulator = start('simulator');
    children.push(simulator);
    const { port, ca } = await nextMessage<{ port: number; ca: string }>(simulator);
    await mkdir(join(folder, 'login'));
    await writeFile(join(folder, 'login/username'), CLIENT.clientId);
    await writeFile(join(folder, 'login/password'), CLIENT.password);
    await writeFile(join(folder, 'ca.crt'), ca);
    const adapter = start('adapter', folder, String(port));
    children.push(adapter);
    const { url } = await nextMessage<{ url: string }>(adapter);
    await eventually(async () => (await fetch(`${url}/readyz`)).status === 200);

    const rows: Row[] = [];
    for (const latencyMs of LATENCIES_MS) {
      await ask(simulator, { latencyMs });
      const bare = await measureThroughput({
        ...CLIENT,
        host: '127.0.0.1',
        port,
        ca,
        sessions: SESSIONS,
        depth: 1,
        namesPerCheck: 1,
        seconds: BARE_SECONDS,
      });
      const setting = { url, adapter, latencyMs, barePerSecond: bare.commandsPerSecond };
      for (const callers of CALLERS) rows.push(await measure(setting, callers));
    }
    print(rows);
    const machine = { cores: availableParallelism(), loadAverage: loadavg()[0] ?? 0 };
    console.log(
      `${machine.cores} cores, load average ${machine.loadAverage.toFixed(1)}: more than cores + 1 means that others took their share`,
    );
    const out = fileURLToPath(new URL('../../out/', import.meta.url));
    await mkdir(out, { recursive: true });
    await writeFile(
      join(out, 'bench-adapter.json'),
      `${JSON.stringify({ sessions: SESSIONS, machine, rows }, null, 2)}\n`,
    );
    const last = rows.at(-1);
    if (!last || last.ratio < WANTED_RATIO) {
      console.error(
        `at ${last?.latencyMs} ms the adapter reaches ${last?.ratio} of the limit; wanted: ${WANTED_RATIO}`,
      );
      process.exitCode = 1;
    }
  } finally {
    for (const child of children) child.kill();
    await rm(folder, { recursive: true });
  }
}

const [role, ...rest] = process.argv.slice(2);
if (role === 'simulator') await simulatorProcess();
else if (role === 'adapter') await adapterProcess(rest[0] ?? '', Number(rest[1]));
else await main();
