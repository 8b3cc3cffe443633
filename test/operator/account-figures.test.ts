import { describe, expect, it } from 'vitest';
import type { EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from '../../src/api/v1alpha1/connection-ledger.ts';
import { accountFigures } from '../../src/operator/account-figures.ts';

function lease(
  set: string,
  granted: number,
  open?: number,
  waiting = 0,
  account = 'verisign',
): EppConnectionLease {
  const rest = { ackGen: 1, cap: granted, connecting: 0, unconfirmed: 0, demand: 0, limitHits: 0 };
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppConnectionLease',
    metadata: { name: 'uid' },
    spec: {
      pod: 'p',
      set,
      class: 'core',
      fence: 1,
      state: 'Bound',
      ttlSeconds: 60,
      grants: { [account]: { slots: granted, gen: 1 } },
    },
    ...(open !== undefined && { status: { accounts: { [account]: { ...rest, open, waiting } } } }),
  };
}

function ledger(
  entries: [state: 'Active' | 'Quarantined', charge: number][],
  spec: object = {},
): EppConnectionLedger {
  const entry = { lease: 'l', set: 's', fence: 1, target: 0, gen: 1 };
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppConnectionLedger',
    metadata: { name: 'verisign' },
    spec: {
      term: 1,
      effectiveLimit: 18,
      cut: 0,
      seq: 1,
      learning: false,
      entries: Object.fromEntries(
        entries.map(([state, charge], n) => [`i${n}`, { ...entry, state, charge }]),
      ),
      ...spec,
    },
  };
}

describe('the figures of an account', () => {
  it('add up grants and reports, by set', () => {
    const leases = [
      lease('core', 4, 3, 1),
      lease('core', 2),
      lease('query', 5, 5, 7),
      lease('core', 9, 9, 9, 'cnnic'),
    ];
    const figures = accountFigures({
      name: 'verisign',
      usable: 18,
      ledger: ledger([['Active', 11]]),
      leases,
    });
    expect(figures).toMatchObject({ limit: 18, granted: 11, open: 8, waiting: 8, free: 7, quarantined: 0 });
    expect(Object.fromEntries(figures.bySet)).toEqual({
      core: { granted: 6, open: 3, waiting: 1, quarantined: 0 },
      query: { granted: 5, open: 5, waiting: 7, quarantined: 0 },
    });
  });

  it('count what vanished pods may still have open as neither granted nor free', () => {
    const entries = ledger([
      ['Active', 6],
      ['Quarantined', 5],
      ['Quarantined', 3],
    ]);
    const figures = accountFigures({
      name: 'verisign',
      usable: 18,
      ledger: entries,
      leases: [lease('core', 6, 6)],
    });
    expect(figures).toMatchObject({ granted: 6, quarantined: 8, free: 4 });
    // A set of which nothing else is left is told as well.
    expect(figures.bySet.get('s')).toEqual({ granted: 0, open: 0, waiting: 0, quarantined: 8 });
  });

  it('never have less than nothing free, also after the limit was cut', () => {
    const cut = ledger([['Active', 18]], { effectiveLimit: 12, cut: 6 });
    expect(accountFigures({ name: 'verisign', usable: 18, ledger: cut, leases: [] })).toMatchObject({
      limit: 12,
      free: 0,
      cut: 6,
    });
  });

  it('are what the spec allows before there is a ledger', () => {
    expect(accountFigures({ name: 'verisign', usable: 18, ledger: undefined, leases: [] })).toMatchObject({
      hasLedger: false,
      limit: 18,
      free: 18,
      learning: false,
    });
  });
});
