/** Sets of accounts with 1, 4 and 500 connections are rolled the way the operator has their Deployments do it. In virtual time. */
import { describe, expect, it } from 'vitest';
import type { EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import type { EppSet } from '../../src/api/v1alpha1/set.ts';
import type { SetFact } from '../../src/budget/protocol.ts';
import { rolloutStrategy } from '../../src/operator/specs/rollout.ts';
import { aRegistry, aSet, byName } from '../operator/samples.ts';
import { MINUTE } from './builders.ts';
import type { HolderNode } from './simulation/holder-node.ts';
import { realParts } from './simulation/parts.ts';
import { Simulation } from './simulation.ts';

const parts = await realParts();
const ACCOUNT = 'reg';

interface Case {
  limit: number;
  replicas: number;
  core: { min: number; max: number };
  query?: { min: number; max: number; replicas: number };
}

const poolOf = ({ min, max }: { min: number; max: number }) => [
  { registry: ACCOUNT, min, max, lendablePercent: 50 },
];

function cluster({ limit, replicas, core, query }: Case, seed: number): Simulation {
  const fact = (name: 'core' | 'query', pool: { min: number; max: number }): SetFact => ({
    name,
    class: name,
    createdAt: name,
    pools: poolOf(pool),
  });
  const sets = [fact('core', core), ...(query ? [fact('query', query)] : [])];
  const registries = [{ name: ACCOUNT, limit, idleMs: MINUTE, lateMs: MINUTE }];
  const sim = new Simulation({ seed, parts, drift: 0.01, registries, sets });
  sim.lead();
  sim.scale('core', replicas);
  sim.setLoad('core', core.max);
  if (query) {
    sim.scale('query', query.replicas);
    sim.setLoad('query', 2 * query.max);
  }
  sim.world.run(2 * MINUTE);
  return sim;
}

/** As the Deployment controller does it, ready being a logged-in connection. Tells how few connections the set ever had. */
function roll(sim: Simulation, replicas: number, strategy: ReturnType<typeof rolloutStrategy>) {
  const { maxSurge = 0, maxUnavailable = 0 } = strategy.rollingUpdate ?? {};
  const surge =
    typeof maxSurge === 'number' ? maxSurge : Math.ceil((replicas * Number.parseInt(maxSurge, 10)) / 100);
  const unavailable = strategy.type === 'Recreate' ? replicas : Number(maxUnavailable);
  let old = sim.podsOf('core');
  const fresh: HolderNode[] = [];
  let leaving: HolderNode[] = [];
  const ready = () => [...old, ...fresh].filter((pod) => pod.open > 0).length;
  let fewest = Number.POSITIVE_INFINITY;
  const done = () => {
    leaving = leaving.filter((pod) => pod.alive);
    fewest = Math.min(fewest, sim.open('core'));
    const together = strategy.type === 'Recreate' && (old.length > 0 || leaving.length > 0);
    while (!together && fresh.length < replicas && old.length + fresh.length < replicas + surge) {
      fresh.push(sim.startPod('core'));
    }
    while (old.length > 0 && ready() - 1 >= replicas - unavailable) {
      const [first, ...rest] = old;
      old = rest;
      leaving.push(first!);
      sim.deletePod(first!);
    }
    return old.length === 0 && leaving.length === 0 && fresh.length === replicas && ready() === replicas;
  };
  const ended = sim.world.runUntil(done, 30 * MINUTE);
  return { ended, fewest };
}

function strategyOf({ limit, replicas, core }: Case): ReturnType<typeof rolloutStrategy> {
  const connections = { limit, externalReserved: 0, idleTimeoutSeconds: 60 };
  const registry: EppRegistry = aRegistry({ name: ACCOUNT, spec: { connections } });
  const set: EppSet = aSet({ spec: { replicas, pools: [{ registry: ACCOUNT, ...core }] } });
  return rolloutStrategy(set, byName(registry));
}

const CASES: (Case & { keeps: number; how: string })[] = [
  { limit: 1, replicas: 1, core: { min: 1, max: 1 }, keeps: 0, how: 'Recreate' },
  {
    limit: 4,
    replicas: 1,
    core: { min: 2, max: 3 },
    query: { min: 1, max: 4, replicas: 1 },
    keeps: 1,
    how: 'surge',
  },
  {
    limit: 4,
    replicas: 2,
    core: { min: 2, max: 4 },
    query: { min: 1, max: 4, replicas: 1 },
    keeps: 1,
    how: 'in place',
  },
  {
    limit: 4,
    replicas: 2,
    core: { min: 3, max: 3 },
    query: { min: 1, max: 4, replicas: 1 },
    keeps: 1,
    how: 'surge',
  },
  { limit: 4, replicas: 4, core: { min: 4, max: 4 }, keeps: 1, how: 'in place' },
  {
    limit: 500,
    replicas: 20,
    core: { min: 100, max: 400 },
    query: { min: 50, max: 400, replicas: 10 },
    keeps: 75,
    how: 'surge',
  },
];

describe.each(CASES)(
  '$replicas pods of a core set with $core.min to $core.max of $limit connections ($how)',
  ({ keeps, how, ...plan }) => {
    it.each([1, 2, 3])(`are rolled to the end, and keep ${keeps} or more logged in (seed %d)`, (seed) => {
      const strategy = strategyOf(plan);
      const surges = strategy.rollingUpdate?.maxUnavailable === 0;
      expect(strategy.type === 'Recreate' ? 'Recreate' : surges ? 'surge' : 'in place').toBe(how);
      // I1 and the others are checked at every step of it
      const sim = cluster(plan, seed);
      const { ended, fewest } = roll(sim, plan.replicas, strategy);
      expect(ended).toBe(true);
      expect(fewest).toBeGreaterThanOrEqual(keeps);
      sim.world.run(3 * MINUTE);
      expect(sim.unsettled()).toEqual([]);
      expect(sim.registry.count(ACCOUNT)).toBeGreaterThanOrEqual(Math.min(plan.limit, plan.core.max));
    });
  },
);
