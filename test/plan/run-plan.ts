/** `eppset plan` in this process. */
import { vi } from 'vitest';
import { planCommand } from '../../src/commands/plan.ts';
import type { Plan } from '../../src/plan/plan.ts';

export interface PlanRun {
  code: string | number | undefined;
  output: string;
  errors: string;
}

export async function runPlan(...args: string[]): Promise<PlanRun> {
  const run: PlanRun = { code: undefined, output: '', errors: '' };
  const before = process.exitCode;
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      run.output += String(text);
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      run.errors += String(text);
      return true;
    }),
  ];
  try {
    await planCommand().parseAsync(args, { from: 'user' });
    run.code = process.exitCode ?? undefined;
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = before;
  }
  return run;
}

export async function runPlanJson(...args: string[]): Promise<Plan & { code: PlanRun['code'] }> {
  const { code, output, errors } = await runPlan(...args, '--output', 'json');
  if (output === '') throw new Error(`eppset plan says nothing but: ${errors}`);
  return { ...(JSON.parse(output) as Plan), code };
}
