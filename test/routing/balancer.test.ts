import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BalancerPolicy, balancerOf } from '../../src/routing/balancer.ts';

interface Pod {
  readonly id: string;
  readonly weight: number;
}

const POLICIES: readonly BalancerPolicy[] = ['least_conn', 'round_robin', 'random', 'weight', 'hash'];

function pods(...weights: number[]): Pod[] {
  return weights.map((weight, at) => ({ id: `10.0.0.${at}:8080`, weight }));
}

const equal = (count: number) => pods(...Array.from({ length: count }, () => 100));

/** Numbers in [0, 1) that are spread evenly, so that no test depends on luck. */
function draws(): () => number {
  let at = 0;
  return () => {
    at = (at + 0.6180339887498949) % 1;
    return at;
  };
}

function counted(all: readonly Pod[], picks: Iterable<Pod | undefined>): number[] {
  const counts = new Map<string, number>();
  for (const pick of picks) counts.set(pick?.id ?? '', (counts.get(pick?.id ?? '') ?? 0) + 1);
  return all.map(({ id }) => counts.get(id) ?? 0);
}

const candidates = fc
  .uniqueArray(fc.nat(1_000), { minLength: 0, maxLength: 12 })
  .map((numbers) => numbers.map((number) => ({ id: `pod-${number}`, weight: number % 5 })));

describe.each(POLICIES)('every policy: %s', (policy) => {
  it('picks one of the candidates that was not tried, or none where none is left', () => {
    const balancer = balancerOf<Pod>(policy);
    fc.assert(
      fc.property(
        candidates,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(fc.string(), { nil: undefined }),
        fc.array(fc.nat(12)),
        (all, draw, hashKey, tried) => {
          const exclude = new Set(tried.map((at) => all[at]?.id ?? ''));
          const left = all.filter(({ id }) => !exclude.has(id));
          const picked = balancer.pick(all, { draw, hashKey, exclude, outstanding: ({ weight }) => weight });
          if (left.length === 0) expect(picked).toBeUndefined();
          else expect(left).toContain(picked);
          expect(balancer.pick(all, { draw }) !== undefined).toBe(all.length > 0);
        },
      ),
    );
  });

  it('spreads equal instances evenly', () => {
    const balancer = balancerOf<Pod>(policy);
    const all = equal(8);
    const next = draws();
    const picks = Array.from({ length: 16_000 }, (_, at) =>
      balancer.pick(all, { draw: next(), hashKey: `domain-${at}.com` }),
    );
    for (const count of counted(all, picks)) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });
});

describe('least_conn', () => {
  it('takes the less busy of two, and reaches every pair', () => {
    const balancer = balancerOf<Pod>('least_conn');
    const all = equal(5);
    const pairs = new Set<string>();
    const next = draws();
    for (let at = 0; at < 5_000; at++) {
      const asked: string[] = [];
      const picked = balancer.pick(all, {
        draw: next(),
        outstanding: ({ id }) => {
          asked.push(id);
          return Number(id.slice(7, 8));
        },
      });
      expect(new Set(asked).size).toBe(2);
      expect(picked?.id).toBe(asked.toSorted()[0]);
      pairs.add(asked.toSorted().join(' '));
    }
    expect(pairs.size).toBe(10);
  });

  it('leaves a stuck instance with little', () => {
    const balancer = balancerOf<Pod>('least_conn');
    const all = equal(4);
    const busy = new Map<string, number>();
    const next = draws();
    const picks = Array.from({ length: 1_000 }, () => {
      const picked = balancer.pick(all, { draw: next(), outstanding: ({ id }) => busy.get(id) ?? 0 });
      // the first never answers, the others at once
      if (picked?.id === all[0]?.id) busy.set(picked?.id ?? '', (busy.get(picked?.id ?? '') ?? 0) + 1);
      return picked;
    });
    expect(counted(all, picks)[0]).toBeLessThan(10);
  });
});

