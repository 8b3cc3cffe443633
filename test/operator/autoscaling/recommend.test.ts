import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { behaviorOf } from '../../../src/operator/autoscaling/behavior.ts';
import {
  type AccountDemand,
  recommend,
  type ScalingInput,
  type ScalingState,
} from '../../../src/operator/autoscaling/recommend.ts';

const PERIOD_MS = 15_000;

/** 100 connections for 10 pods of which each is meant to use half: 5. */
function anInput(
  options: Partial<ScalingInput> & { demand?: number; reporting?: number } = {},
): ScalingInput {
  const { demand = 0, current = 4, reporting = current, ...more } = options;
  return {
    current,
    minReplicas: 2,
    maxReplicas: 10,
    target: 50,
    behavior: behaviorOf({ scaleDown: { stabilizationWindowSeconds: 0 } }),
    accounts: [{ registry: 'verisign', reachable: 100, demand, reporting }],
    ...more,
  };
}

const account = (demand: number, reporting: number, reachable = 100): AccountDemand => ({
  registry: `of-${demand}`,
  reachable,
  demand,
  reporting,
});

/** A set whose pods all report, period after period; tells the numbers of pods. */
function run(demands: readonly number[], start: number, behavior = behaviorOf()): number[] {
  let state: ScalingState | undefined;
  let current = start;
  return demands.map((demand, n) => {
    const result = recommend(state, anInput({ current, demand, behavior }), n * PERIOD_MS);
    state = result.state;
    current = result.replicas;
    return current;
  });
}

const changesOf = (numbers: readonly number[]) =>
  numbers.filter((number, n) => n > 0 && number !== numbers[n - 1]).length;

describe('the number of pods that a demand asks for', () => {
  it.each([
    ['what is right stays', { demand: 20 }, 4],
    ['what is nearly right stays', { demand: 22 }, 4],
    ['one pod more', { demand: 23 }, 5],
    ['one pod less', { demand: 15 }, 3],
    ['twice as many', { demand: 40 }, 8],
    ['never more than maxReplicas', { demand: 5_000, current: 8 }, 10],
    ['never fewer than minReplicas', { demand: 0 }, 2],
    ['above the bounds, down at once', { demand: 60, current: 14, behavior: behaviorOf() }, 10],
    ['below the bounds, up at once', { demand: 0, current: 1 }, 2],
    ['4 pods more at once where that is more than twice', { demand: 50, current: 1, minReplicas: 1 }, 5],
    ['nobody reports', { demand: 0, reporting: 0 }, 4],
    ['a silent pod may use its share: not fewer', { demand: 15, reporting: 3 }, 4],
    ['a silent pod needs nothing more', { demand: 21, reporting: 3 }, 4],
    ['the others need more than all have', { demand: 45, reporting: 3 }, 8],
    ['some are silent, but even so there are too many', { demand: 0, reporting: 3 }, 2],
    ['a pod that leaves still reports', { demand: 20, reporting: 6 }, 4],
    ['the account that asks for most decides', { accounts: [account(5, 4), account(30, 4)] }, 6],
    ['one account is silent: not fewer', { accounts: [account(5, 4), account(9, 0)] }, 4],
    ['one account is silent, the other needs more', { accounts: [account(30, 4), account(9, 0)] }, 6],
    ['no more pods than connections', { accounts: [account(90, 4, 6)] }, 6],
    ['the smallest account ends it', { accounts: [account(90, 4), account(1, 4, 5)] }, 5],
    ['fewer connections than minReplicas', { accounts: [account(1, 4, 1)] }, 1],
    ['no connection at all', { accounts: [account(0, 0, 0)] }, 1],
    ['from none', { demand: 0, current: 0, reporting: 0 }, 2],
  ])('%s', (_, options, expected) => {
    expect(recommend(undefined, anInput({ ...options }), 0).replicas).toBe(expected);
  });

  it.each([
    [{ demand: 20 }, undefined],
    [{ demand: 200 }, 'TooManyReplicas'],
    [{ demand: 50 }, undefined],
    [{ demand: 0 }, 'TooFewReplicas'],
    [{ demand: 10 }, undefined],
    [{ accounts: [account(90, 4, 6)] }, 'TooFewConnections'],
    [{ accounts: [account(3, 4, 6)] }, undefined],
  ])('says what holds it back: %j', (options, limit) => {
    expect(recommend(undefined, anInput(options), 0).limit).toBe(limit);
  });

  it('says which account decided, and whether anybody reports', () => {
    const accounts = [account(5, 4), account(30, 4)];
    expect(recommend(undefined, anInput({ accounts }), 0)).toMatchObject({
      hasReports: true,
      decidedBy: accounts[1],
    });
    expect(recommend(undefined, anInput({ reporting: 0 }), 0)).toMatchObject({ hasReports: false });
  });
});

