/**
 * Adapters under load while everything that the simulated registry can do wrong goes wrong at random, by a seed. In rounds: load
 * and faults for a while, then quiet, then what callers were told is held against the registry's journal.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Registry } from 'prom-client';
import { Pool } from 'undici';
import { type Adapter, startAdapter } from '../../src/adapter/adapter.ts';
import { adapterFile } from '../../src/api/files/adapter-file.ts';
import { localBudget } from '../../src/budget/local-budget.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { FAULT_KINDS, type FaultKind } from '../../src/simulator/faults/options.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { eventually } from '../support/eventually.ts';
import { type Told, wrongs } from './verdict.ts';

export interface SoakOptions {
  seconds: number;
  seed: number;
  /** Share of commands at the registry that go wrong. */
  rate: number;
  callers: number;
  tell(line: string): void;
}

export interface SoakReport {
  transforms: number;
  checks: number;
  outcomes: Record<string, number>;
  /** By kind, as the registry's answers went: nothing here means that the faults were never switched on. */
  executed: number;
  /** Must be empty. */
  wrong: string[];
  highestSessions: number;
  cap: number;
  /** Heap after garbage collection at the end of each round, in MB. */
  heapMb: number[];
}

const ADAPTERS = 2;
const CAP_EACH = 20;
const ROUND_SECONDS = 8;
const CLIENT = { clientId: 'acme', password: 'correct-horse' };
/** A session that the registry counts longer than it told is beyond every client. */
const KINDS = FAULT_KINDS.filter((kind): kind is FaultKind => kind !== 'limitCountedLate');

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const registry = await startSimulator(
    {
      epp: { port: 0 },
      http: { port: 0 },
      accounts: [{ ...CLIENT, sessions: 1_000 }],
      tlds: ['com'],
      idleTimeoutSeconds: 1,
      latencyMs: { fixed: 5, jitter: 10 },
      // A few rounds: what is kept must not look like memory that grows
      journalEntries: 10_000,
    },
    { clock: systemClock, log: silentLog },
  );
  const folder = await mkdtemp(join(tmpdir(), 'eppset-soak-'));
  const adapters: Adapter[] = [];
  try {
    await mkdir(join(folder, 'login'));
    await writeFile(join(folder, 'login/username'), CLIENT.clientId);
    await writeFile(join(folder, 'login/password'), CLIENT.password);
    await writeFile(join(folder, 'ca.crt'), registry.ca);
    for (let i = 0; i < ADAPTERS; i++) adapters.push(await soakAdapter(folder, registry.eppPort));
    return await soak(options, registry, adapters);
  } finally {
    await Promise.all(adapters.map((adapter) => adapter.close()));
    await registry.close();
    await rm(folder, { recursive: true });
  }
}

function soakAdapter(folder: string, port: number): Promise<Adapter> {
  const connections = { idleTimeoutSeconds: 1, lateDeliverySeconds: 0 };
  const file = adapterFile.parse({
    kind: 'AdapterFile',
    set: 'epp.core.soak',
    class: 'core',
    budget: { mode: 'local' },
    timeouts: { queue: '2s', command: '700ms' },
    accounts: [
      {
        name: 'soak',
        accreditation: 'soak',
        tlds: ['com'],
        endpoint: { host: '127.0.0.1', port },
        credentials: { dir: 'login' },
        tls: { caDir: '.' },
        dialect: { maxCheckNames: 20, pipelineDepth: 4, coalesceChecks: true },
        connections: { ...connections, opensPerSecond: 100 },
        pool: { max: CAP_EACH },
      },
    ],
  });
  const accounts = { soak: { ...connections, max: CAP_EACH } };
  return startAdapter({
    file,
    folder,
    budget: localBudget({ accounts, clock: systemClock, timeScale: 0.02 }),
    metrics: new Registry(),
    log: silentLog,
    listen: { host: '127.0.0.1', port: 0 },
    gate: { backoff: { baseMs: 20, maxMs: 300 }, refusedForMs: 500 },
  });
}

