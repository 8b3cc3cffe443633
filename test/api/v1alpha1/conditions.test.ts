import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Condition, condition } from '../../../src/api/v1alpha1/condition.ts';
import {
  findCondition,
  isTrue,
  kubernetesTime,
  removeCondition,
  setCondition,
} from '../../../src/api/v1alpha1/conditions.ts';

const T0 = new Date('2026-01-31T12:00:00.900Z');
const T1 = new Date('2026-01-31T13:00:00Z');
const ready = {
  type: 'Ready',
  status: 'True',
  reason: 'PodsReady',
  message: 'ok',
  observedGeneration: 1,
} as const;

describe('setCondition', () => {
  it('makes the list, with a time of whole seconds', () => {
    expect(setCondition(undefined, ready, T0)).toEqual([
      { ...ready, lastTransitionTime: '2026-01-31T12:00:00Z' },
    ]);
  });

  it('gives back the very list when nothing changed', () => {
    const before = setCondition(undefined, ready, T0);
    expect(setCondition(before, { ...ready }, T1)).toBe(before);
  });

  it.each([
    [{ reason: 'Other' }, false],
    [{ message: 'other' }, false],
    [{ observedGeneration: 2 }, false],
    [{ status: 'False' as const }, true],
    [{ status: 'Unknown' as const }, true],
  ])('after %j the transition time moves: %s', (change, moves) => {
    const before = setCondition(undefined, ready, T0);
    const after = setCondition(before, { ...ready, ...change }, T1);
    expect(after).not.toBe(before);
    expect(after[0]).toMatchObject(change);
    expect(after[0]?.lastTransitionTime).toBe(kubernetesTime(moves ? T1 : T0));
  });

  it('forgets a generation that is not told again', () => {
    const before = setCondition(undefined, ready, T0);
    const { observedGeneration: _, ...without } = ready;
    expect(setCondition(before, without, T1)[0]).not.toHaveProperty('observedGeneration');
  });

  it('is sorted, one a type, whatever came before; leaves its input alone; and fits the schema', () => {
    const update = fc.record({
      type: fc.constantFrom('Ready', 'Progressing', 'Degraded', 'BudgetSatisfied'),
      status: fc.constantFrom('True', 'False', 'Unknown'),
      reason: fc.constantFrom('A', 'B'),
      message: fc.string({ maxLength: 5 }),
      observedGeneration: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(update), (updates) => {
        let list: Condition[] = [];
        for (const [index, next] of updates.entries()) {
          const frozen = structuredClone(list);
          const after = setCondition(list, next, new Date(T0.getTime() + index * 1000));
          expect(list).toEqual(frozen);
          list = after;
          expect(findCondition(list, next.type)).toMatchObject(next);
        }
        const types = list.map(({ type }) => type);
        expect(types).toEqual([...new Set(types)].sort());
        for (const entry of list) expect(condition().safeParse(entry).success).toBe(true);
      }),
    );
  });
});

describe('removeCondition', () => {
  it('takes one out, and gives back the very list when it is not there', () => {
    const list = setCondition(setCondition(undefined, ready, T0), { ...ready, type: 'Degraded' }, T0);
    expect(removeCondition(list, 'Degraded').map(({ type }) => type)).toEqual(['Ready']);
    expect(removeCondition(list, 'Progressing')).toBe(list);
    expect(removeCondition(undefined, 'Ready')).toEqual([]);
  });
});

describe('isTrue', () => {
  it('wants the status, and the generation where one is asked for', () => {
    const list = setCondition(undefined, ready, T0);
    expect(isTrue(list, 'Ready')).toBe(true);
    expect(isTrue(list, 'Ready', 1)).toBe(true);
    expect(isTrue(list, 'Ready', 2)).toBe(false);
    expect(isTrue(list, 'Degraded')).toBe(false);
    expect(isTrue(setCondition(list, { ...ready, status: 'False' }, T1), 'Ready')).toBe(false);
    expect(isTrue(undefined, 'Ready')).toBe(false);
  });
});
