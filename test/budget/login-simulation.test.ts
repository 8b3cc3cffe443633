/** A whole fleet whose password is wrong, changes or is changed: how often the registry is asked in vain, and how soon all is well. */
import { describe, expect, it } from 'vitest';
import { permissionOf } from '../../src/budget/holder-login.ts';
import type { SetFact } from '../../src/budget/protocol.ts';
import { MINUTE, SECOND } from './builders.ts';
import { mutantParts } from './mutants.ts';
import type { HolderNode } from './simulation/holder-node.ts';
import { type Parts, realParts } from './simulation/parts.ts';
import type { SecretValues } from './simulation/registry.ts';
import { Simulation } from './simulation.ts';

const ACCOUNT = 'reg';
const PODS = 10;
const SEEDS = [1, 2, 3, 4, 5];
const core: SetFact = {
  name: 'core',
  class: 'core',
  createdAt: 'core',
  pools: [{ registry: ACCOUNT, min: 10, max: 40, lendablePercent: 0 }],
};
const real = await realParts();

function fleet(seed: number, secret?: SecretValues, parts: Parts = real): Simulation {
  const registries = [{ name: ACCOUNT, limit: 40, idleMs: MINUTE, lateMs: MINUTE }];
  const sim = new Simulation({ seed, parts, drift: 0.01, registries, sets: [core] });
  sim.lead();
  for (let n = 0; n < PODS; n += 1) {
    const pod = sim.startPod('core');
    if (secret !== undefined) pod.mount(ACCOUNT, secret);
  }
  sim.setLoad('core', 20);
  return sim;
}

const pods = (sim: Simulation): HolderNode[] => [...sim.pods.values()];
const refusals = (sim: Simulation): number => sim.registry.refusals.get(ACCOUNT)?.length ?? 0;
const login = (sim: Simulation) => sim.ledger(ACCOUNT)?.login;
const permissions = (sim: Simulation) =>
  pods(sim).map(({ state, nowMs }) => permissionOf(state.accounts[ACCOUNT]!.login, state.timing, nowMs));

/** Caught in the moment in which it hears that it may. */
function firstProver(sim: Simulation): HolderNode {
  while (!permissions(sim).includes('prove')) sim.world.run(1);
  return pods(sim)[permissions(sim).indexOf('prove')]!;
}

/** kubelet brings another Secret to each pod within a minute and a half. */
function changeSecret(sim: Simulation, secret: SecretValues): void {
  for (const pod of pods(sim))
    sim.world.after(sim.world.between(0, 90 * SECOND), () => pod.readSecret(ACCOUNT, secret));
}

/** Every session ends, as in a maintenance of the registry, and everybody wants to log in again. */
function dropSessions(sim: Simulation): void {
  for (const pod of pods(sim)) pod.dropSessions();
}

/** One pod has read the new Secret when all sessions end. */
function halfRead(seed: number, parts?: Parts) {
  const sim = fleet(seed, { password: 'right' }, parts);
  sim.world.runUntil(served(sim), MINUTE);
  sim.registry.setPassword(ACCOUNT, 'another');
  const [first, ...others] = pods(sim);
  first!.readSecret(ACCOUNT, { password: 'another' });
  sim.world.run(10 * SECOND);
  dropSessions(sim);
  sim.world.run(MINUTE);
  return { sim, first, others };
}

const served = (sim: Simulation) => () => pods(sim).every(({ open }) => open >= 2);