async function soak(
  options: SoakOptions,
  registry: Simulator,
  adapters: readonly Adapter[],
): Promise<SoakReport> {
  const { seconds, seed, rate, tell } = options;
  const report: SoakReport = {
    transforms: 0,
    checks: 0,
    outcomes: {},
    executed: 0,
    wrong: [],
    highestSessions: 0,
    cap: ADAPTERS * CAP_EACH,
    heapMb: [],
  };
  const pools = adapters.map(
    ({ url }) => new Pool(url, { connections: options.callers, bodyTimeout: 30_000 }),
  );
  const endMs = performance.now() + seconds * 1_000;
  let seen = 0;
  for (let round = 0; performance.now() < endMs; round++) {
    registry.control({ faults: { random: { seed: seed + round, rate, kinds: KINDS, maxMs: 1_500 } } });
    const roundEndMs = Math.min(endMs, performance.now() + ROUND_SECONDS * 1_000);
    const told = (
      await Promise.all(
        Array.from({ length: options.callers }, (_, caller) =>
          call({ pools, caller, round, endMs: roundEndMs, report }),
        ),
      )
    ).flat();
    registry.control({ faults: { random: null } });
    // What was written and never answered is executed by then, or never: replies are at most 1.5 s late
    await eventually(() => registry.journal().entries.every(({ replied }) => replied !== 'pending'), {
      timeoutMs: 20_000,
      what: 'a quiet registry',
    });
    const { entries, total, forgotten } = registry.journal({ after: seen });
    if (forgotten > seen) throw new Error('the journal is too small for a round');
    for (const wrong of wrongs(told, entries)) {
      report.wrong.push(`round ${round}: ${wrong}`);
      tell(`  wrong: ${wrong}`);
    }
    report.executed += total - seen;
    report.transforms += told.length;
    for (const { outcome } of told) report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
    seen = total;
    forget(registry);
    report.highestSessions = registry.stats().accounts[CLIENT.clientId]?.highestSessions ?? 0;
    report.heapMb.push(heapMb());
    tell(
      `round ${round}: ${told.length} transforms, ${report.checks} checks so far, ${report.wrong.length} wrong, most sessions ${report.highestSessions} of ${report.cap}, heap ${report.heapMb.at(-1)?.toFixed(1)} MB`,
    );
    await recovered(adapters);
  }
  await Promise.all(pools.map((pool) => pool.destroy()));
  return report;
}

/** Without faults every adapter is ready again soon: nothing is stuck for good. */
async function recovered(adapters: readonly Adapter[]): Promise<void> {
  for (const { url } of adapters) {
    await eventually(async () => (await fetch(`${url}/readyz`)).status === 200, {
      timeoutMs: 30_000,
      what: 'a ready adapter after the faults',
    });
  }
}

/** The registry's objects are not what may grow here. */
function forget({ store }: Simulator): void {
  (store.domains as Map<string, unknown>).clear();
}

let collect: (() => void) | undefined;
function heapMb(): number {
  if (!collect) {
    setFlagsFromString('--expose_gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  return process.memoryUsage().heapUsed / 1e6;
}

interface Caller {
  pools: readonly Pool[];
  caller: number;
  round: number;
  endMs: number;
  report: SoakReport;
}

/** A registration's life, again and again: check, create, info, renew, delete. */
async function call({ pools, caller, round, endMs, report }: Caller): Promise<Told[]> {
  const told: Told[] = [];
  for (let i = 0; performance.now() < endMs; i++) {
    const pool = pools[(caller + i) % pools.length] as Pool;
    const name = `r${round}-c${caller}-${i}.com`;
    const transform = async (command: string, body: object) => {
      const { outcome, answer } = await post(pool, `/com/${command}`, { name, ...body });
      const code = (answer.results as { code: number }[] | undefined)?.[0]?.code;
      told.push({ command: `domain:${command}`, name, outcome, code });
      return answer;
    };
    const names = [name, `other-${name}`];
    const check = await post(pool, '/com/check', { names });
    report.checks++;
    const cd = (check.answer.data as { cd?: { name: string }[] } | undefined)?.cd;
    if (cd && cd.map((one) => one.name).join() !== names.join()) {
      report.wrong.push(`asked for ${names.join()}, answered ${JSON.stringify(cd)}`);
    }
    const created = await transform('create', { authInfo: { pw: 'transfer-1' } });
    const exDate = (created.data as { exDate?: string } | undefined)?.exDate;
    await post(pool, '/com/info', { name });
    if (exDate) await transform('renew', { curExpDate: exDate.slice(0, 10) });
    await transform('delete', {});
  }
  return told;
}

async function post(
  pool: Pool,
  path: string,
  body: object,
): Promise<{ outcome: Told['outcome']; answer: Record<string, unknown> }> {
  const { headers, body: answer } = await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const outcome = headers['x-epp-outcome'] as Told['outcome'];
  return { outcome, answer: (await answer.json()) as Record<string, unknown> };
}
