import { describe, expect, it } from 'vitest';
import { type Counted, overLimit, verdict } from './verdict.ts';

const good: Counted = { account: 'a', limit: 5, highest: 5, coreLowest: 3, coreLeast: 3 };

describe('the verdict', () => {
  it('is empty where everything held', () => {
    expect(verdict([good, good], 100, 100)).toEqual([]);
    expect(overLimit(good)).toEqual([]);
  });

  it('names one session too many', () => {
    expect(overLimit({ ...good, highest: 6 })).toEqual(['a counted 6 sessions, over its limit of 5']);
  });

  it('names a core that had too few', () => {
    expect(verdict([good, { ...good, coreLowest: 2 }], 100, 100)).toEqual(['core had 2 at a, not 3']);
  });

  it('names full use that came late', () => {
    expect(verdict([good], 101, 100)).toEqual(['full use after 101 ms, later than T_exp + Q = 100 ms']);
  });

  it('does not believe a count that missed what was open', () => {
    expect(verdict([{ ...good, highest: 0 }], 100, 100)[0]).toContain('no witness');
    // not all was open again: nothing can be said
    expect(verdict([{ ...good, highest: 4 }], undefined, 100)).toEqual([]);
  });
});
