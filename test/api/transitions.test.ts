import { describe, expect, it } from 'vitest';
import { transitionProblems } from '../../src/api/transitions.ts';
import { SET_KIND } from '../../src/api/v1alpha1/kinds.ts';

describe('transitionProblems', () => {
  it('compares only what is there before and after, as the API server does', () => {
    const spec = { set: 'a.b.c' };
    expect(transitionProblems(SET_KIND, { spec }, {})).toEqual([]);
    expect(transitionProblems(SET_KIND, {}, { spec })).toEqual([]);
    expect(transitionProblems(SET_KIND, { spec: {} }, { spec })).toEqual([]);
    expect(transitionProblems(SET_KIND, { spec: { set: 'a.b.d' } }, { spec })).toHaveLength(1);
  });
});
