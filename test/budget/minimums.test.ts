import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admitMinimums } from '../../src/budget/minimums.ts';
import { registry, set } from './builders.ts';

const admitted = (limit: number, sets: ReturnType<typeof set>[]) =>
  Object.fromEntries(admitMinimums(registry({ limit }), sets).minimums);

describe('admitMinimums', () => {
  it('admits what fits', () => {
    expect(admitted(10, [set('a', { min: 4 }), set('b', { min: 6 })])).toEqual({ a: 4, b: 6 });
    expect(admitMinimums(registry(), [set('a', { min: 4 })]).refused).toEqual([]);
  });

  it('serves higher classes first, then older sets, then names', () => {
    const sets = [
      set('query', { min: 3, class: 'query' }),
      set('young', { min: 4, createdAt: '2026-02-01T00:00:00Z' }),
      set('old-b', { min: 4 }),
      set('old-a', { min: 4 }),
    ];
    expect(admitted(10, sets)).toEqual({ 'old-a': 4, 'old-b': 4, young: 0, query: 0 });
    expect(admitted(11, sets)).toEqual({ 'old-a': 4, 'old-b': 4, young: 0, query: 3 });
  });

  it('does not let a refused set stop those after it', () => {
    expect(admitted(5, [set('a', { min: 9, class: 'core' }), set('b', { min: 5, class: 'query' })])).toEqual({
      a: 0,
      b: 5,
    });
  });

  it('counts without what is reserved for others, and says in one sentence what is wrong and what to do', () => {
    const { refused } = admitMinimums(registry({ limit: 10, externalReserved: 4 }), [
      set('a', { min: 5 }),
      set('b', { min: 2 }),
    ]);
    expect(refused).toEqual([
      {
        set: 'b',
        registry: 'reg',
        min: 2,
        left: 1,
        message:
          'the minimum of 2 connections at reg is not guaranteed: 6 may be used there, older sets and higher classes are guaranteed 5, so 1 are left; lower min of this or another set, or raise connections.limit of the registry account',
      },
    ]);
  });

  it('passes over sets without a pool at the account', () => {
    expect(admitted(10, [set('a', { pools: [] }), set('b')])).toEqual({ b: 1 });
  });

  it('never admits more than may be used, and does not depend on the order', () => {
    const setsGen = fc.array(
      fc.record({ min: fc.integer({ min: 1, max: 20 }), class: fc.constantFrom('core', 'manage', 'query') }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.nat(40), setsGen, (limit, plain) => {
        const sets = plain.map(({ min, class: name }, i) =>
          set(`s${i}`, { min, max: 20, class: name as 'core' }),
        );
        const forth = admitMinimums(registry({ limit }), sets);
        const back = admitMinimums(registry({ limit }), [...sets].reverse());
        expect([...forth.minimums.values()].reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(limit);
        expect(Object.fromEntries(back.minimums)).toEqual(Object.fromEntries(forth.minimums));
        expect(forth.refused.length).toBe([...forth.minimums.values()].filter((n) => n === 0).length);
      }),
    );
  });
});
