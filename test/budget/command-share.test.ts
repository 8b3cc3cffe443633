import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commandLimits,
  connectionsWithin,
  fitsWithin,
  overspent,
  shareOfConnection,
  shareOfPod,
  usableConnections,
} from '../../src/budget/command-share.ts';
import { entry } from './builders.ts';

const limits = fc.record(
  { perSecond: fc.integer({ min: 1, max: 500 }), perMinute: fc.integer({ min: 1, max: 5_000 }) },
  { requiredKeys: [] },
);
const account = fc.record({
  limit: fc.integer({ min: 1, max: 500 }),
  externalReserved: fc.constant(0),
  commands: limits,
});
/** So many connections in pods of any size. */
const split = (connections: number) =>
  fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: connections }).map((sizes) => {
    let left = connections;
    return sizes.flatMap((size) => {
      const taken = Math.min(size, left);
      left -= taken;
      return taken > 0 ? [taken] : [];
    });
  });

describe('usable connections', () => {
  it.each([
    { commands: {}, usable: 18, why: 'no limit' },
    { commands: { perSecond: 36 }, usable: 18, why: 'two a connection' },
    { commands: { perSecond: 35 }, usable: 17, why: 'not two for the last' },
    { commands: { perSecond: 100, perMinute: 9 }, usable: 4, why: 'the scarcer span counts' },
    { commands: { perSecond: 1 }, usable: 1, why: 'one always' },
  ])('$commands: $usable of 18 ($why)', ({ commands, usable }) => {
    expect(usableConnections({ limit: 20, externalReserved: 2, commands })).toBe(usable);
  });
});

describe('shares', () => {
  it('of all pods together are within the account, and each of use', () => {
    const world = account.chain((fact) => split(usableConnections(fact)).map((pods) => ({ fact, pods })));
    fc.assert(
      fc.property(world, ({ fact, pods }) => {
        const each = shareOfConnection(fact);
        for (const span of ['perSecond', 'perMinute'] as const) {
          const most = fact.commands[span];
          const shares = pods.map((connections) => shareOfPod(each, connections)[span]);
          if (most === undefined) {
            expect(shares.every((share) => share === undefined)).toBe(true);
            continue;
          }
          expect(shares.reduce<number>((sum, share) => sum + share!, 0)).toBeLessThanOrEqual(most);
          for (const share of shares) expect(share).toBeGreaterThanOrEqual(Math.min(2, most));
        }
      }),
    );
  });

  it('lose less than one command a pod, and a thousandth a connection, to rounding', () => {
    const each = shareOfConnection({ limit: 60, externalReserved: 0, commands: { perSecond: 179 } });
    expect(each).toEqual({ perSecond: 2_983 });
    expect(shareOfPod(each, 60)).toEqual({ perSecond: 178 });
    expect(shareOfPod(each, 1)).toEqual({ perSecond: 2 });
  });

  it('of a pod without a connection are nothing', () => {
    expect(shareOfPod({}, 0)).toEqual({ perSecond: 0, perMinute: 0 });
  });

  it('that people give as 0 are no limit', () => {
    expect(commandLimits({ perSecond: 0, perMinute: 7 })).toEqual({ perMinute: 7 });
  });
});

describe('room in a ledger', () => {
  const each = { perSecond: 2_000 };
  const entries = {
    a: entry({ charge: 3, millicommands: each }),
    b: entry({ charge: 2, millicommands: each, chargedMillicommands: { perSecond: 5_000 } }),
  };

  it('counts what a holder may still be using', () => {
    // 3 * 2 + 2 * 5 = 16
    expect(connectionsWithin({ perSecond: 20 }, each, entries)).toBe(2);
    expect(connectionsWithin({ perSecond: 17 }, each, entries)).toBe(0);
    expect(connectionsWithin({ perSecond: 15 }, each, entries)).toBe(0);
    expect(connectionsWithin({}, {}, entries)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is none while somebody has no limit', () => {
    expect(connectionsWithin({ perSecond: 20 }, each, { ...entries, c: entry({ charge: 1 }) })).toBe(0);
  });

  it.each([
    { share: { perSecond: 3_000 }, fits: true },
    { share: { perSecond: 3_500 }, fits: false },
    { share: {}, fits: false },
  ])('for $share in place of 2000 on three connections: $fits', ({ share, fits }) => {
    expect(fitsWithin({ perSecond: 20 }, entries.a, share, entries)).toBe(fits);
  });

  it('is overspent only by who adds to it', () => {
    const more = { ...entries, a: entry({ charge: 6, millicommands: each }) };
    expect(overspent({ perSecond: 20 }, entries, more)).toBe('perSecond');
    expect(overspent({ perSecond: 22 }, entries, more)).toBeUndefined();
    expect(overspent({ perSecond: 20 }, more, more)).toBeUndefined();
  });
});
