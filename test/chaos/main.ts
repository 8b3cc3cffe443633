/**
 * Chaos on a real cluster: `node test/chaos/main.ts [--scenario a,b | --ci] [--keep NAME]`. Ends with `N passed, N failed`.
 * Figures go to out/chaos.json. See docs/chaos.md.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/lib/errors.ts';
import { tokenHeaders } from '../support/internal-token.ts';
import { ACCOUNTS, CALLERS, NAMESPACE, Q_MS, RECOVERY_MS, T_EXP_MS, TTL_MS } from './cast.ts';
import { type Scenario, seconds } from './drama.ts';
import { Load } from './load.ts';
import { perform, type Result, steadyAgain } from './perform.ts';
import { CI_SCENARIOS, chosen, SCENARIOS } from './scenarios.ts';
import { openStage, type Stage } from './stage.ts';
import { View } from './view.ts';

const OUT = 'out/chaos.json';

function lineOf({ name, accounts, fullUseMs, totalMs, problems }: Result): string {
  const each = Object.entries(accounts).map(
    ([account, { highest, limit, coreLowest, coreMinimum }]) =>
      `${account} highest ${highest}/${limit}, core at least ${coreLowest} (minimum ${coreMinimum})`,
  );
  const full = fullUseMs === undefined ? 'no full use' : `full use after ${seconds(fullUseMs)}`;
  const verdict = problems.length === 0 ? 'ok  ' : 'FAIL';
  return [
    `${verdict} ${name.padEnd(16)} ${[...each, full].join('; ')} (${seconds(totalMs)} in all)`,
    ...problems.map((problem) => `       ${problem}`),
  ].join('\n');
}

interface Run {
  results: Result[];
  /** Scenarios that this machine cannot play, each with its reason. */
  leftOut: string[];
}

async function performAll(scenarios: readonly Scenario[], stage: Stage, signal: AbortSignal): Promise<Run> {
  const view = new View(stage);
  await view.start();
  const headers = await tokenHeaders(stage.client, NAMESPACE);
  const load = new Load(
    CALLERS.map(({ set, account, callers }) => ({
      set,
      callers,
      headers,
      tld: ACCOUNTS.find(({ name }) => name === account)?.tld ?? '',
      url: stage.url(set.nodePort),
    })),
  );
  const run: Run = { results: [], leftOut: [] };
  const say = (line: string) => console.log(`     ${line}`);
  try {
    for (const scenario of scenarios) {
      if (signal.aborted) break;
      console.log(`\n${scenario.name}: ${scenario.about}`);
      const why = await scenario.leftOut?.();
      if (why !== undefined) {
        run.leftOut.push(`${scenario.name}: ${why}`);
        continue;
      }
      const result = await perform(scenario, stage, view, say);
      run.results.push(result);
      console.log(lineOf(result));
    }
    // The others are followed by one that wants a steady stage.
    await steadyAgain(run.results.at(-1), stage, view, say);
    console.log(`\nload: ${JSON.stringify(load.figures())}`);
  } finally {
    await load.stop();
    await view.stop();
  }
  return run;
}

/** The first signal ends the run after the scenario that is played; the cluster is removed in either case. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { scenario: { type: 'string' }, ci: { type: 'boolean' }, keep: { type: 'string' } },
  });
  const names = values.ci ? CI_SCENARIOS.join(',') : (values.scenario ?? '');
  const scenarios = names.trim() === '' ? SCENARIOS : chosen(names);
  const signal = interrupted();
  console.log(
    `${scenarios.length} scenarios; TTL core ${seconds(TTL_MS.core)}, query ${seconds(TTL_MS.query)}; T_exp ${seconds(T_EXP_MS)} + Q ${seconds(Q_MS)} = ${seconds(RECOVERY_MS)}`,
  );
  const stage = await openStage(values.keep);
  const { results, leftOut } = await performAll(scenarios, stage, signal).finally(() => stage.close());
  await mkdir('out', { recursive: true });
  await writeFile(OUT, `${JSON.stringify({ recoveryMs: RECOVERY_MS, results }, null, 2)}\n`);
  console.log(`\n${results.map(lineOf).join('\n')}\nfigures: ${OUT}`);
  for (const reason of leftOut) console.log(`left out: ${reason}`);
  const passed = results.filter(({ problems }) => problems.length === 0).length;
  // What was not played after an interrupt has not passed.
  const failed = scenarios.length - leftOut.length - passed;
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`chaos: ${messageOf(error)}`);
  process.exitCode = 1;
}