describe.each(SEEDS)('ten pods, seed %i:', (seed) => {
  it('right credentials cost one login and a moment', () => {
    const sim = fleet(seed);
    expect(sim.world.runUntil(served(sim), 30 * SECOND)).toBe(true);
    expect(refusals(sim)).toBe(0);
    expect(login(sim)).toMatchObject({ state: 'Proven', password: 'Current' });
    expect(login(sim)).not.toHaveProperty('prover');
  });

  it('a wrong password is tried three times in ten minutes, five in an hour, by one pod at a time', () => {
    const sim = fleet(seed, { password: 'wrong' });
    const { afterStep } = sim.world;
    sim.world.afterStep = () => {
      afterStep();
      expect(permissions(sim).filter((permission) => permission !== 'none').length).toBeLessThanOrEqual(1);
    };
    sim.world.run(10 * MINUTE);
    expect(refusals(sim)).toBe(3);
    sim.world.run(50 * MINUTE);
    expect(refusals(sim)).toBeLessThanOrEqual(5);
    expect(login(sim)?.state).toBe('Refused');
    sim.world.afterStep = afterStep;
    changeSecret(sim, { password: 'right' });
    expect(sim.world.runUntil(served(sim), 2 * MINUTE)).toBe(true);
  });

  it('a password that becomes wrong costs no session, and few attempts', () => {
    const sim = fleet(seed, { password: 'right' });
    sim.world.runUntil(served(sim), MINUTE);
    sim.registry.setPassword(ACCOUNT, 'another');
    const open = sim.open('core');
    pods(sim)[0]!.dropSessions();
    sim.world.run(10 * MINUTE);
    expect(refusals(sim)).toBeLessThanOrEqual(3);
    expect(sim.open('core')).toBeGreaterThanOrEqual(open - 3);
    changeSecret(sim, { password: 'another' });
    expect(sim.world.runUntil(served(sim), 4 * MINUTE)).toBe(true);
  });

  it('pods that have yet to read a changed Secret do not try the old password', () => {
    const { sim, first, others } = halfRead(seed);
    expect(refusals(sim)).toBe(0);
    expect(first!.open).toBeGreaterThan(0);
    for (const pod of others) pod.readSecret(ACCOUNT, { password: 'another' });
    expect(sim.world.runUntil(served(sim), MINUTE)).toBe(true);
    expect(refusals(sim)).toBe(0);
  });

  it('newPassword is set by one pod and used by all, until the Secret has it as its password', () => {
    const sim = fleet(seed, { password: 'right' });
    sim.world.runUntil(served(sim), MINUTE);
    changeSecret(sim, { password: 'right', newPassword: 'new' });
    sim.world.run(3 * MINUTE);
    expect(sim.registry.passwordOf(ACCOUNT)).toBe('new');
    expect(login(sim)).toMatchObject({ state: 'Proven', password: 'Changed' });
    dropSessions(sim);
    expect(sim.world.runUntil(served(sim), MINUTE)).toBe(true);
    changeSecret(sim, { password: 'new' });
    sim.world.run(3 * MINUTE);
    dropSessions(sim);
    expect(sim.world.runUntil(served(sim), MINUTE)).toBe(true);
    expect(login(sim)).toMatchObject({ state: 'Proven', password: 'Current' });
    expect(refusals(sim)).toBe(0);
  });

  it('the next one tries the new password first where a prover died in the change', () => {
    const secret = { password: 'right', newPassword: 'new' };
    const sim = fleet(seed, secret);
    sim.world.runUntil(() => sim.registry.passwordOf(ACCOUNT) === 'new', MINUTE);
    const prover = pods(sim).find(
      ({ state }) => state.accounts[ACCOUNT]!.login.told?.permission === 'Prove',
    )!;
    prover.crash({ fin: true });
    prover.restart();
    expect(sim.world.runUntil(served(sim), 5 * MINUTE)).toBe(true);
    expect(login(sim)).toMatchObject({ state: 'Proven', password: 'Changed' });
    expect(refusals(sim)).toBe(0);
  });

  it('the old password is tried again where the change was never made', () => {
    const sim = fleet(seed, { password: 'right', newPassword: 'new' });
    const prover = firstProver(sim);
    prover.crash({ fin: true });
    prover.restart();
    expect(sim.world.runUntil(served(sim), 5 * MINUTE)).toBe(true);
    expect(login(sim)).toMatchObject({ state: 'Proven', password: 'Changed' });
    expect(refusals(sim)).toBeLessThanOrEqual(1);
  });

  it('a prover that is lost with its node keeps the others waiting for minutes, not for its lease', () => {
    const sim = fleet(seed);
    const lost = firstProver(sim);
    lost.crash({ fin: false });
    const others = pods(sim).filter((pod) => pod !== lost);
    expect(sim.world.runUntil(() => others.every(({ open }) => open >= 1), 3 * MINUTE)).toBe(true);
  });

  it('what is proven stays proven under a new leader, and while the API is away', () => {
    const sim = fleet(seed);
    sim.world.runUntil(served(sim), MINUTE);
    const turn = login(sim)!.turn;
    sim.leader.crash();
    for (const { link } of pods(sim)) link.faults.down = true;
    dropSessions(sim);
    expect(sim.world.runUntil(served(sim), MINUTE)).toBe(true);
    for (const { link } of pods(sim)) link.faults.down = false;
    sim.lead();
    sim.world.run(5 * MINUTE);
    expect(login(sim)).toMatchObject({ state: 'Proven', turn });
  });

  it('a new leader knows how often the password was refused', () => {
    const sim = fleet(seed, { password: 'wrong' });
    sim.world.run(10 * MINUTE);
    sim.leader.crash();
    sim.lead();
    sim.world.run(10 * MINUTE);
    expect(refusals(sim)).toBe(3);
  });

  it('a ledger that was deleted asks once, and goes on from the turns that pods have heard of', () => {
    const sim = fleet(seed);
    sim.world.runUntil(served(sim), MINUTE);
    const turn = login(sim)!.turn;
    sim.store.deleteLedger(ACCOUNT);
    sim.world.run(MINUTE);
    expect(login(sim)!.turn).toBeGreaterThan(turn);
    expect(login(sim)!.state).toBe('Proven');
    expect(refusals(sim)).toBe(0);
  });

  it('without an operator a pod with other credentials tries them by itself in the end', () => {
    const sim = fleet(seed, { password: 'right' });
    sim.world.runUntil(served(sim), MINUTE);
    sim.leader.crash();
    sim.registry.setPassword(ACCOUNT, 'another');
    for (const pod of pods(sim)) pod.readSecret(ACCOUNT, { password: 'another' });
    dropSessions(sim);
    sim.world.run(MINUTE);
    expect(sim.open('core')).toBe(0);
    expect(sim.world.runUntil(served(sim), 10 * MINUTE)).toBe(true);
  });
});

