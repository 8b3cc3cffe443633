/** Who gets what becomes free while several wait. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passLedger } from '../../src/budget/ledger-pass.ts';
import { entry, lease, leaseRecord, ledger, MINUTE, passInput, registry, set } from './builders.ts';

interface Pod {
  name: string;
  /** Granted, acknowledged and in use. */
  has: number;
  demand: number;
  askedAtMs: number;
}

const QUERY: Pod = { name: 'query', has: 100, demand: 1, askedAtMs: 0 };

/**
 * What each pod is charged after one pass over an account with so many free connections. There would be enough for all: a pod of query has
 * a hundred more that it does not need, but it has to close them first.
 */
function raised(pods: readonly Pod[], free: number): Record<string, number> {
  const all = [...pods, QUERY];
  const limit = all.reduce((sum, { has }) => sum + has, 0) + free;
  const leases = all.map(({ name, has, demand, askedAtMs }) => {
    const spec = name === 'query' ? ({ set: 'query', class: 'query' } as const) : {};
    const view = lease({ name, spec, grant: [has, 1], report: { cap: has, open: has, demand } });
    return leaseRecord(view, { reportedAtMs: 9.9 * MINUTE + askedAtMs });
  });
  const entries = Object.fromEntries(
    all
      .filter(({ has }) => has > 0)
      .map(({ name, has }) => [`${name}-1`, entry({ lease: name, target: has, charge: has })]),
  );
  const input = passInput(leases, {
    registry: registry({ limit }),
    sets: {
      core: set('core', { min: 1, max: 1_000 }),
      query: set('query', { class: 'query', min: 1, max: 1_000 }),
    },
  });
  const { spec, broken } = passLedger(ledger(entries, { effectiveLimit: limit }), input);
  expect(broken).toBeUndefined();
  const charges = Object.values(spec.entries).map(({ lease: name, charge }) => [name, charge]);
  return Object.fromEntries(charges.filter(([name]) => name !== 'query'));
}

const pod = (name: string, has: number, demand: number, askedAtMs = 0): Pod => ({
  name,
  has,
  demand,
  askedAtMs,
});

describe('free connections', () => {
  it.each([
    { what: 'go to a pod without any first', pods: [pod('a', 1, 9), pod('z', 0, 9, 1)], free: 1, a: 1, z: 1 },
    { what: 'go round', pods: [pod('a', 5, 9), pod('z', 2, 9)], free: 4, a: 7, z: 4 },
    { what: 'go, by one, to who asked first', pods: [pod('a', 5, 9, 2), pod('z', 2, 9, 1)], free: 1, a: 5, z: 3 }, // biome-ignore format: a table
    { what: 'the same where he has more', pods: [pod('a', 5, 9, 1), pod('z', 2, 9, 2)], free: 1, a: 6, z: 2 },
    {
      what: 'or, where nobody was first, by name',
      pods: [pod('a', 5, 9), pod('z', 2, 9)],
      free: 3,
      a: 7,
      z: 3,
    },
    { what: 'are not given where nobody asks', pods: [pod('a', 5, 6), pod('z', 2, 2)], free: 4, a: 6, z: 2 },
  ])('$what', ({ pods, free, a, z }) => {
    expect(raised(pods, free)).toEqual({ a, z });
  });

  it('are never given twice, nor to anybody above what it asks for, and none is left while somebody asks', () => {
    const pods = fc.array(fc.record({ has: fc.nat(6), more: fc.nat(6) }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pods, fc.nat(12), (of, free) => {
        const all = of.map(({ has, more }, n) => pod(`p${n}`, has, has + more, n % 2));
        const now = raised(all, free);
        const have = ({ name }: Pod) => now[name] ?? 0;
        const given = all.reduce((sum, each) => sum + have(each) - each.has, 0);
        for (const each of all) expect(have(each)).toBeLessThanOrEqual(each.demand);
        const asked = all.reduce((sum, { has, demand }) => sum + demand - has, 0);
        expect(given).toBe(Math.min(free, asked));
      }),
    );
  });
});
