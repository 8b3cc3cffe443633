import { describe, expect, it } from 'vitest';
import { MUTANTS, mutantParts } from './mutants.ts';
import { type Scenario, simulate } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { type Parts, realParts } from './simulation/parts.ts';
import type { Store } from './simulation/store.ts';
import { BreachError, type Simulation } from './simulation.ts';

const SEEDS = [1, 2, 3];

/** The first breach that a seed shows, or undefined. */
function firstBreach(
  scenario: Scenario,
  parts: Parts,
  spoil?: (store: Store) => void,
): BreachError | undefined {
  for (const seed of SEEDS) {
    try {
      scenario.run((plan) => {
        const sim = simulate(seed, parts, plan);
        spoil?.(sim.store);
        return sim;
      });
    } catch (error) {
      if (error instanceof BreachError) return error;
      throw error;
    }
  }
  return undefined;
}

describe('the real protocol', () => {
  it.each(SCENARIOS)(
    'keeps every invariant, and settles, when $name',
    async (scenario) => {
      const parts = await realParts();
      for (const seed of SEEDS) {
        let sim: Simulation | undefined;
        scenario.run((plan) => {
          sim = simulate(seed, parts, plan);
          return sim;
        });
        for (const { link, alive } of sim!.pods.values())
          if (alive) Object.assign(link.faults, { down: false, loseReply: 0 });
        for (const pod of [...sim!.pods.values()]) if (!pod.alive) pod.restart();
        sim!.world.run(2 * sim!.settleMs());
        expect(sim!.unsettled()).toEqual([]);
      }
      // Long stories: on a busy machine they take their time.
    },
    60_000,
  );
});

describe('a mutant is told from it:', () => {
  it('and there are all eighteen of the protocol', () => {
    const numbers = MUTANTS.map(({ number }) => number);
    expect(numbers.slice(0, 18)).toEqual(Array.from({ length: 18 }, (_, i) => 1 + i));
  });

  it.each(MUTANTS)(
    '$number $name',
    async (mutant) => {
      using parts = await mutantParts(mutant);
      const scenarios = SCENARIOS.filter(({ kills }) => kills.includes(mutant.number));
      expect(scenarios).not.toEqual([]);
      for (const scenario of scenarios) {
        expect(firstBreach(scenario, parts, mutant.store), scenario.name).toBeInstanceOf(BreachError);
      }
    },
    60_000,
  );
});
