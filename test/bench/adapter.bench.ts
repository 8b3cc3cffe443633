/**
 * What one adapter carries: HTTP/JSON in, EPP over TLS out. Registry and adapter are processes of their own, loopback only.
 *
 * With a latency the limit is physical: sessions ÷ round-trip time × commands in flight × names a command. Without one it is the
 * CPU. Run: `make bench-adapter`, about 90 s on a quiet machine of two cores.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startFlood } from './flood.ts';
import { closedLoop, creates, openLoop, quantile } from './load.ts';
import type { Row } from './rows.ts';
import { type BenchRegistry, machine, type Setting, startBenchRegistry } from './stage.ts';

const SESSIONS = 10;
const LATENCY_MS = 50;
const WARM_UP_SECONDS = 1;
const SECONDS = 4;
/** The 99th percentile of some 700 commands is more than the worst of them. */
const CREATES = { callers: 4, seconds: 10 };

/** The three steps: nothing, checks of several callers in one command, and several commands in flight on top. */
const STEPS: readonly {
  what: string;
  setting: Setting;
  callers: number;
  namesAsked: number;
  wanted: number;
}[] = [
  {
    what: 'single checks',
    setting: { sessions: SESSIONS, names: 1, depth: 1 },
    callers: 40,
    namesAsked: 1,
    wanted: 0.95,
  },
  {
    what: 'coalesced to 20',
    setting: { sessions: SESSIONS, names: 20, depth: 1 },
    callers: 600,
    namesAsked: 1,
    wanted: 0.9,
  },
  // one name a request would be 16,000 requests a second: more than one core serves to anyone
  {
    what: 'coalesced to 20, 4 in flight',
    setting: { sessions: SESSIONS, names: 20, depth: 4 },
    callers: 320,
    namesAsked: 5,
    wanted: 0.9,
  },
];

async function atLatency(registry: BenchRegistry, rows: Row[]): Promise<void> {
  await registry.control({ latencyMs: { commands: { 'domain:check': LATENCY_MS } } });
  for (const { what, setting, callers, namesAsked, wanted } of STEPS) {
    const { depth, names, sessions } = setting;
    const limit = (sessions * depth * names * 1_000) / LATENCY_MS;
    const bare = (await registry.bare({ sessions, depth, names, seconds: 2 })) * names;
    const adapter = await registry.adapter(setting);
    await closedLoop(adapter.url, { callers, names: namesAsked, seconds: WARM_UP_SECONDS });
    const cpuBefore = await adapter.cpuSeconds();
    const load = await closedLoop(adapter.url, { callers, names: namesAsked, seconds: SECONDS });
    const cpu = (await adapter.cpuSeconds()) - cpuBefore;
    rows.push({
      what: `${what}, ${LATENCY_MS} ms`,
      measured: load.perSecond / limit,
      unit: `of ${limit} names/s`,
      wanted: `>= ${wanted}`,
      ok: load.perSecond / limit >= wanted && load.failed === 0,
      namesPerSecond: load.perSecond,
      bareShare: bare / limit,
      cpuPercent: (cpu / SECONDS) * 100,
      p99Ms: quantile(load.times, 0.99),
    });
    if (names === 1) rows.push(await nearlyFull(adapter.url, limit));
    await adapter.stop();
  }
}

/** At 90 % of the limit nobody need wait long. */
async function nearlyFull(url: string, limit: number): Promise<Row> {
  const load = await openLoop(url, { perSecond: 0.9 * limit, seconds: SECONDS });
  const p99 = quantile(load.times, 0.99);
  return {
    what: `single checks, ${LATENCY_MS} ms, 90 % load: p99`,
    measured: p99,
    unit: 'ms',
    wanted: '<= 60',
    ok: p99 <= 60 && load.failed === 0,
  };
}

