/**
 * Runs every check and every test that this machine can carry, in stages from cheap to dear, and ends with `N passed, N failed`.
 * What was left out is named with its reason; with CI=true that counts as a failure.
 *
 *   node test/run.ts [STAGE …]      default: all
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../src/lib/errors.ts';
import { installMissing } from './cluster/apt.ts';
import { availability } from './cluster/availability.ts';
import { toStderr } from './cluster/progress.ts';
import { HAS_SCHEMAS } from './epp/xmllint.ts';
import { missingLibraries } from './interop/libraries.ts';

interface Tally {
  passed: number;
  failed: number;
  /** Names of what failed, for the end of a long output. */
  broken?: readonly string[];
}

/** As far as read here: https://vitest.dev/guide/reporters#json-reporter. */
interface VitestReport {
  numPassedTests?: number;
  testResults?: {
    name: string;
    status: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[];
  }[];
}

/** Each failed test with what it said, but for the stack; a file without one that failed by itself. */
function brokenIn({ testResults = [] }: VitestReport): string[] {
  return testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, assertionResults }) => {
      const file = name.replace(root, '');
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [file];
      return failed.map(
        ({ fullName, failureMessages = [] }) =>
          `${file}: ${fullName}: ${(failureMessages[0] ?? '').split('\n    at ')[0]?.slice(0, 4_000)}`,
      );
    });
}

interface Stage {
  name: string;
  /** What the stage needs beyond Node. */
  needs?: 'api' | 'kind';
  /** Parts that this machine cannot carry, each with its reason; the stage runs without them. */
  leftOut?(): Promise<string[]>;
  run(): Promise<Tally>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const inCI = process.env.CI === 'true';

/** Runs a command with its output shown; resolves with its exit code. */
function exec(command: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

async function commands(list: [string, string[], Record<string, string>?][]): Promise<Tally> {
  const tally = { passed: 0, failed: 0, broken: [] as string[] };
  for (const [command, args, env] of list) {
    console.log(`$ ${command} ${args.join(' ')}`);
    if ((await exec(command, args, env)) === 0) tally.passed++;
    else {
      tally.failed++;
      tally.broken.push(`${command} ${args.join(' ')}`);
    }
  }
  return tally;
}

/** A vitest project. A run that ended without its report (a crash, no test found) is one failure. */
async function vitest(project: string): Promise<Tally> {
  const report = `${root}out/vitest-${project}.json`;
  await rm(report, { force: true });
  const code = await exec('vitest', [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  try {
    const told = JSON.parse(await readFile(report, 'utf8')) as VitestReport;
    const broken = brokenIn(told);
    return { passed: told.numPassedTests ?? 0, failed: Math.max(broken.length, code === 0 ? 0 : 1), broken };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/**
 * What tests start that is not ours: the store of idempotency keys, the egress proxy, Prometheus with its promtool, a browser, the
 * interpreter of Argo CD's health checks, and the judge of XML where schemas are at hand. Installed before, as tests run side by side.
 */
async function debianTools(): Promise<string[]> {
  const programs = {
    'redis-server': 'redis-server',
    nginx: 'nginx',
    '/usr/lib/nginx/modules/ngx_stream_module.so': 'libnginx-mod-stream',
    prometheus: 'prometheus',
    chromium: 'chromium',
    'lua5.1': 'lua5.1',
    ...(HAS_SCHEMAS ? { xmllint: 'libxml2-utils' } : {}),
  };
  try {
    await installMissing(programs, toStderr);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

const STAGES: readonly Stage[] = [
  {
    name: 'check',
    run: () =>
      commands([
        ['tsc', ['--noEmit']],
        // What runs in a browser has its types.
        ['tsc', ['--noEmit', '-p', 'src/console/page']],
        ['tsc', ['--noEmit', '-p', 'test/console']],
        ['biome', ['ci', '.']],
        ['node', ['scripts/manifests.ts', '--check']],
        ['node', ['scripts/reference.ts', '--check']],
        ['vitest', ['run', '--project', 'unit', 'test/architecture', 'test/api/crd']],
      ]),
  },
  { name: 'unit', leftOut: debianTools, run: () => vitest('unit') },
  { name: 'interop', leftOut: missingLibraries, run: () => vitest('interop') },
  { name: 'api', needs: 'api', leftOut: debianTools, run: () => vitest('api') },
  { name: 'demo-embedded', run: () => commands([['node', ['demo/main.ts'], { CLUSTER: 'embedded' }]]) },
  // The story of `make demo` on kind among them, with the operators killed all the while.
  { name: 'e2e', needs: 'kind', run: () => vitest('e2e') },
  { name: 'chaos', needs: 'kind', run: () => commands([['node', ['test/chaos/main.ts', '--ci']]]) },
];

async function main(wanted: string[]): Promise<number> {
  const unknown = wanted.filter((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    console.error(
      `no stage ${unknown.join(', ')}; there are ${STAGES.map((stage) => stage.name).join(', ')}`,
    );
    return 2;
  }
  await mkdir(`${root}out`, { recursive: true });
  const total = { passed: 0, failed: 0 };
  const leftOut: string[] = [];
  const lines: string[] = [];
  for (const stage of STAGES) {
    if (wanted.length > 0 && !wanted.includes(stage.name)) continue;
    console.log(`\n=== ${stage.name}`);
    const can = stage.needs ? await availability(stage.needs) : { ok: true as const };
    if (!can.ok) {
      leftOut.push(`${stage.name}: ${can.why}`);
      continue;
    }
    for (const reason of (await stage.leftOut?.()) ?? []) leftOut.push(`${stage.name}: ${reason}`);
    const start = performance.now();
    if (stage.needs && (await exec('node', ['test/cluster/cli.ts', 'prepare', stage.needs])) !== 0) {
      total.failed++;
      lines.push(`${stage.name}: the test cluster (tier ${stage.needs}) could not be prepared`);
      continue;
    }
    const tally = await stage.run();
    total.passed += tally.passed;
    total.failed += tally.failed;
    const seconds = Math.round((performance.now() - start) / 1000);
    lines.push(`${stage.name}: ${tally.passed} passed, ${tally.failed} failed in ${seconds} s`);
    for (const name of tally.broken ?? []) lines.push(`  failed: ${name}`);
  }
  console.log(`\n${lines.join('\n')}`);
  for (const reason of leftOut) console.log(`left out: ${reason}`);
  if (inCI) total.failed += leftOut.length;
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
