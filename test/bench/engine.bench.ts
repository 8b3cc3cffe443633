/**
 * How much of a bare TLS echo the EPP engine reaches, at no latency at all.
 *
 *   engine ─┐  TLS, loopback   ┌─ peer: cuts frames by their length, copies name and clTRID into a ready answer
 *   bare   ─┘                  └─       (a process of its own, the same for both)
 *
 * `engine`: openSession, `domain:check` of one name by as many callers as commands are in flight, answers read to JSON and
 * handed to each caller, who sees that it is about his name. (His JSON was checked before, as an adapter does it at its
 * door.) `bare`: the same frames, made once, and replies cut by their length alone. Both run in processes of their own, by
 * turns and shortly, so that what else the machine does meets both; what counts is the median of the ratios of neighbours.
 * `/CPU s`: commands in a second of the client's own CPU. `/s`: by the clock, where the registry's CPU counts as well.
 *
 *   node test/bench/engine.bench.ts [rounds]      prints a table, writes out/bench-engine.json; exit code 1 below WANTED
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { makeCertificates } from '../../src/simulator/certificates.ts';
import { type Run, runBare, runEngine } from './engine-clients.ts';
import { servePeer } from './engine-peer.ts';

const WANTED = 0.5;
/** One after the other, and pipelined as far as registries take it; beyond that what is left is the cost of TLS for a large write. */
const SETTINGS = [
  { sessions: 1, depth: 1, wanted: WANTED },
  { sessions: 10, depth: 1, wanted: WANTED },
  { sessions: 10, depth: 4, wanted: WANTED },
  { sessions: 1, depth: 8, wanted: WANTED },
  { sessions: 1, depth: 32, wanted: undefined },
] as const;
const ROUNDS = Number(process.argv[3] ?? process.argv[2] ?? 9) || 9;
const SECONDS = 0.3;
const WARM_UP_SECONDS = 1;

interface Row {
  sessions: number;
  depth: number;
  wanted: number | undefined;
  /** Medians, commands a second. */
  bare: { perSecond: number; perCpuSecond: number };
  engine: { perSecond: number; perCpuSecond: number };
  /** Medians of the rounds' ratios. */
  ratio: { perSecond: number; perCpuSecond: number };
}

function start(role: string): ChildProcess {
  return fork(fileURLToPath(import.meta.url), [role], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function ask<T>(child: ChildProcess, message: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process of the benchmark ended: ${code}`));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer as T);
    });
    child.send(message);
  });
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function main(): Promise<void> {
  const certificates = await makeCertificates({ names: ['localhost', '127.0.0.1'] });
  const [peer, bare, engine] = [start('peer'), start('bare'), start('engine')];
  try {
    const { port } = await ask<{ port: number }>(peer, certificates);
    const rows: Row[] = [];
    for (const { sessions, depth, wanted } of SETTINGS) {
      const load = { port, ca: certificates.ca, sessions, depth };
      const run = (client: ChildProcess, seconds: number) => ask<Run>(client, { ...load, seconds });
      await run(bare, WARM_UP_SECONDS);
      await run(engine, WARM_UP_SECONDS);
      const rounds: { bare: Run; engine: Run }[] = [];
      for (let i = 0; i < ROUNDS; i++) {
        rounds.push({ bare: await run(bare, SECONDS), engine: await run(engine, SECONDS) });
      }
      const of = (pick: (round: { bare: Run; engine: Run }) => number) => median(rounds.map(pick));
      rows.push({
        sessions,
        depth,
        wanted,
        bare: { perSecond: of((r) => r.bare.perSecond), perCpuSecond: of((r) => r.bare.perCpuSecond) },
        engine: { perSecond: of((r) => r.engine.perSecond), perCpuSecond: of((r) => r.engine.perCpuSecond) },
        ratio: {
          perSecond: of((r) => r.engine.perSecond / r.bare.perSecond),
          perCpuSecond: of((r) => r.engine.perCpuSecond / r.bare.perCpuSecond),
        },
      });
    }
    report(rows);
  } finally {
    for (const child of [peer, bare, engine]) child.kill();
  }
}

function report(rows: readonly Row[]): void {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  const columns: [string, (row: Row) => string][] = [
    ['sessions', (row) => String(row.sessions)],
    ['in flight on each', (row) => String(row.depth)],
    ['bare/s', (row) => row.bare.perSecond.toFixed(0)],
    ['engine/s', (row) => row.engine.perSecond.toFixed(0)],
    ['ratio', (row) => percent(row.ratio.perSecond)],
    ['bare/CPU s', (row) => row.bare.perCpuSecond.toFixed(0)],
    ['engine/CPU s', (row) => row.engine.perCpuSecond.toFixed(0)],
    ['ratio of CPU', (row) => percent(row.ratio.perCpuSecond)],
    ['wanted', (row) => (row.wanted === undefined ? '-' : percent(row.wanted))],
  ];
  for (const line of [
    columns.map(([name]) => name),
    ...rows.map((row) => columns.map(([, show]) => show(row))),
  ]) {
    console.log(line.map((text, i) => text.padStart((columns[i]?.[0].length ?? 0) + 2)).join(''));
  }
  const machine = { cores: availableParallelism(), loadAverage: loadavg()[0] ?? 0 };
  const out = fileURLToPath(new URL('../../out/', import.meta.url));
  mkdirSync(out, { recursive: true });
  const told = { rounds: ROUNDS, seconds: SECONDS, machine, rows };
  writeFileSync(`${out}bench-engine.json`, `${JSON.stringify(told, null, 2)}\n`);
  console.log(
    `medians of ${ROUNDS} rounds; ${machine.cores} cores, load average ${machine.loadAverage.toFixed(1)}`,
  );
  for (const { sessions, depth, ratio, wanted } of rows) {
    if (wanted === undefined || ratio.perCpuSecond >= wanted) continue;
    console.error(
      `${sessions} sessions, ${depth} in flight: ${percent(ratio.perCpuSecond)} of the bare client's commands per CPU second; wanted: ${percent(wanted)}`,
    );
    process.exitCode = 1;
  }
}

/** A child: each message is one job, and each answer its result. */
function serve<T>(job: (message: T) => Promise<object>): void {
  process.on('message', (message: T) => {
    job(message).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.once('disconnect', () => process.exit());
}

const role = process.argv[2];
if (role === 'peer') serve(servePeer);
else if (role === 'bare') serve(runBare);
else if (role === 'engine') serve(runEngine);
else await main();
