import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, type SetDemand, waterfill } from '../../src/budget/allocate.ts';

const RANK = { core: 0, manage: 1, query: 2 } as const;

interface Share {
  class: keyof typeof RANK;
  min: number;
  max: number;
  lend?: number;
  /** [demand, current] of each pod. */
  pods: [number, number][];
}

const set = (id: string, { class: name, min, max, lend = 50, pods }: Share): SetDemand => ({
  id,
  rank: RANK[name],
  min,
  max,
  lendablePercent: lend,
  pods: pods.map(([demand, current], index) => ({ id: `${id}-${index}`, demand, current })),
});

const targets = (capacity: number, sets: SetDemand[]): Record<string, number[]> => {
  const given = allocate(capacity, sets);
  return Object.fromEntries(sets.map(({ id, pods }) => [id, pods.map((pod) => given.get(pod.id)!)]));
};

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);

describe('the worked example: 500 connections, 10 of them reserved', () => {
  const core = (pods: [number, number][]) => set('core', { class: 'core', min: 60, max: 300, pods });
  const manage = (pods: [number, number][]) => set('manage', { class: 'manage', min: 20, max: 120, pods });
  const query = (pods: [number, number][]) => set('query', { class: 'query', min: 10, max: 400, pods });
  const queryWants = [120, 120, 120, 100, 80, 60];

  it('T0: query borrows up to its maximum, and what core and manage may need soon stays free', () => {
    const given = targets(490, [
      core([[6, 0], [6, 0], [5, 0], [5, 0]]), // biome-ignore format: a table
      manage([[6, 0], [6, 0]]), // biome-ignore format: a table
      query(queryWants.map((want) => [want, 0])),
    ]);
    expect(given).toEqual({ core: [6, 6, 5, 5], manage: [6, 6], query: [68, 68, 68, 68, 68, 60] });
    expect(490 - total(Object.values(given).flat())).toBe(56);
  });

  it('T1: a burst of core takes back from query', () => {
    const held = [68, 68, 68, 68, 68, 60];
    const given = targets(490, [
      core([[50, 6], [50, 6], [50, 5], [50, 5]]), // biome-ignore format: a table
      manage([[6, 6], [6, 6]]), // biome-ignore format: a table
      query(queryWants.map((want, i) => [want, held[i]!])),
    ]);
    expect(total(given.core!)).toBe(200);
    expect(total(given.manage!)).toBe(12);
    expect(total(given.query!)).toBe(278);
  });

  it('T2: what a lost node may still hold leaves the capacity, and only query feels it', () => {
    const held = [47, 47, 46, 46, 46, 46];
    const given = targets(490 - 46, [
      core([[50, 50], [50, 50], [50, 50], [50, 50]]), // biome-ignore format: a table
      manage([[6, 6], [6, 6]]), // biome-ignore format: a table
      query(queryWants.slice(0, 5).map((want, i) => [want, held[i]!])),
    ]);
    expect(given).toEqual({ core: [50, 50, 50, 50], manage: [6, 6], query: [47, 47, 46, 46, 46] });
  });

  it('T3: everybody wants everything', () => {
    const all = (pods: number): [number, number][] => Array.from({ length: pods }, () => [500, 0]);
    const given = targets(490, [core(all(4)), manage(all(2)), query(all(6))]);
    expect(given).toEqual({ core: [75, 75, 75, 75], manage: [60, 60], query: [12, 12, 12, 12, 11, 11] });
  });
});

