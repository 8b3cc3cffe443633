/** What schedules are made of: a cluster of ten connections, and two sets that want more than there is. */
import type { SetFact } from '../../src/budget/protocol.ts';
import type { Parts } from './simulation/parts.ts';
import type { RegistrySetup } from './simulation/registry.ts';
import { Simulation } from './simulation.ts';

export interface Scenario {
  name: string;
  /** Numbers of the mutants that break an invariant here. */
  kills: readonly number[];
  run(make: (options: Plan) => Simulation): void;
}

export interface Plan {
  registry?: Partial<RegistrySetup>;
  sets?: readonly SetFact[];
}

const SECOND = 1_000;

const set = (name: 'core' | 'manage' | 'query', min: number, max: number): SetFact => ({
  name,
  class: name,
  createdAt: name,
  pools: [{ registry: 'reg', min, max, lendablePercent: 50 }],
});

export const PLAN = {
  registry: { name: 'reg', limit: 10, idleMs: 60 * SECOND, lateMs: 60 * SECOND },
  sets: [set('core', 2, 10), set('query', 1, 10)],
};

export function simulate(seed: number, parts: Parts, { registry, sets = PLAN.sets }: Plan = {}): Simulation {
  const setup = { ...PLAN.registry, ...registry };
  const sim = new Simulation({ seed, parts, drift: 0.01, registries: [setup], sets });
  sim.lead();
  return sim;
}

/** Everybody is up and serves. */
export function up(
  sim: Simulation,
  pods: { core: number; query: number },
  load: { core: number; query: number },
): void {
  sim.scale('core', pods.core);
  sim.scale('query', pods.query);
  sim.setLoad('core', load.core);
  sim.setLoad('query', load.query);
  sim.world.run(30 * SECOND);
}
