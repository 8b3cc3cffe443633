/**
 * What a gateway costs: the time that it adds to a request, and requests a CPU-second against Debian's nginx as reverse proxy, before the
 * same upstream, in turns. Run: `make bench-gateway`, about two minutes on a quiet machine of two cores.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { type Served, startGatewayStage } from './gateway-stage.ts';
import { quantile } from './load.ts';
import { machine } from './stage.ts';

const CALLERS = 32;
const ROUNDS = 5;
const SECONDS = 5;
/** Until both are as quick as they get: V8 compiles what runs often. */
const WARM_UP_SECONDS = 15;
const MODERATE_PER_SECOND = 300;
const BODY = JSON.stringify({ names: ['example.com'] });

interface Load {
  times: number[];
  failed: number;
}

async function ask(pool: Pool, load: Load): Promise<void> {
  const began = performance.now();
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/com/check',
    headers: { 'content-type': 'application/json', 'x-epp-tenant': 'shop' },
    body: BODY,
  });
  await body.text();
  if (statusCode === 200) load.times.push(performance.now() - began);
  else load.failed++;
}

async function closedLoop(url: string, seconds: number): Promise<Load> {
  const pool = new Pool(url, { connections: CALLERS, pipelining: 1 });
  const load: Load = { times: [], failed: 0 };
  const endMs = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (performance.now() < endMs) await ask(pool, load);
    }),
  );
  await pool.close();
  return load;
}

/** Direct and through the gateway by turns, request by request: what else the machine does hits both alike. */
async function latencies(direct: string, gateway: string, seconds: number): Promise<[Load, Load]> {
  const pools = [direct, gateway].map((url) => new Pool(url, { connections: 64, pipelining: 1 }));
  const loads: [Load, Load] = [
    { times: [], failed: 0 },
    { times: [], failed: 0 },
  ];
  const pending = new Set<Promise<void>>();
  const startMs = performance.now();
  const total = 2 * MODERATE_PER_SECOND * seconds;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, ((performance.now() - startMs) / 1_000) * 2 * MODERATE_PER_SECOND);
    for (; sent < due; sent++) {
      const [pool, load] = [pools[sent % 2], loads[sent % 2]];
      if (!pool || !load) continue;
      const one: Promise<void> = ask(pool, load).finally(() => pending.delete(one));
      pending.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  await Promise.all(pools.map((pool) => pool.close()));
  for (const { times } of loads) times.sort((a, b) => a - b);
  return loads;
}

/** Requests a CPU-second of its process. */
async function throughput(served: Served): Promise<{ perCpuSecond: number; failed: number }> {
  const before = served.cpuSeconds();
  const { times, failed } = await closedLoop(served.url, SECONDS);
  return { perCpuSecond: times.length / (served.cpuSeconds() - before), failed };
}

const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

const stage = await startGatewayStage();
try {
  await closedLoop(stage.gateway.url, WARM_UP_SECONDS);
  await closedLoop(stage.nginx.url, 1);
  const [direct, through] = await latencies(stage.direct.url, stage.gateway.url, 10);
  const addedMs = quantile(through.times, 0.5) - quantile(direct.times, 0.5);
  const gateway: number[] = [];
  const nginx: number[] = [];
  let failed = direct.failed + through.failed;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [served, figures] of [
      [stage.gateway, gateway],
      [stage.nginx, nginx],
    ] as const) {
      const one = await throughput(served);
      figures.push(one.perCpuSecond);
      failed += one.failed;
    }
    console.log(
      `round ${round + 1}: gateway ${gateway.at(-1)?.toFixed(0)}, nginx ${nginx.at(-1)?.toFixed(0)} requests a CPU-second`,
    );
  }
  // of each round by itself: both halves of it had the same neighbours
  const share = median(gateway.map((figure, round) => figure / (nginx[round] ?? Number.NaN)));
  const rows = [
    {
      what: `added latency at p50, ${MODERATE_PER_SECOND} requests/s`,
      measured: addedMs,
      unit: 'ms',
      wanted: '<= 1',
      ok: addedMs <= 1,
    },
    {
      what: 'requests a CPU-second, of nginx',
      measured: share,
      unit: 'times',
      wanted: '>= 0.5',
      ok: share >= 0.5,
    },
    { what: 'failed', measured: failed, unit: 'requests', wanted: '0', ok: failed === 0 },
  ];
  for (const { ok, what, measured, unit, wanted } of rows) {
    console.log(`${ok ? 'ok  ' : 'MISS'} ${what}: ${measured.toFixed(3)} ${unit} (wanted ${wanted})`);
  }
  const more = {
    directP50Ms: quantile(direct.times, 0.5),
    gatewayP50Ms: quantile(through.times, 0.5),
    directP99Ms: quantile(direct.times, 0.99),
    gatewayP99Ms: quantile(through.times, 0.99),
    gatewayPerCpuSecond: median(gateway),
    nginxPerCpuSecond: median(nginx),
  };
  console.log(
    `       ${Object.entries(more)
      .map(([name, value]) => `${name} ${value.toFixed(2)}`)
      .join(', ')}`,
  );
  const out = fileURLToPath(new URL('../../out/bench-gateway.json', import.meta.url));
  await writeFile(out, `${JSON.stringify({ machine: machine(), rows, ...more }, null, 2)}\n`);
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
} finally {
  await stage.stop();
}
