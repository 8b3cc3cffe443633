/** `node test/soak/main.ts [SECONDS [SEED]]`: ten minutes by default. The last line is `N passed, N failed`. */
import { runSoak } from './soak.ts';

const seconds = Number(process.argv[2] ?? 600);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
console.log(`soak: ${seconds} s, seed ${seed}`);
const report = await runSoak({ seconds, seed, rate: 0.05, callers: 24, tell: (line) => console.log(line) });
const { cap, heapMb, highestSessions, wrong } = report;
const settled = heapMb.slice(Math.floor(heapMb.length / 3));
const growthMb = Math.max(0, (settled.at(-1) ?? 0) - (settled[0] ?? 0));
console.log(JSON.stringify({ ...report, heapMb: undefined, growthMb }, null, 2));
const checks: [string, boolean][] = [
  ['nothing was told that is not so', wrong.length === 0],
  ['never more sessions than allowed', highestSessions <= cap],
  ['memory is flat', growthMb < 10],
  ['all outcomes were seen', ['done', 'unknown'].every((outcome) => (report.outcomes[outcome] ?? 0) > 0)],
];
for (const [what, ok] of checks) console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}`);
const failed = checks.filter(([, ok]) => !ok).length;
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