describe('allocate', () => {
  it('gives the one connection of an account to the pod that holds it', () => {
    const pods: [number, number][] = [[3, 0], [3, 1], [3, 0]]; // biome-ignore format: a table
    expect(targets(1, [set('a', { class: 'core', min: 1, max: 1, pods })])).toEqual({ a: [0, 1, 0] });
  });

  it('takes one slot from siblings above the equal share for a new pod, so that a rollout moves', () => {
    const pods: [number, number][] = [[9, 2], [9, 2], [9, 2], [9, 0]]; // biome-ignore format: a table
    const given = targets(6, [set('a', { class: 'core', min: 6, max: 6, pods })]);
    expect(given.a![3]).toBe(1);
    expect(total(given.a!)).toBe(6);
  });

  it('does not shift a slot between two pods for a small difference', () => {
    const pods: [number, number][] = [[9, 3], [9, 1]]; // biome-ignore format: a table
    expect(targets(4, [set('a', { class: 'core', min: 4, max: 4, pods })])).toEqual({ a: [3, 1] });
  });

  it('leaves idle grants where they are while nobody is short', () => {
    const sets = [
      set('core', { class: 'core', min: 5, max: 50, pods: [[4, 20]] }),
      set('query', { class: 'query', min: 5, max: 50, pods: [[20, 10]] }),
    ];
    expect(targets(40, sets)).toEqual({ core: [20], query: [20] });
  });

  it('takes idle grants back from the lowest class first, then from who is the most over its target', () => {
    const sets = [
      set('core', { class: 'core', min: 1, max: 90, pods: [[30, 10]] }),
      set('manage', { class: 'manage', min: 1, max: 90, pods: [[1, 20]] }),
      set('query', { class: 'query', min: 1, max: 90, pods: [[1, 5], [1, 10]] }), // biome-ignore format: a table
    ];
    expect(targets(50, sets)).toEqual({ core: [30], manage: [18], query: [1, 1] });
  });

  it('takes everything from a pod without demand: it drains', () => {
    expect(targets(50, [set('a', { class: 'core', min: 5, max: 50, pods: [[0, 9], [2, 2]] })])).toEqual({ a: [0, 2] }); // biome-ignore format: a table
  });

  it('takes even the last one from a pod without demand, whatever its siblings would gain', () => {
    const pods: [number, number][] = [[0, 1], [1, 10], [4, 3]]; // biome-ignore format: a table
    expect(targets(12, [set('a', { class: 'query', min: 13, max: 13, lend: 0, pods })]).a![0]).toBe(0);
  });

  it('does not let what is given back anyway decide who gets the remainder of a division', () => {
    const pass = (drained: number) => [
      set('gone', { class: 'query', min: 3, max: 3, lend: 0, pods: [[0, drained]] }),
      set('here', { class: 'query', min: 6, max: 6, lend: 0, pods: [[3, 0]] }),
    ];
    expect(targets(4, pass(2))).toEqual({ gone: [0], here: [3] });
    expect(targets(4, pass(0))).toEqual({ gone: [0], here: [3] });
  });

  it('keeps what is not lendable free for a set that has no pods', () => {
    const sets = [
      set('core', { class: 'core', min: 10, max: 10, lend: 20, pods: [] }),
      set('query', { class: 'query', min: 1, max: 99, pods: [[99, 0]] }),
    ];
    expect(targets(20, sets).query).toEqual([12]);
  });

  it('serves minimums class by class when even they do not fit, as after a cut of the limit', () => {
    const sets = (['core', 'manage', 'query'] as const).map((name) =>
      set(name, { class: name, min: 10, max: 10, pods: [[99, 10]] }),
    );
    expect(targets(15, sets)).toEqual({ core: [10], manage: [5], query: [0] });
  });

  it('takes back what lies above a maximum that was lowered', () => {
    expect(targets(100, [set('a', { class: 'query', min: 5, max: 20, pods: [[9, 40]] })])).toEqual({
      a: [20],
    });
  });
});

