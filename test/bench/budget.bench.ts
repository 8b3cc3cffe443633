/**
 * What the connection budget costs and how quick it is, on a real API server with production timing: writes a second of fleets in a steady
 * state, as the API server itself counts them, and the hand-over of an idle connection from query to core, with real adapters.
 *
 * Run: `make bench-budget`, about eight minutes on a quiet machine of two cores; `PART=writes` or `PART=hand-over` for one of both,
 * `PODS=10,100` for smaller fleets alone.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { measureHandOvers } from './budget-handover.ts';
import { type BudgetStage, startBudgetStage } from './budget-stage.ts';
import { measureWrites } from './budget-writes.ts';
import { type Row, tell } from './rows.ts';
import { machine } from './stage.ts';

/** The protocol's table, five accounts; half as much again is let pass. */
const TABLE = [
  { pods: 10, writesPerSecond: 1.3 },
  { pods: 100, writesPerSecond: 8.5 },
  { pods: 1_000, writesPerSecond: 77 },
] as const;
const TOLERANCE = 1.5;
const SECONDS = 60;

/** Of four core pods each. */
const ROUNDS = 12;
const HAND_OVERS = 40;
const HAND_OVER_MS = 4_000;

async function writes(stage: BudgetStage, rows: Row[]): Promise<void> {
  const only = (process.env.BENCH_PODS ?? '').split(/[\s,]+/).filter((pods) => pods !== '');
  for (const { pods, writesPerSecond } of TABLE) {
    if (only.length > 0 && !only.includes(String(pods))) continue;
    const most = writesPerSecond * TOLERANCE;
    const { perSecond, of, ...more } = await measureWrites(stage, { pods, seconds: SECONDS });
    tell(rows, {
      what: `writes of ${pods} holders and their allocator`,
      measured: perSecond,
      unit: 'a second',
      wanted: `<= ${most.toFixed(2)}`,
      ok: perSecond <= most && of.reports > 0,
      table: writesPerSecond,
      ...more,
      ...of,
    });
  }
}

async function handOver(stage: BudgetStage, rows: Row[]): Promise<void> {
  const { p95Ms, count, query, registry, times, ...more } = await measureHandOvers(stage, { rounds: ROUNDS });
  tell(rows, {
    what: 'hand-over from query to core: p95',
    measured: p95Ms,
    unit: 'ms',
    wanted: `<= ${HAND_OVER_MS}, of ${HAND_OVERS} at least`,
    ok: p95Ms <= HAND_OVER_MS && count >= HAND_OVERS,
    ...more,
    handOvers: count,
    queryBefore: query.before,
    queryAfter: query.after,
    times: times.map(Math.round).join(' '),
  });
  tell(rows, {
    what: 'hand-over: sessions that the registry refused, or took above its limit',
    measured: registry.refusals + registry.overLimitAccepts,
    unit: 'sessions',
    wanted: '0',
    ok: registry.refusals + registry.overLimitAccepts === 0,
    highestSessions: registry.highestSessions,
  });
}

const PARTS = { writes, 'hand-over': handOver };
const isPart = (name: string): name is keyof typeof PARTS => name in PARTS;

const asked = (process.env.BENCH_PARTS ?? '').split(/[\s,]+/).filter((name) => name !== '');
const parts = asked.length > 0 ? asked : Object.keys(PARTS);
const rows: Row[] = [];
const stage = await startBudgetStage();
try {
  for (const part of parts) {
    if (!isPart(part)) throw new Error(`no part ${part}; there are ${Object.keys(PARTS).join(', ')}`);
    await PARTS[part](stage, rows);
  }
} finally {
  await stage.stop();
}
const { cores, loadAverage } = machine();
console.log(
  `${cores} cores, load average ${loadAverage.toFixed(1)}: more than cores + 2 means that others took their share`,
);
// A part does not wipe out what the whole has measured.
const name = ['bench-budget', ...asked].join('-');
const out = fileURLToPath(new URL(`../../out/${name}.json`, import.meta.url));
await writeFile(out, `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`);
if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