describe('a wrong password while everything goes wrong', () => {
  it.each(Array.from({ length: 12 }, (_, n) => n + 1))('is hardly tried more often, seed %i', (seed) => {
    const sim = fleet(seed, { password: 'wrong' });
    const { world } = sim;
    for (const { link } of pods(sim))
      Object.assign(link.faults, { loseReply: 0.2, delayRequest: 0.05, watchLagMs: 500 });
    const until = 10 * MINUTE;
    let restarts = 0;
    while (world.nowMs < until) {
      world.run(world.between(5 * SECOND, 60 * SECOND));
      const victim = world.pick(pods(sim))!;
      if (world.random() < 0.5) {
        victim.crash({ fin: true });
        victim.restart();
        restarts += 1;
      } else if (world.random() < 0.3) {
        sim.leader.crash();
        sim.lead();
      } else {
        victim.link.faults.down = !victim.link.faults.down;
      }
    }
    expect(restarts).toBeGreaterThan(0);
    // Whoever dies, or is cut off, between the registry's answer and its report takes one refusal with it.
    expect(refusals(sim)).toBeLessThanOrEqual(4);
    for (const { link } of pods(sim)) link.faults.down = false;
    changeSecret(sim, { password: 'right' });
    expect(world.runUntil(() => login(sim)?.state === 'Proven', 5 * MINUTE)).toBe(true);
    expect(
      world.runUntil(() => pods(sim).filter(({ open }) => open > 0).length >= PODS / 2, 10 * MINUTE),
    ).toBe(true);
  });
});

describe('a wrong design is told from it:', () => {
  const wrongPassword = (parts: Parts): Simulation => {
    const sim = fleet(1, { password: 'wrong' }, parts);
    sim.world.run(10 * MINUTE);
    return sim;
  };

  it.each([
    {
      name: 'waits that do not grow',
      change: { file: 'login-breaker.ts', find: 'const WAIT_FACTOR = 4;', replace: 'const WAIT_FACTOR = 1;' },
      run: wrongPassword,
      most: 3,
    },
    {
      name: 'everybody proves',
      change: {
        file: 'login-breaker.ts',
        find: 'prover?.incarnation === incarnation && prover.withdrawn === undefined',
        replace: 'prover !== undefined',
      },
      run: wrongPassword,
      most: 3,
    },
    {
      name: 'nobody is stale',
      change: { file: 'login-steps.ts', find: 'note(entry, { stale: true })', replace: 'note(entry, {})' },
      run: (parts: Parts) => halfRead(1, parts).sim,
      most: 0,
    },
  ])('$name', async ({ name, change, run, most }) => {
    using parts = await mutantParts({ number: 0, name, changes: [change] });
    expect(refusals(run(parts))).toBeGreaterThan(most);
  });
});