const podGen = fc.record({ demand: fc.nat(40), current: fc.nat(40) });
const setsGen = fc
  .array(
    fc.record({
      rank: fc.nat(2),
      min: fc.integer({ min: 0, max: 40 }),
      extra: fc.nat(60),
      lendablePercent: fc.nat(100),
      pods: fc.array(podGen, { maxLength: 6 }),
    }),
    { maxLength: 6 },
  )
  .map((sets) =>
    sets.map(
      ({ rank, min, extra, lendablePercent, pods }, s): SetDemand => ({
        id: `s${s}`,
        rank,
        min,
        max: Math.max(1, min + extra),
        lendablePercent,
        pods: pods.map((pod, p) => ({ id: `s${s}p${p}`, ...pod })),
      }),
    ),
  );
const capacityGen = fc.nat(200);
const sumOf = (given: Map<string, number>, pods: readonly { id: string }[]): number =>
  pods.reduce((sum, pod) => sum + given.get(pod.id)!, 0);
const demandOf = (set: SetDemand): number => set.pods.reduce((sum, pod) => sum + pod.demand, 0);
const runs = { numRuns: 1_000 };

describe('allocate, for any input', () => {
  const holds = (predicate: (capacity: number, sets: SetDemand[]) => void) =>
    fc.assert(fc.property(capacityGen, setsGen, predicate), runs);

  it('gives whole numbers, never more than the capacity nor than the maximum of a set', () => {
    holds((capacity, sets) => {
      const given = allocate(capacity, sets);
      for (const n of given.values()) expect(Number.isInteger(n) && n >= 0).toBe(true);
      expect(total([...given.values()])).toBeLessThanOrEqual(capacity);
      for (const set of sets) expect(sumOf(given, set.pods)).toBeLessThanOrEqual(set.max);
    });
  });

  it('meets every minimum that is demanded, as long as the minimums fit', () => {
    holds((extra, sets) => {
      const capacity = total(sets.map(({ min }) => min)) + extra;
      const given = allocate(capacity, sets);
      for (const set of sets) {
        expect(sumOf(given, set.pods)).toBeGreaterThanOrEqual(Math.min(set.min, demandOf(set)));
      }
    });
  });

  it('leaves nothing free beside unmet demand, but what is not lendable', () => {
    holds((capacity, sets) => {
      const given = allocate(capacity, sets);
      const short = sets.some((set) => sumOf(given, set.pods) < Math.min(set.max, demandOf(set)));
      if (!short) return;
      const kept = total(
        sets.map(({ min, lendablePercent, ...set }) => {
          const guarantee = Math.min(
            min,
            Math.max(
              demandOf({ min, lendablePercent, ...set }),
              Math.ceil((min * (100 - lendablePercent)) / 100),
            ),
          );
          return Math.max(0, guarantee - sumOf(given, set.pods));
        }),
      );
      expect(total([...given.values()]) + kept).toBeGreaterThanOrEqual(capacity);
    });
  });

  it('serves a class before the next one', () => {
    holds((capacity, sets) => {
      const given = allocate(capacity, sets);
      for (const high of sets) {
        const unmet = Math.min(high.max, demandOf(high)) - sumOf(given, high.pods);
        if (unmet <= 0) continue;
        for (const low of sets.filter(({ rank }) => rank > high.rank)) {
          // Its own guarantee it may keep, even idle where it is not lendable.
          expect(sumOf(given, low.pods)).toBeLessThanOrEqual(low.min);
        }
      }
    });
  });

  it('does not depend on the order of its input (I10)', () => {
    fc.assert(
      fc.property(
        capacityGen,
        setsGen.chain((sets) =>
          fc.tuple(fc.constant(sets), fc.shuffledSubarray(sets, { minLength: sets.length })),
        ),
        (capacity, [sets, shuffled]) => {
          const reversed = shuffled.map((set) => ({ ...set, pods: [...set.pods].reverse() }));
          const sorted = (given: Map<string, number>) => [...given].sort();
          expect(sorted(allocate(capacity, reversed))).toEqual(sorted(allocate(capacity, sets)));
        },
      ),
      runs,
    );
  });

  it('moves nothing when asked again (I9)', () => {
    holds((capacity, sets) => {
      const first = allocate(capacity, sets);
      const again = sets.map((set) => ({
        ...set,
        pods: set.pods.map((pod) => ({ ...pod, current: first.get(pod.id)! })),
      }));
      expect([...allocate(capacity, again)]).toEqual([...first]);
    });
  });

  it('does not take a little from one pod and give a little to its sibling', () => {
    holds((capacity, sets) => {
      const given = allocate(capacity, sets);
      const small = (pod: { current: number; id: string }) =>
        pod.current > 0 &&
        Math.abs(given.get(pod.id)! - pod.current) <= Math.max(1, Math.floor(pod.current / 10));
      for (const set of sets) {
        const moves = set.pods.filter((pod) => pod.demand > 0 && small(pod));
        const up = moves.some((pod) => given.get(pod.id)! > pod.current);
        const down = moves.some((pod) => given.get(pod.id)! < pod.current && pod.current <= pod.demand);
        expect(up && down).toBe(false);
      }
    });
  });

  it('gives each pod that asks one slot before any gets a second, holders first', () => {
    holds((capacity, sets) => {
      const given = allocate(capacity, sets);
      for (const { pods } of sets) {
        const without = pods.filter((pod) => pod.demand > 0 && given.get(pod.id) === 0);
        if (without.length === 0) continue;
        for (const pod of pods) {
          // Idle grants stay where they are while the set's share is not touched by them.
          if (pod.demand >= pod.current) expect(given.get(pod.id)).toBeLessThanOrEqual(1);
        }
        if (without.some((pod) => pod.current > 0)) {
          expect(pods.every((pod) => pod.current > 0 || given.get(pod.id) === 0)).toBe(true);
        }
      }
    });
  });
});

