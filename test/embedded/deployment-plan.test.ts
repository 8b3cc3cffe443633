import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type PlannedPod,
  planRollout,
  resolveStrategy,
  type Strategy,
} from '../../src/embedded/deployment-plan.ts';

describe('resolveStrategy', () => {
  it.each([
    [undefined, 4, { type: 'RollingUpdate', maxSurge: 1, maxUnavailable: 1 }],
    [undefined, 1, { type: 'RollingUpdate', maxSurge: 1, maxUnavailable: 0 }],
    [{ type: 'Recreate' }, 4, { type: 'Recreate' }],
    [
      { rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      5,
      { type: 'RollingUpdate', maxSurge: 2, maxUnavailable: 0 },
    ],
    [
      { rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' } },
      5,
      { type: 'RollingUpdate', maxSurge: 0, maxUnavailable: 1 },
    ],
    [
      { rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } },
      5,
      { type: 'RollingUpdate', maxSurge: 0, maxUnavailable: 2 },
    ],
  ])('%j of %d', (strategy, replicas, expected) => {
    expect(resolveStrategy(strategy, replicas)).toEqual(expected);
  });

  it('refuses what is neither number nor percentage', () => {
    expect(() => resolveStrategy({ rollingUpdate: { maxSurge: 'many' } }, 1)).toThrow('"many"');
  });
});

const pod = (name: string, hash: string, ready: boolean, born: number, terminating = false): PlannedPod => ({
  name,
  hash,
  ready,
  born,
  terminating,
});
const rolling = (maxSurge: number, maxUnavailable: number): Strategy => ({
  type: 'RollingUpdate',
  maxSurge,
  maxUnavailable,
});

describe('planRollout', () => {
  it.each<[string, Parameters<typeof planRollout>[0], { create: number; remove: string[] }]>([
    ['begins', { replicas: 3, hash: 'n', strategy: rolling(1, 0), pods: [] }, { create: 3, remove: [] }],
    [
      'scales down the unready, then the youngest',
      {
        replicas: 1,
        hash: 'n',
        strategy: rolling(1, 0),
        pods: [pod('a', 'n', true, 1), pod('b', 'n', true, 2), pod('c', 'n', false, 0)],
      },
      { create: 0, remove: ['c', 'b'] },
    ],
    [
      'surges before it takes anything away',
      {
        replicas: 2,
        hash: 'n',
        strategy: rolling(1, 0),
        pods: [pod('a', 'o', true, 1), pod('b', 'o', true, 2)],
      },
      { create: 1, remove: [] },
    ],
    [
      'takes an old pod for each ready new one',
      {
        replicas: 2,
        hash: 'n',
        strategy: rolling(1, 0),
        pods: [pod('a', 'o', true, 1), pod('b', 'o', true, 2), pod('c', 'n', true, 3)],
      },
      { create: 0, remove: ['b'] },
    ],
    [
      'takes away first where there is no surge',
      {
        replicas: 2,
        hash: 'n',
        strategy: rolling(0, 1),
        pods: [pod('a', 'o', true, 1), pod('b', 'o', true, 2)],
      },
      { create: 0, remove: ['b'] },
    ],
    [
      'replaces old pods that never came up, whatever else',
      {
        replicas: 2,
        hash: 'n',
        strategy: rolling(0, 1),
        pods: [pod('a', 'o', false, 1), pod('b', 'o', true, 2)],
      },
      { create: 0, remove: ['a'] },
    ],
    [
      'recreates only when the last old pod is gone',
      { replicas: 1, hash: 'n', strategy: { type: 'Recreate' }, pods: [pod('a', 'o', true, 1, true)] },
      { create: 0, remove: [] },
    ],
    [
      'recreates by taking all old ones away',
      {
        replicas: 2,
        hash: 'n',
        strategy: { type: 'Recreate' },
        pods: [pod('a', 'o', true, 1), pod('b', 'o', false, 2)],
      },
      { create: 0, remove: ['a', 'b'] },
    ],
    [
      'recreates',
      { replicas: 2, hash: 'n', strategy: { type: 'Recreate' }, pods: [] },
      { create: 2, remove: [] },
    ],
  ])('%s', (_, input, expected) => {
    expect(planRollout(input)).toEqual(expected);
  });
});

/** A world in which planned pods come up and go away in any order. */
const moves = fc.array(
  fc.oneof(
    fc.record({ what: fc.constantFrom('ready' as const, 'gone' as const), which: fc.nat(9) }),
    fc.constant({ what: 'plan' as const }),
  ),
  { maxLength: 60 },
);
const strategies = fc.oneof(
  fc.constant<Strategy>({ type: 'Recreate' }),
  fc
    .tuple(fc.nat(3), fc.nat(3))
    .filter(([surge, unavailable]) => surge + unavailable > 0)
    .map(([surge, unavailable]) => rolling(surge, unavailable)),
);

describe('a rollout', () => {
  it('keeps its bounds whatever order pods come up and go in, and ends with the new pods alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), strategies, moves, (replicas, strategy, plan) => {
        let born = replicas;
        let pods = Array.from({ length: replicas }, (_, n) => pod(`old-${n}`, 'o', true, n));
        const active = () => pods.filter((one) => !one.terminating);
        const ready = () => active().filter((one) => one.ready).length;
        const step = (): boolean => {
          const { create, remove } = planRollout({ replicas, hash: 'n', strategy, pods });
          if (strategy.type === 'Recreate' && create > 0)
            expect(pods.every((one) => one.hash === 'n')).toBe(true);
          const before = ready();
          pods = pods.map((one) => (remove.includes(one.name) ? { ...one, terminating: true } : one));
          for (let n = 0; n < create; n++) pods.push(pod(`new-${born}`, 'n', false, born++));
          if (strategy.type === 'RollingUpdate') {
            expect(active().length).toBeLessThanOrEqual(replicas + strategy.maxSurge);
            expect(ready()).toBeGreaterThanOrEqual(Math.min(before, replicas - strategy.maxUnavailable));
          }
          return create > 0 || remove.length > 0;
        };
        for (const move of plan) {
          if (move.what === 'plan') step();
          else if (move.what === 'gone') {
            const dying = pods.filter((one) => one.terminating);
            pods = pods.filter((one) => one !== dying[move.which]);
          } else pods = pods.map((one, n) => (n === move.which ? { ...one, ready: true } : one));
        }
        // From here on everything goes well.
        for (let round = 0; round < 50; round++) {
          pods = pods.filter((one) => !one.terminating).map((one) => ({ ...one, ready: true }));
          step();
        }
        expect(pods.map((one) => one.hash)).toEqual(Array.from({ length: replicas }, () => 'n'));
        expect(step()).toBe(false);
      }),
    );
  });
});
