/** How much of its limit an account uses while there is more demand than that, and nothing breaks: open sessions at the registry over time. */
import { describe, expect, it } from 'vitest';
import type { SetFact } from '../../src/budget/protocol.ts';
import { MINUTE } from './builders.ts';
import { realParts } from './simulation/parts.ts';
import { Simulation } from './simulation.ts';

const ACCOUNT = 'reg';
const LIMITS = [4, 30, 500];
/** What is used at least, in everything that is no fault. */
const LEAST = 0.97;
const parts = await realParts();

const set = (name: 'core' | 'query', limit: number): SetFact => ({
  name,
  class: name,
  createdAt: name,
  pools: [{ registry: ACCOUNT, min: Math.max(2, Math.floor(limit / 10)), max: limit, lendablePercent: 50 }],
});

/** Everybody is up, and wants more than there is. */
function busy(limit: number): Simulation {
  const registries = [{ name: ACCOUNT, limit, idleMs: 2 * MINUTE, lateMs: 2 * MINUTE }];
  const sets = [set('core', limit), set('query', limit)];
  const sim = new Simulation({ seed: limit, parts, drift: 0.01, registries, sets });
  sim.lead();
  const replicas = limit < 10 ? 1 : 2;
  sim.scale('core', replicas);
  sim.scale('query', replicas);
  sim.setLoad('core', 2 * limit);
  sim.setLoad('query', 2 * limit);
  sim.world.run(2 * MINUTE);
  return sim;
}

/** Share of the limit that was open at the registry, over time, while `live` ran the world. */
function used(sim: Simulation, limit: number, live: () => void): number {
  const { world } = sim;
  const check = world.afterStep;
  const beginMs = world.nowMs;
  let openMs = 0;
  let [atMs, open] = [beginMs, sim.registry.count(ACCOUNT)];
  const account = () => {
    openMs += open * (world.nowMs - atMs);
    [atMs, open] = [world.nowMs, sim.registry.count(ACCOUNT)];
  };
  world.afterStep = () => {
    check();
    account();
  };
  live();
  account();
  world.afterStep = check;
  return openMs / (limit * (world.nowMs - beginMs));
}

describe.each(LIMITS)('of a limit of %d, under more demand than that', (limit) => {
  it('all is used while demand stays where it is', () => {
    const sim = busy(limit);
    // The last digits are lost in sums.
    expect(used(sim, limit, () => sim.world.run(20 * MINUTE))).toBeCloseTo(1, 9);
  }, 120_000);

  it('nearly all is used while half of it moves back and forth every minute', () => {
    const sim = busy(limit);
    const share = used(sim, limit, () => {
      for (let turn = 0; turn < 10; turn += 1) {
        sim.setLoad('core', Math.ceil(turn % 2 === 0 ? limit * 0.75 : limit / 4));
        sim.world.run(MINUTE);
      }
    });
    // A pod that has what it needs is granted one more, in reserve, and does not open it.
    const reserve = sim.podsOf('core').length / limit;
    expect(share + reserve).toBeGreaterThanOrEqual(LEAST);
  }, 120_000);

  it('nearly all is used while everything is replaced, one pod a minute', () => {
    const sim = busy(limit);
    const share = used(sim, limit, () => {
      for (const name of ['core', 'query', 'core', 'query']) {
        for (const old of sim.podsOf(name)) {
          const fresh = sim.startPod(name);
          expect(sim.world.runUntil(() => fresh.open > 0, 5 * MINUTE)).toBe(true);
          sim.deletePod(old);
          sim.world.run(MINUTE);
        }
      }
    });
    expect(sim.registry.peaks.get(ACCOUNT)).toBeLessThanOrEqual(limit);
    expect(share).toBeGreaterThanOrEqual(LEAST);
  }, 120_000);
});
