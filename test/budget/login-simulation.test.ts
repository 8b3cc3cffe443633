/** A whole fleet whose password is wrong, changes or is changed: how often the registry is asked in vain, and how soon all is well. */
import { describe, expect, it } from 'vitest';
import { permissionOf } from '../../src/budget/holder-login.ts';
import type { SetFact } from '../../src/budget/protocol.ts';
import { MINUTE, SECOND } from './builders.ts';
import type { HolderNode } from './simulation/holder-node.ts';
import { realParts } from './simulation/parts.ts';
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
const parts = await realParts();

function fleet(seed: number, secret?: SecretValues): Simulation {
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
    const sim = fleet(seed, { password: 'right' });
    sim.world.runUntil(served(sim), MINUTE);
    sim.registry.setPassword(ACCOUNT, 'another');
    const [first, ...others] = pods(sim);
    first!.readSecret(ACCOUNT, { password: 'another' });
    sim.world.run(10 * SECOND);
    expect(login(sim)?.state).toBe('Proven');
    dropSessions(sim);
    sim.world.run(MINUTE);
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
