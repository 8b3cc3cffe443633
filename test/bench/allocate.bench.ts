/**
 * How long one allocation takes. Run: `node test/bench/allocate.bench.ts [pods]`. What must hold: 10,000 pods in at most 50 ms.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { allocate, type SetDemand } from '../../src/budget/allocate.ts';

const pods = Number(process.argv[2] ?? 10_000);
const limitMs = 50;
const rounds = 40;

/** A linear congruential generator: the same input every time. */
let seed = 1;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed % below;
};

const sets = Array.from({ length: 30 }, (_, s): SetDemand => {
  const size = Math.floor(pods / 30) + (s < pods % 30 ? 1 : 0);
  return {
    id: `set-${s}`,
    rank: s % 3,
    min: size,
    max: size * 20,
    lendablePercent: 50,
    pods: Array.from({ length: size }, (_, p) => ({
      id: `pod-${s}-${p}`,
      demand: 1 + random(40),
      current: random(10),
    })),
  };
});

const rows: object[] = [];
for (const [name, capacity] of [
  ['everybody is short', pods * 2],
  ['the lowest class is short', pods * 12],
  ['nobody is short', pods * 50],
] as const) {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    allocate(capacity, sets);
    return performance.now() - started;
  }).sort((a, b) => a - b);
  const [median, worst] = [times[rounds / 2]!, times.at(-1)!];
  const ok = pods > 10_000 || median <= limitMs;
  rows.push({ what: `${pods} pods, ${name}`, median, worst, wanted: limitMs, ok });
  console.log(
    `${ok ? 'ok  ' : 'MISS'} ${pods} pods, ${name}: ${median.toFixed(1)} ms (wanted <= ${limitMs}), worst of ${rounds} ${worst.toFixed(1)} ms`,
  );
  if (!ok) process.exitCode = 1;
}
const out = fileURLToPath(new URL('../../out/bench-allocate.json', import.meta.url));
await writeFile(out, `${JSON.stringify({ rows }, null, 2)}\n`);