describe('round_robin', () => {
  it('goes round, on each list for itself', () => {
    const balancer = balancerOf<Pod>('round_robin');
    const [one, two] = [equal(3), equal(2)];
    const at = (list: Pod[]) => list.indexOf(balancer.pick(list, { draw: 0.5 }) ?? ({} as Pod));
    expect([at(one), at(one), at(two), at(one), at(two), at(one), at(two)]).toEqual([1, 2, 1, 0, 0, 1, 1]);
  });
});

describe('weight', () => {
  it('is smooth', () => {
    const balancer = balancerOf<Pod>('weight');
    const all = pods(5, 1, 1);
    const picks = Array.from({ length: 14 }, () =>
      all.indexOf(balancer.pick(all, { draw: 0 }) ?? ({} as Pod)),
    );
    expect(picks.join('')).toBe('00102000010200'.slice(0, 14));
  });

  it('gives each exactly its weight in one round, whatever the weights', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 8 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0 && weights.length > 1);
        const balancer = balancerOf<Pod>('weight');
        const all = pods(...weights);
        expect(
          counted(
            all,
            Array.from({ length: total }, () => balancer.pick(all, { draw: 0 })),
          ),
        ).toEqual(weights);
      }),
    );
  });

  it('spreads further attempts by weight too', () => {
    const balancer = balancerOf<Pod>('weight');
    const all = pods(1, 6, 4);
    const exclude = new Set([all[0]?.id ?? '']);
    const picks = Array.from({ length: 1_000 }, (_, at) => balancer.pick(all, { draw: at / 1_000, exclude }));
    expect(counted(all, picks)).toEqual([0, 600, 400]);
  });

  it('follows another weight at once, and takes any where all are 0', () => {
    const balancer = balancerOf<Pod>('weight');
    const all = pods(1, 1);
    const free = new Map([[all[1]?.id ?? '', 10]]);
    for (let at = 0; at < 10; at++) {
      expect(balancer.pick(all, { draw: 0, weightOf: ({ id }) => free.get(id) ?? 0 })).toBe(all[1]);
    }
    expect(balancer.pick(all, { draw: 0.7, weightOf: () => 0 })).toBe(all[1]);
    expect(balancer.pick(all, { draw: 0.2, weightOf: () => Number.NaN })).toBe(all[0]);
  });
});

describe('hash', () => {
  const balancer = balancerOf<Pod>('hash');
  const keys = Array.from({ length: 2_000 }, (_, at) => `name${at}.com`);
  const pickOf = (all: readonly Pod[], hashKey: string) => balancer.pick(all, { draw: 0, hashKey })?.id;

  it('moves the keys alone of an instance that goes, and spreads them over the others', () => {
    const all = equal(8);
    for (const gone of all) {
      const left = all.filter((pod) => pod !== gone);
      const heirs = new Map<string, number>();
      for (const key of keys) {
        const [before, after] = [pickOf(all, key), pickOf(left, key)];
        if (before === gone.id) heirs.set(after ?? '', (heirs.get(after ?? '') ?? 0) + 1);
        else expect(after).toBe(before);
      }
      expect(heirs.size).toBe(7);
      expect(Math.max(...heirs.values())).toBeLessThan(100);
    }
  });

  it('does not care about order or process', () => {
    const all = equal(6);
    const other = balancerOf<Pod>('hash');
    for (const key of keys.slice(0, 200)) {
      expect(other.pick([...all].reverse(), { draw: 0.9, hashKey: key })?.id).toBe(pickOf(all, key));
    }
    expect(['a.com', 'b.com', 'c.com', 'd.com'].map((key) => pickOf(all, key)?.slice(7, 8)).join('')).toBe(
      '5524',
    );
  });

  it('gives a key that was tried in vain the same second instance each time', () => {
    const all = equal(5);
    const exclude = new Set([pickOf(all, 'a.com') ?? '']);
    const second = balancer.pick(all, { draw: 0.1, hashKey: 'a.com', exclude });
    expect(second?.id).toBe(
      pickOf(
        all.filter(({ id }) => !exclude.has(id)),
        'a.com',
      ),
    );
  });
});
