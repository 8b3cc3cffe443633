/** One scenario from a steady stage to a verdict. */
import { messageOf } from '../../src/lib/errors.ts';
import { ACCOUNTS, CORE, RECOVERY_MS, SETS, SYSTEM_NAMESPACE } from './cast.ts';
import { Drama, type Scenario, seconds } from './drama.ts';
import type { Stage } from './stage.ts';
import { type Counted, verdict } from './verdict.ts';
import { minimumOf, type View } from './view.ts';

export interface Result {
  name: string;
  /** What the registry counted at most, and what it allows. */
  accounts: Record<string, { highest: number; limit: number; coreLowest: number; coreMinimum: number }>;
  /** From the mend to full use. */
  fullUseMs: number | undefined;
  totalMs: number;
  /** Empty: passed. */
  problems: string[];
}

const STEADY_MS = 240_000;

export async function perform(
  scenario: Scenario,
  stage: Stage,
  view: View,
  say: (line: string) => void,
): Promise<Result> {
  const drama = new Drama(stage, view, say);
  const startMs = performance.now();
  let fullUseMs: number | undefined;
  try {
    await steady(drama);
    for (const account of ACCOUNTS) await view.resetHighest(account);
    view.resetCoreLows();
    await scenario.play(drama);
    fullUseMs = await fullUse(drama);
  } catch (error) {
    const cause = error instanceof Error && error.cause ? ` (${messageOf(error.cause)})` : '';
    drama.problems.push(`${messageOf(error)}${cause}`);
  }
  const lows = new Map(view.coreLows);
  const notes = new Map(ACCOUNTS.map(({ name }) => [name, view.lowNote(name)]));
  await drama.mendAll();
  await drama.judge().catch((error: unknown) => drama.problems.push(messageOf(error)));
  const counted = ACCOUNTS.map((account): Counted => {
    const { name, limit } = account;
    const coreMinimum = minimumOf(account);
    return {
      account: name,
      limit,
      highest: drama.highest.get(name) ?? 0,
      coreLowest: lows.get(name) ?? 0,
      coreLeast: { minimum: coreMinimum, one: 1, nothing: 0 }[scenario.core],
    };
  });
  drama.problems.push(...verdict(counted, fullUseMs, RECOVERY_MS));
  for (const { account, coreLowest, coreLeast } of counted)
    if (coreLowest < coreLeast) drama.problems.push(`at ${account} then: ${notes.get(account)}`);
  const accounts = Object.fromEntries(
    counted.map(({ account, ...figures }) => [
      account,
      { ...figures, coreMinimum: CORE.pools[account]?.min ?? 0 },
    ]),
  );
  return {
    name: scenario.name,
    accounts,
    fullUseMs,
    totalMs: performance.now() - startMs,
    problems: drama.problems,
  };
}

/** After the last scenario: all pods are ready again. */
export async function steadyAgain(
  last: Result | undefined,
  stage: Stage,
  view: View,
  say: (line: string) => void,
): Promise<void> {
  await steady(new Drama(stage, view, say)).catch((error: unknown) => last?.problems.push(messageOf(error)));
}

/** Milliseconds until everything is granted and open again. */
async function fullUse(drama: Drama): Promise<number> {
  const startMs = drama.freeSinceMs ?? performance.now();
  let why: string | undefined;
  const full = () => {
    why = drama.view.notFull(drama.limits);
    return why === undefined;
  };
  try {
    // Longer than allowed, so that a failure tells how long it takes.
    await drama.until(full, 'full use', RECOVERY_MS * 3);
  } catch {
    throw new Error(`no full use within ${seconds(RECOVERY_MS * 3)}: ${why}`);
  }
  return performance.now() - startMs;
}

/** Full use, all pods ready, core at its minimum, a leader, operators that were not restarted: the kubelet would be slow to restart them again. */
async function steady(drama: Drama): Promise<void> {
  const replicas = new Map(SETS.map((set) => [set.name, set.replicas]));
  const restarted = (await drama.operators()).some(({ status }) =>
    status?.containerStatuses?.some(({ restartCount }) => restartCount > 0),
  );
  if (restarted) {
    const operator = ['-n', SYSTEM_NAMESPACE, 'deployment/eppset-operator'];
    await drama.stage.kubectl(['rollout', 'restart', ...operator]);
    await drama.stage.kubectl(['rollout', 'status', '--timeout=120s', ...operator]);
  }
  // One that was stopped in order has let go of the lead, and the next one comes seconds later.
  await drama.somebodyLeads();
  let why: string | undefined;
  const calm = () => {
    why = drama.view.notSteady(drama.limits, replicas);
    return why === undefined;
  };
  try {
    await drama.until(calm, 'a steady stage', STEADY_MS);
  } catch {
    throw new Error(`the stage does not get steady: ${why}`);
  }
}
