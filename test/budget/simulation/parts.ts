/** The code under test. A mutant brings its own. */
export interface Parts {
  allocator: typeof import('../../../src/budget/allocator.ts');
  holder: typeof import('../../../src/budget/holder.ts');
  rules: typeof import('../../../src/budget/holder-rules.ts');
  timing: typeof import('../../../src/budget/timing.ts');
}

export async function realParts(): Promise<Parts> {
  const [allocator, holder, rules, timing] = await Promise.all([
    import('../../../src/budget/allocator.ts'),
    import('../../../src/budget/holder.ts'),
    import('../../../src/budget/holder-rules.ts'),
    import('../../../src/budget/timing.ts'),
  ]);
  return { allocator, holder, rules, timing };
}
