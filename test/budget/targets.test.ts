/** Who gets what becomes free while several wait. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passLedger } from '../../src/budget/ledger-pass.ts';
import { entry, lease, ledger, passInput, registry, set } from './builders.ts';

interface Pod {
  name: string;
  /** Granted, acknowledged and in use. */
  has: number;
  demand: number;
}

/** Targets after one pass over an account with so many free connections. */
function raised(pods: readonly Pod[], free: number): Record<string, number> {
  const limit = pods.reduce((sum, { has }) => sum + has, 0) + free;
  const leases = pods.map(({ name, has, demand }) =>
    lease({ name, grant: [has, 1], report: { cap: has, open: has, demand } }),
  );
  const held = pods.filter(({ has }) => has > 0);
  const entries = Object.fromEntries(
    held.map(({ name, has }) => [`${name}-1`, entry({ lease: name, target: has, charge: has })]),
  );
  const input = passInput(leases, {
    registry: registry({ limit }),
    sets: { core: set('core', { min: 1, max: 1_000 }) },
  });
  const { spec, broken } = passLedger(ledger(entries, { effectiveLimit: limit }), input);
  expect(broken).toBeUndefined();
  return Object.fromEntries(Object.values(spec.entries).map(({ lease: name, charge }) => [name, charge]));
}

const pod = (name: string, has: number, demand: number): Pod => ({ name, has, demand });

describe('free connections', () => {
  it.each([
    { what: 'go to the pod that has fewest', pods: [pod('a', 5, 9), pod('z', 2, 9)], free: 1, a: 5, z: 3 },
    { what: 'raise it to the level of others', pods: [pod('a', 5, 9), pod('z', 2, 9)], free: 3, a: 5, z: 5 },
    { what: 'raise all evenly from there', pods: [pod('a', 5, 9), pod('z', 2, 9)], free: 5, a: 6, z: 6 },
    { what: 'go to a pod without any first', pods: [pod('a', 1, 9), pod('z', 0, 9)], free: 1, a: 1, z: 1 },
    { what: 'are not given where nobody asks', pods: [pod('a', 5, 6), pod('z', 2, 2)], free: 4, a: 6, z: 2 },
  ])('$what', ({ pods, free, a, z }) => {
    expect(raised(pods, free)).toEqual({ a, z });
  });

  it('are never given twice, nor to anybody above what it asks for, and none is left while somebody asks', () => {
    const pods = fc.array(fc.record({ has: fc.nat(6), more: fc.nat(6) }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pods, fc.nat(12), (of, free) => {
        const all = of.map(({ has, more }, n) => pod(`p${n}`, has, has + more));
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
