/**
 * `node test/epp/mixing-run.ts [CHECKS [SEED]]`: 100,000 by default. The last line is `N answers, N wrong`; exit code 1 where any
 * is wrong or missing, or where it takes longer than three minutes.
 */

import { seededRandom } from '../../src/lib/seeded-random.ts';
import { makeCertificates } from '../../src/simulator/certificates.ts';
import { runMixing } from './mixing.ts';

const LIMIT_MS = 180_000;
const checks = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);

const late = setTimeout(() => {
  console.error(`not done within ${LIMIT_MS / 1_000} s`);
  process.exit(1);
}, LIMIT_MS);
console.log(`mixing: ${checks} checks, 64 callers, one session, 32 in flight, seed ${seed}`);
const { answers, dishonest, endedBy, wrong } = await runMixing({
  certificates: await makeCertificates({ names: ['localhost', '127.0.0.1'] }),
  checks,
  callers: 64,
  depth: 32,
  latencyMs: 5,
  random: seededRandom(seed),
});
clearTimeout(late);
for (const line of [...wrong, ...dishonest].slice(0, 20)) console.error(line);
if (endedBy) console.error(endedBy.message);
console.log(`${answers} answers, ${wrong.length} wrong`);
process.exitCode = answers === checks && wrong.length + dishonest.length === 0 ? 0 : 1;