async function withoutLatency(registry: BenchRegistry, rows: Row[]): Promise<void> {
  await registry.control({ latencyMs: { commands: { 'domain:check': 0 } } });
  for (const { what, setting, wanted } of [
    { what: 'one command a check', setting: { sessions: SESSIONS, names: 1, depth: 1 }, wanted: undefined },
    { what: 'coalesced, 4 in flight', setting: { sessions: SESSIONS, names: 20, depth: 4 }, wanted: 6_000 },
  ]) {
    const adapter = await registry.adapter(setting);
    await closedLoop(adapter.url, { callers: 64, names: 1, seconds: 2 * WARM_UP_SECONDS });
    const cpuBefore = await adapter.cpuSeconds();
    const load = await closedLoop(adapter.url, { callers: 64, names: 1, seconds: SECONDS });
    const cpu = (await adapter.cpuSeconds()) - cpuBefore;
    const perCpuSecond = load.times.length / cpu;
    rows.push({
      what: `single checks over HTTP, 0 ms, ${what}`,
      measured: perCpuSecond,
      unit: 'a CPU-second',
      wanted: wanted === undefined ? '-' : `>= ${wanted}`,
      ok: wanted === undefined || perCpuSecond >= wanted,
      perSecond: load.perSecond,
      microsEach: 1e6 / perCpuSecond,
    });
    await adapter.stop();
  }
}

/** Ten times what the sessions carry, of checks; what becomes of creates on the same adapter. */
async function flooded(registry: BenchRegistry, rows: Row[]): Promise<void> {
  await registry.control({
    latencyMs: { commands: { 'domain:check': LATENCY_MS, 'domain:create': LATENCY_MS } },
  });
  for (const { what, setting } of [
    { what: 'single', setting: { sessions: SESSIONS, names: 1, depth: 1 } },
    { what: '4 in flight', setting: { sessions: SESSIONS, names: 1, depth: 4 } },
  ]) {
    const adapter = await registry.adapter(setting);
    await creates(adapter.url, { ...CREATES, seconds: WARM_UP_SECONDS });
    const idle = await creates(adapter.url, CREATES);
    const capacity = (setting.sessions * setting.depth * 1_000) / LATENCY_MS;
    const flood = startFlood(adapter.url, 10 * capacity);
    await creates(adapter.url, { ...CREATES, seconds: 2 * WARM_UP_SECONDS });
    const busy = await creates(adapter.url, CREATES);
    const queries = await flood.stop();
    const ratio = quantile(busy.times, 0.99) / quantile(idle.times, 0.99);
    rows.push({
      what: `creates under a flood of checks (${what}): p99 to idle p99`,
      measured: ratio,
      unit: 'times',
      wanted: '<= 1.5, none failed',
      ok: ratio <= 1.5 && busy.failed === 0,
      creates: busy.times.length,
      failed: busy.failed,
      idleP99Ms: quantile(idle.times, 0.99),
      busyP99Ms: quantile(busy.times, 0.99),
      checksSentPerSecond: queries.sentPerSecond,
      checksAnsweredPerSecond: queries.answeredPerSecond,
      checksRefused: queries.refused,
    });
    await adapter.stop();
  }
}

const registry = await startBenchRegistry();
const rows: Row[] = [];
try {
  await atLatency(registry, rows);
  await withoutLatency(registry, rows);
  await flooded(registry, rows);
} finally {
  await registry.stop();
}
for (const { ok, what, measured, unit, wanted, ...more } of rows) {
  const figure = measured >= 100 ? measured.toFixed(0) : measured.toFixed(3);
  console.log(`${ok ? 'ok  ' : 'MISS'} ${what}: ${figure} ${unit} (wanted ${wanted})`);
  const told = Object.entries(more).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? value.toFixed(2) : value}`,
  );
  if (told.length > 0) console.log(`       ${told.join(', ')}`);
}
const { cores, loadAverage } = machine();
console.log(
  `${cores} cores, load average ${loadAverage.toFixed(1)}: more than cores + 2 means that others took their share`,
);
const out = fileURLToPath(new URL('../../out/bench-adapter.json', import.meta.url));
await writeFile(out, `${JSON.stringify({ sessions: SESSIONS, machine: machine(), rows }, null, 2)}\n`);
if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