describe('waterfill', () => {
  const itemsGen = fc.array(
    fc.record({ want: fc.nat(50), weight: fc.integer({ min: 1, max: 9 }), current: fc.nat(50) }),
    { maxLength: 8 },
  );

  it('spends all of the capacity that is wanted, and gives nobody more than it wants', () => {
    fc.assert(
      fc.property(itemsGen, fc.nat(150), (plain, capacity) => {
        const items = plain.map((item, i) => ({ id: `i${i}`, ...item }));
        const given = waterfill(items, capacity);
        expect(total([...given.values()])).toBe(Math.min(capacity, total(items.map(({ want }) => want))));
        for (const item of items) expect(given.get(item.id)).toBeLessThanOrEqual(item.want);
      }),
      runs,
    );
  });

  it('is max-min: who got less than it wants has no less per weight than anybody else, but for the remainder', () => {
    fc.assert(
      fc.property(itemsGen, fc.nat(150), (plain, capacity) => {
        const items = plain.map((item, i) => ({ id: `i${i}`, ...item }));
        const given = waterfill(items, capacity);
        for (const short of items.filter((item) => given.get(item.id)! < item.want)) {
          for (const other of items) {
            expect((given.get(other.id)! - 1) / other.weight).toBeLessThanOrEqual(
              (given.get(short.id)! + 1) / short.weight,
            );
          }
        }
      }),
      runs,
    );
  });

  it.each([
    { capacity: 7, wants: [9, 9, 9], current: [0, 0, 0], given: [3, 2, 2] },
    { capacity: 7, wants: [9, 9, 9], current: [2, 2, 3], given: [2, 2, 3] },
    { capacity: 7, wants: [1, 9, 9], current: [0, 0, 0], given: [1, 3, 3] },
    { capacity: 0, wants: [1, 9], current: [1, 0], given: [0, 0] },
  ])('gives $given of $capacity to $wants', ({ capacity, wants, current, given }) => {
    const items = wants.map((want, i) => ({ id: `i${i}`, want, weight: 1, current: current[i]! }));
    expect([...waterfill(items, capacity)].sort().map(([, n]) => n)).toEqual(given);
  });
});
