import { describe, expect, it } from 'vitest';
import type { AccountPool } from '../../src/adapter/account-pool.ts';
import { poolReport, readinessOf } from '../../src/adapter/pool-report.ts';
import type { LoginPermission } from '../../src/budget/connection-budget.ts';
import { ScriptedBudget } from './scripted-budget.ts';

const pool = (more: Partial<AccountPool> = {}): AccountPool =>
  ({
    account: 'a',
    ready: false,
    waiting: 2,
    trouble: undefined,
    refusedAtMs: undefined,
    rationedMs: 1_240,
    connections: [{ state: 'idle', retiring: false, ageMs: 1_260, commands: 7 }],
    counts: () => ({ preparing: 0, opening: 0, idle: 1, busy: 0, closing: 0 }),
    ...more,
  }) as unknown as AccountPool;

describe('report of a pool', () => {
  it('tells figures, states and connections', () => {
    expect(poolReport(pool(), new ScriptedBudget(4), 0)).toEqual({
      cap: 4,
      occupied: 0,
      excess: 0,
      logins: 'all',
      states: { preparing: 0, opening: 0, idle: 1, busy: 0, closing: 0 },
      waiting: 2,
      connections: [{ state: 'idle', retiring: false, ageSeconds: 1.3, commands: 7 }],
    });
  });

  it('tells of pauses, refusals, errors and rates where there are any', () => {
    const budget = Object.assign(new ScriptedBudget(4), { commands: { perSecond: 3 }, pausedUntilMs: 5_000 });
    const trouble = { kind: 'login', code: 2200, message: 'no', atMs: 1_000 };
    expect(poolReport(pool({ trouble, refusedAtMs: 1_500 }), budget, 3_000)).toMatchObject({
      pausedForSeconds: 2,
      credentialsRefusedForSeconds: 1.5,
      lastError: { kind: 'login', code: 2200, message: 'no', secondsAgo: 2 },
      commands: { perSecond: 3, waitedSeconds: 1.2 },
    });
  });
});

describe('readiness', () => {
  const ready = pool({ ready: true });

  it.each([
    [[ready], { ready: true, reasons: [] }],
    [[ready, pool()], { ready: true, reasons: [expect.stringContaining('no connection is logged in yet')] }],
    [[pool()], { ready: false, reasons: [expect.any(String)] }],
    [[], { ready: false, reasons: [] }],
  ])('of %o', (pools, expected) => {
    expect(readinessOf(pools, new ScriptedBudget(4), { draining: false })).toEqual(expected);
  });

  it('is over when we leave', () => {
    expect(readinessOf([ready], new ScriptedBudget(4), { draining: true }).ready).toBe(false);
  });

  it.each<[{ cap?: number; logins?: LoginPermission }, string]>([
    [{ cap: 0 }, 'no connection is granted'],
    [{ logins: 'none' }, 'another adapter is finding out'],
    [{}, 'last error: it broke'],
  ])('with %o says why not: %s', ({ cap = 4, ...word }, why) => {
    const budget = Object.assign(new ScriptedBudget(cap), word);
    const trouble = { kind: 'connect', message: 'it broke', atMs: 0 };
    expect(readinessOf([pool({ trouble })], budget, { draining: false }).reasons).toEqual([
      expect.stringContaining(why),
    ]);
  });

  it('says that the credentials are refused before anything else', () => {
    const budget = Object.assign(new ScriptedBudget(4), { logins: 'none' as const });
    const { reasons } = readinessOf([pool({ refusedAtMs: 1 })], budget, { draining: false });
    expect(reasons[0]).toContain('refuses our credentials');
  });
});
