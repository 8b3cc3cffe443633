/** Runs a program with somebody else's EPP client against the simulated registry. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JournalPage } from '../../src/simulator/journal.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { run } from '../cluster/run.ts';
import { CREDENTIALS } from '../epp/session-fixture.ts';

/** A line of JSON that it printed. */
export interface Step {
  step: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client made of the answer
  result: any;
  code: number;
}

export interface ClientProgram {
  command: string;
  /** Before those of the registry: host, port, file of the CA, user and password. */
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  password?: string;
}

/** What the client saw, step by step. Throws with its words where it failed. */
export async function stepsOf(
  simulator: Simulator,
  { command, args, env = process.env, password = CREDENTIALS.password }: ClientProgram,
): Promise<Map<string, Step>> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-interop-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ca = join(folder, 'ca.crt');
  await writeFile(ca, simulator.ca);
  const registry = ['localhost', String(simulator.eppPort), ca, CREDENTIALS.clientId, password];
  const { code, stdout, stderr } = await run(command, [...args, ...registry], { env, timeoutMs: 100_000 });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}\n${stdout}`);
  const steps = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
  return new Map(steps.map((step) => [step.step, step]));
}

/** The results of all steps, by their names. */
export const resultsOf = (steps: Map<string, Step>) =>
  Object.fromEntries([...steps].map(([name, { result }]) => [name, result]));

/** The transforms that the registry carried out, as `domain:create a.com`; refused ones are left out. Over HTTP, as people read it. */
export async function executed(simulator: Simulator): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${simulator.httpPort}/journal`);
  const { entries, forgotten } = (await response.json()) as JournalPage;
  if (forgotten > 0) throw new Error(`the journal has forgotten ${forgotten} entries`);
  return entries.filter(({ code }) => code < 2000).map(({ command, name }) => `${command} ${name}`);
}
