/**
 * Runs the benchmarks of this folder one after the other, each in a process of its own; each prints a table and writes out/<name>.json.
 *
 *   node test/bench/main.ts [NAME …]      default: all
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(here)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''))
  .sort();

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(2);
}
mkdirSync(new URL('../../out/', import.meta.url), { recursive: true });
for (const name of wanted.length > 0 ? wanted : names) {
  console.log(`\n=== ${name}`);
  const { status } = spawnSync(process.execPath, [`${here}${name}.bench.ts`], {
    stdio: 'inherit',
    timeout: 600_000,
  });
  if (status !== 0) process.exitCode = 1;
}