describe('the number of pods over time', () => {
  it('rises at once, by doubling', () => {
    expect(run([50, 50, 50], 2)).toEqual([6, 10, 10]);
  });

  it('falls only after nothing has asked for more for 300 s', () => {
    // A leader that has just begun remembers the number that it found.
    const periods = run(Array(30).fill(10), 8);
    expect(periods.slice(0, 20)).toEqual(Array(20).fill(8));
    expect(periods.slice(20)).toEqual(Array(10).fill(2));
  });

  it('falls to the most of the window', () => {
    const periods = run([40, ...Array(10).fill(30), ...Array(40).fill(10)], 8);
    expect(periods[20]).toBe(6);
    expect(periods.at(-1)).toBe(2);
  });

  it('keeps to the policies', () => {
    const slowly = behaviorOf({
      scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 30 }] },
      scaleDown: {
        stabilizationWindowSeconds: 0,
        policies: [
          { type: 'Pods', value: 1, periodSeconds: 15 },
          { type: 'Percent', value: 50, periodSeconds: 15 },
        ],
        selectPolicy: 'Min',
      },
    });
    expect(run([50, 50, 50, 50], 4, slowly)).toEqual([5, 5, 6, 6]);
    expect(run([0, 0, 0], 8, slowly)).toEqual([7, 6, 5]);
    const never = behaviorOf({ scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: 'Disabled' } });
    expect(run([0, 0, 0], 8, never)).toEqual([8, 8, 8]);
  });

  it('waits with more pods where a window says so', () => {
    const behavior = behaviorOf({ scaleUp: { stabilizationWindowSeconds: 30 } });
    expect(run([20, 50, 50, 50, 50], 4, behavior)).toEqual([4, 4, 8, 10, 10]);
  });
});

const anyAccount = fc.record({
  registry: fc.constant('verisign'),
  reachable: fc.nat({ max: 200 }),
  demand: fc.nat({ max: 500 }),
  reporting: fc.nat({ max: 20 }),
});
const anyInput = fc
  .record({
    current: fc.nat({ max: 20 }),
    bounds: fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })),
    target: fc.integer({ min: 1, max: 100 }),
    accounts: fc.array(anyAccount, { minLength: 1, maxLength: 4 }),
  })
  .map(
    ({ bounds, ...rest }): ScalingInput => ({
      ...rest,
      minReplicas: Math.min(...bounds),
      maxReplicas: Math.max(...bounds),
      behavior: behaviorOf(),
    }),
  );

describe('whatever is reported', () => {
  it('stays within the bounds and the connections, and moves on at each step', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { minLength: 1, maxLength: 20 }), (inputs) => {
        let state: ScalingState | undefined;
        for (const [n, input] of inputs.entries()) {
          const { replicas, state: next } = recommend(state, input, n * PERIOD_MS);
          state = next;
          const fed = Math.max(1, Math.min(...input.accounts.map(({ reachable }) => reachable)));
          expect(Number.isInteger(replicas)).toBe(true);
          expect(replicas).toBeLessThanOrEqual(Math.min(input.maxReplicas, fed));
          expect(replicas).toBeGreaterThanOrEqual(Math.min(input.minReplicas, fed));
        }
      }),
    );
  });

  it('never answers more demand with fewer pods', () => {
    fc.assert(
      fc.property(anyInput, fc.nat({ max: 3 }), fc.nat({ max: 100 }), (input, which, more) => {
        const accounts = input.accounts.map((of, n) =>
          n === which % input.accounts.length ? { ...of, demand: of.demand + more } : of,
        );
        const before = recommend(undefined, input, 0).replicas;
        expect(recommend(undefined, { ...input, accounts }, 0).replicas).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('changes the number at most twice in a window, once it has come to rest, however the demand jumps about a level', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 40 }),
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 200, maxLength: 200 }),
        (level, noise) => {
          const numbers = run(
            noise.map((by) => level + by),
            4,
          );
          // 100 periods are five windows: one way down and one way up in each.
          expect(changesOf(numbers.slice(100))).toBeLessThanOrEqual(10);
          // Two pods are more than the noise is worth.
          const rest = numbers.slice(100);
          expect(Math.max(...rest) - Math.min(...rest)).toBeLessThanOrEqual(2);
        },
      ),
    );
  });

  it('never lowers the number before a window has passed since the highest need', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 60 }), { minLength: 30, maxLength: 60 }), (demands) => {
        const numbers = run(demands, 4);
        for (let n = 1; n < numbers.length; n += 1) {
          if (numbers[n]! >= numbers[n - 1]!) continue;
          const window = demands.slice(Math.max(0, n - 19), n + 1);
          expect(numbers[n]).toBeGreaterThanOrEqual(Math.min(10, Math.ceil(Math.max(...window) / 5 / 1.1)));
          expect(n).toBeGreaterThanOrEqual(20);
        }
      }),
    );
  });
});
