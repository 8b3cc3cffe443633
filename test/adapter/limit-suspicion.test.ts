import { describe, expect, it } from 'vitest';
import { LimitSuspicion } from '../../src/adapter/limit-suspicion.ts';
import { EppError, type EppErrorKind } from '../../src/epp/session.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedBudget } from './scripted-budget.ts';

const failure = (kind: EppErrorKind, code?: number) =>
  new EppError('no', { kind, outcome: 'not-sent', ...(code === undefined ? {} : { code }) });

function setUp() {
  const clock = new ManualClock();
  const budget = new ScriptedBudget(5);
  return { clock, budget, suspicion: new LimitSuspicion('a', budget, clock) };
}

describe('suspicion of the session limit', () => {
  it.each([
    ['limit', 2502, 0, true],
    ['login', 2501, 1, true],
    ['login', 2501, 0, false],
    ['login', 2200, 3, false],
    ['connect', undefined, 3, false],
    ['timeout', undefined, 3, false],
  ] as const)('%s %s beside %i others: %s', (kind, code, others, hit) => {
    const { budget, suspicion } = setUp();
    expect(suspicion.hit(failure(kind, code), others)).toBe(hit);
    expect(budget.limitHits).toHaveLength(hit ? 1 : 0);
  });

  it('believes 2501 once, and again after a login', () => {
    const { suspicion } = setUp();
    const hits = () => suspicion.hit(failure('login', 2501), 2);
    expect([hits(), hits()]).toEqual([true, false]);
    suspicion.loggedIn();
    expect(hits()).toBe(true);
  });

  it('believes that 2501 is about credentials while these are to be proven', () => {
    const { suspicion, budget } = setUp();
    budget.logins = 'prove';
    expect(suspicion.hit(failure('login', 2501), 2)).toBe(false);
  });

  it('tells of a close without a word after a moment, unless open connections end with it', () => {
    const { suspicion, budget, clock } = setUp();
    suspicion.hit(failure('limit'), 2);
    expect(budget.limitHits).toEqual([]);
    clock.advance(250);
    expect(budget.limitHits).toEqual(['a']);
    suspicion.hit(failure('limit'), 2);
    suspicion.lost();
    clock.advance(10_000);
    expect(budget.limitHits).toEqual(['a']);
  });
});
