import type { Clock } from '../../../src/lib/clock.ts';

/** The code under test. A mutant brings its own. */
export interface Parts {
  allocator: typeof import('../../../src/budget/allocator.ts');
  holder: typeof import('../../../src/budget/holder.ts');
  rules: typeof import('../../../src/budget/holder-rules.ts');
  timing: typeof import('../../../src/budget/timing.ts');
  /** How a holder measures time. */
  elapsed: typeof import('../../../src/kube/elapsed.ts');
  /** Which of its machine's clocks an operator reads. One that stands still while the machine is suspended only makes it wait longer. */
  allocatorMs(clock: Clock): number;
}

export const allocatorMs: Parts['allocatorMs'] = (clock) => clock.monotonicMs();

export async function realParts(): Promise<Parts> {
  const [allocator, holder, rules, timing, elapsed] = await Promise.all([
    import('../../../src/budget/allocator.ts'),
    import('../../../src/budget/holder.ts'),
    import('../../../src/budget/holder-rules.ts'),
    import('../../../src/budget/timing.ts'),
    import('../../../src/kube/elapsed.ts'),
  ]);
  return { allocator, holder, rules, timing, elapsed, allocatorMs };
}
