import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handOvers } from '../../src/overview/hand-overs.ts';
import type { AccountOverview, AccountShare } from '../../src/overview/overview.ts';
import { account, overview, share } from './overviews.ts';

/** Connections charged, and quarantined where there are two numbers. */
type Holdings = Record<string, number | [charged: number, quarantined: number]>;

function shares(holdings: Holdings): AccountShare[] {
  return Object.entries(holdings).map(([name, held]) => {
    const [charged, quarantined] = typeof held === 'number' ? [held, 0] : held;
    return share(name, { granted: 0, charged, quarantined });
  });
}

const holding = (holdings: Holdings, fields: Partial<AccountOverview> = {}): AccountOverview =>
  account('verisign', { sets: shares(holdings), ...fields });

const told = (before: AccountOverview, after: AccountOverview): string[] =>
  handOvers(overview({ accounts: [before] }), overview({ accounts: [after] })).map(
    ({ from, to, connections }) => `${connections} ${from} -> ${to}`,
  );

describe('hand-overs', () => {
  it.each<[string, Holdings, Holdings, string[]]>([
    ['nothing changed', { 'epp-core-bj': 4 }, { 'epp-core-bj': 4 }, []],
    ['a set is given what was free', { 'epp-core-bj': 4 }, { 'epp-core-bj': 6 }, ['2 free -> epp.core.bj']],
    ['a set gives back', { 'epp-core-bj': 4 }, { 'epp-core-bj': 1 }, ['3 epp.core.bj -> free']],
    [
      'one set takes from another',
      { 'epp-core-bj': 4, 'epp-query-bj': 8 },
      { 'epp-core-bj': 7, 'epp-query-bj': 5 },
      ['3 epp.query.bj -> epp.core.bj'],
    ],
    [
      'two give, and what is left is free',
      { 'epp-core-bj': 4, 'epp-manage-bj': 4, 'epp-query-bj': 8 },
      { 'epp-core-bj': 7, 'epp-manage-bj': 3, 'epp-query-bj': 5 },
      ['1 epp.manage.bj -> epp.core.bj', '2 epp.query.bj -> epp.core.bj', '1 epp.query.bj -> free'],
    ],
    [
      'pods vanish',
      { 'epp-core-bj': 4, 'epp-query-bj': 8 },
      { 'epp-core-bj': [2, 2], 'epp-query-bj': 8 },
      ['2 epp.core.bj -> quarantine'],
    ],
    [
      'pods vanish while another set takes',
      { 'epp-core-bj': 4, 'epp-query-bj': 8 },
      { 'epp-core-bj': 5, 'epp-query-bj': [4, 3] },
      ['3 epp.query.bj -> quarantine', '1 epp.query.bj -> epp.core.bj'],
    ],
    ['quarantine ends', { 'epp-core-bj': [2, 2] }, { 'epp-core-bj': 2 }, ['2 quarantine -> free']],
    ['a set goes', { 'epp-core-bj': 4 }, {}, ['4 epp.core.bj -> free']],
    ['a set comes', {}, { 'epp-core-bj': 4 }, ['4 free -> epp.core.bj']],
  ])('when %s', (_, before, after, expected) => {
    expect(told(holding(before), holding(after))).toEqual(expected);
  });

  it('say when, where and at which account', () => {
    const before = overview({ accounts: [holding({ 'epp-core-bj': 1 })] });
    const after = overview({ at: '2026-11-21T12:00:07Z', accounts: [holding({ 'epp-core-bj': 2 })] });
    expect(handOvers(before, after)).toEqual([
      {
        at: '2026-11-21T12:00:07Z',
        namespace: 'shop',
        registry: 'verisign',
        from: 'free',
        to: 'epp.core.bj',
        connections: 1,
      },
    ]);
  });

  it.each<[string, Partial<AccountOverview>]>([
    ['the limit grows', { limit: 30 }],
    ['the limit is cut', { cut: 3 }],
  ])('are none when %s', (_, fields) => {
    expect(told(holding({ 'epp-core-bj': 4 }), holding({ 'epp-core-bj': 4 }, fields))).toEqual([]);
  });

  it.each<[string, Partial<AccountOverview>]>([
    ['is lost', { hasLedger: false }],
    ['is learned anew', { learning: true }],
  ])('are none while the ledger %s', (_, fields) => {
    expect(told(holding({ 'epp-core-bj': 4 }), holding({}, fields))).toEqual([]);
    expect(told(holding({}, fields), holding({ 'epp-core-bj': 4 }))).toEqual([]);
  });

  it('are none of an account that is new', () => {
    expect(handOvers(overview(), overview({ accounts: [holding({ 'epp-core-bj': 4 })] }))).toEqual([]);
  });

  it('lead from what was to what is, and back', () => {
    const held = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 2 }));
    const names = ['epp-core-bj', 'epp-manage-bj', 'epp-query-bj'] as const;
    const holdings = fc.record({ [names[0]]: held, [names[1]]: held, [names[2]]: held });
    const balances = (of: AccountOverview): Record<string, number> => ({
      ...Object.fromEntries(of.sets.map(({ set, charged }) => [set, charged])),
      quarantine: of.quarantined,
      free: of.free,
    });
    fc.assert(
      fc.property(holdings, holdings, (before, after) => {
        const [old, now] = [holding(before as Holdings), holding(after as Holdings)];
        const moves = handOvers(overview({ accounts: [old] }), overview({ accounts: [now] }));
        const balance = balances(old);
        for (const { from, to, connections } of moves) {
          expect(connections).toBeGreaterThan(0);
          expect(from).not.toBe(to);
          balance[from] = (balance[from] ?? 0) - connections;
          balance[to] = (balance[to] ?? 0) + connections;
        }
        expect(balance).toEqual(balances(now));
      }),
    );
  });
});
