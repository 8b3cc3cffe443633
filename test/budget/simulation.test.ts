/** Everyday life, and how long it takes. The invariants are checked at every step by the simulation itself. */
import { describe, expect, it } from 'vitest';
import type { SetFact } from '../../src/budget/protocol.ts';
import { MINUTE, SECOND } from './builders.ts';
import { realParts } from './simulation/parts.ts';
import { Simulation } from './simulation.ts';

const set = (name: 'core' | 'manage' | 'query', min: number, max: number): SetFact => ({
  name,
  class: name,
  createdAt: name,
  pools: [{ registry: 'reg', min, max, lendablePercent: 50 }],
});

const parts = await realParts();

function cluster(limit: number, sets: SetFact[], seed = 1, externalReserved = 0): Simulation {
  const registries = [{ name: 'reg', limit, externalReserved, idleMs: MINUTE, lateMs: MINUTE }];
  const sim = new Simulation({ seed, parts, drift: 0.01, registries, sets });
  sim.lead();
  return sim;
}

const ACCOUNT = 'reg';

describe('the worked example: 500 connections', () => {
  const sim = cluster(500, [set('core', 60, 300), set('manage', 20, 120), set('query', 10, 400)], 1, 10);
  const granted = () => ['core', 'manage', 'query'].map((name) => sim.granted(name, ACCOUNT));

  it('T0: query borrows what is idle', () => {
    sim.scale('core', 4);
    sim.scale('manage', 2);
    sim.scale('query', 6);
    sim.setLoad('core', 18);
    sim.setLoad('manage', 10);
    sim.setLoad('query', 594);
    sim.world.run(2 * MINUTE);
    const [core, manage, query] = granted();
    expect(query).toBe(400);
    expect(core).toBeGreaterThanOrEqual(22);
    expect(manage).toBeGreaterThanOrEqual(12);
    expect(sim.open('query')).toBe(400);
    expect(sim.unsettled()).toEqual([]);
  });

  it('T1: a burst of core is served in seconds: some at once, the rest as query logs out', () => {
    const start = sim.world.nowMs;
    sim.setLoad('core', 196);
    expect(sim.world.runUntil(() => sim.open('core') >= 70, 10 * SECOND)).toBe(true);
    const atOnce = sim.world.nowMs - start;
    expect(sim.world.runUntil(() => sim.open('core') >= 196, 20 * SECOND)).toBe(true);
    // A report that waits for its 5 s, two ticks, a logout with its linger of 2 s, two ticks.
    expect(atOnce).toBeLessThan(7 * SECOND);
    expect(sim.world.nowMs - start).toBeLessThan(12 * SECOND);
    sim.world.run(MINUTE);
    expect(granted()[0]).toBe(200);
  });

  it('T2: a lost node of query costs query alone', () => {
    const [lost] = sim.podsOf('query');
    const held = lost!.open;
    lost!.crash({ fin: false });
    sim.removePod(lost!);
    sim.world.run(3 * MINUTE);
    const quarantined = Object.values(sim.ledger(ACCOUNT)!.entries).filter(
      ({ state }) => state === 'Quarantined',
    );
    expect(quarantined.map(({ charge }) => charge)).toEqual([expect.toSatisfy((n: number) => n >= held)]);
    expect(granted()[0]).toBe(200);
    expect(sim.open('core')).toBe(196);
  });

  it('T3: when everybody wants everything, classes decide', () => {
    for (const name of ['core', 'manage', 'query'] as const) sim.setLoad(name, 1_000);
    sim.world.run(10 * MINUTE);
    expect(granted()).toEqual([300, 120, 70]);
    expect(sim.registry.count(ACCOUNT)).toBe(490);
  });
});

describe('a rollout with maxUnavailable 0', () => {
  it.each([1, 2, 3])('moves although nothing is free (seed %d)', (seed) => {
    const sim = cluster(9, [set('core', 2, 9), set('query', 2, 9)], seed);
    sim.scale('core', 2);
    sim.scale('query', 3);
    sim.setLoad('core', 20);
    sim.setLoad('query', 20);
    sim.world.run(MINUTE);
    expect(sim.registry.count(ACCOUNT)).toBe(9);
    expect(sim.rollingUpdate('core', 2 * MINUTE)).toBe(true);
    expect(sim.podsOf('core').length).toBe(2);
    sim.world.run(MINUTE);
    expect(sim.unsettled()).toEqual([]);
  });

  it('of one connection goes the way of Recreate', () => {
    const sim = cluster(1, [set('core', 1, 1)]);
    sim.scale('core', 1);
    sim.setLoad('core', 5);
    expect(sim.world.runUntil(() => sim.open('core') === 1, MINUTE)).toBe(true);
    const [old] = sim.podsOf('core');
    const start = sim.world.nowMs;
    sim.deletePod(old!);
    expect(sim.world.runUntil(() => !old!.alive, MINUTE)).toBe(true);
    sim.startPod('core');
    expect(sim.world.runUntil(() => sim.open('core') === 1, MINUTE)).toBe(true);
    expect(sim.world.nowMs - start).toBeLessThan(15 * SECOND);
  });
});

describe('scaling', () => {
  it('gives a released pod’s connections to others without any quarantine, and its lease goes', () => {
    const sim = cluster(12, [set('core', 2, 12)]);
    sim.scale('core', 4);
    sim.setLoad('core', 40);
    sim.world.run(MINUTE);
    sim.scale('core', 1);
    sim.world.run(MINUTE);
    expect(sim.granted('core', ACCOUNT)).toBe(12);
    expect(sim.open('core')).toBe(12);
    expect(sim.leader.notes.filter(({ reason }) => reason === 'Quarantined')).toEqual([]);
    expect(sim.store.leases.size).toBe(1);
  });
});

describe('an operator that is away', () => {
  it('is not missed: pods go on, and the next one rebalances', () => {
    const sim = cluster(12, [set('core', 2, 12), set('query', 2, 12)]);
    sim.scale('core', 2);
    sim.scale('query', 2);
    sim.setLoad('core', 2);
    sim.setLoad('query', 20);
    sim.world.run(MINUTE);
    const before = sim.open('query');
    sim.leader.crash();
    sim.setLoad('core', 10);
    sim.world.run(30 * MINUTE);
    expect(sim.open('query')).toBe(before);
    expect(sim.open('core')).toBeLessThan(10);
    sim.lead();
    sim.world.run(MINUTE);
    expect(sim.open('core')).toBe(10);
  });
});

describe('a registry that starts again', () => {
  const idle = (seed: number) => {
    const sim = cluster(20, [set('core', 4, 12), set('query', 4, 12)], seed);
    sim.scale('core', 2);
    sim.scale('query', 2);
    sim.setLoad('core', 4);
    sim.setLoad('query', 4);
    sim.world.run(MINUTE);
    return sim;
  };

  it.each([1, 2, 3])('costs seconds where connections are free, not the quarantine (seed %d)', (seed) => {
    const sim = idle(seed);
    const start = sim.world.nowMs;
    for (const pod of sim.pods.values()) pod.loseSessions();
    expect(sim.open('core') + sim.open('query')).toBe(0);
    const back = () => sim.open('core') >= 4 && sim.open('query') >= 4;
    expect(sim.world.runUntil(back, MINUTE)).toBe(true);
    // A report in a hurry, or one that waits for its 5 s, and two ticks.
    expect(sim.world.nowMs - start).toBeLessThan(7 * SECOND);
    sim.world.run(10 * MINUTE);
    expect(sim.unsettled()).toEqual([]);
  });

  it('gives a pod that only ever loses connections twice what it needs, and not more', () => {
    const sim = idle(1);
    const [broken] = sim.podsOf('core');
    let most = 0;
    for (let round = 0; round < 100; round++) {
      broken!.loseSessions();
      sim.world.run(2 * SECOND);
      most = Math.max(most, sim.store.leases.get(broken!.pod.uid)!.spec.grants[ACCOUNT]!.slots);
    }
    // Two connections at work or wanted, one to spare.
    expect(most).toBe(2 * 3);
    expect(sim.open('query')).toBe(4);
  });
});

describe('commands of an account', () => {
  const commands = (limits: { perSecond?: number; perMinute?: number }, limit = 20) => {
    const registries = [{ name: 'reg', limit, idleMs: MINUTE, lateMs: MINUTE, commands: limits }];
    const sets = [set('core', 2, limit), set('query', 2, limit)];
    const sim = new Simulation({ seed: 1, parts, drift: 0.01, registries, sets });
    sim.lead();
    sim.scale('core', 2);
    sim.scale('query', 3);
    sim.setLoad('core', limit);
    sim.setLoad('query', limit);
    sim.world.run(3 * MINUTE);
    return sim;
  };
  const inMinutes = (sim: Simulation, minutes: number) => {
    const before = sim.registry.commands.get(ACCOUNT) ?? 0;
    sim.world.run(minutes * MINUTE);
    return sim.registry.commands.get(ACCOUNT)! - before;
  };

  it('are used up, but for what rounding takes from each pod, and never exceeded', () => {
    const sim = commands({ perMinute: 300 });
    expect(sim.registry.count(ACCOUNT)).toBe(20);
    // A minute of each pod takes 3 % longer, for its clock.
    expect(inMinutes(sim, 10)).toBeGreaterThan(0.95 * 10 * (300 - 5));
  });

  it('leave use for fewer connections than the registry allows where they are few', () => {
    const sim = commands({ perMinute: 30, perSecond: 25 });
    expect(sim.registry.count(ACCOUNT)).toBe(12);
    expect(sim.ledger(ACCOUNT)?.effectiveLimit).toBe(12);
    expect(inMinutes(sim, 10)).toBeGreaterThan(0.95 * 10 * (30 - 5));
    expect(sim.unsettled()).toEqual([]);
  });

  it('reach everybody when there are more or fewer of them', () => {
    const sim = commands({ perMinute: 300 });
    for (const perMinute of [600, 100]) {
      sim.changeCommands(ACCOUNT, { perMinute });
      sim.world.run(3 * MINUTE);
      expect(inMinutes(sim, 10)).toBeGreaterThan(0.95 * 10 * (perMinute - 5));
    }
    sim.changeCommands(ACCOUNT, {});
    sim.world.run(MINUTE);
    const entries = Object.values(sim.ledger(ACCOUNT)!.entries);
    expect(entries.filter((entry) => 'millicommands' in entry || 'chargedMillicommands' in entry)).toEqual(
      [],
    );
  });

  it('of one, which is for one connection', () => {
    const sim = commands({ perSecond: 1 });
    expect(sim.registry.count(ACCOUNT)).toBe(1);
    expect(inMinutes(sim, 10)).toBeGreaterThan(0.95 * 10 * 60);
  });
});

describe('load on the API', () => {
  const steady = () => {
    const sim = cluster(40, [set('core', 4, 40), set('query', 4, 40)]);
    sim.scale('core', 5);
    sim.scale('query', 5);
    sim.setLoad('core', 20);
    sim.setLoad('query', 60);
    sim.world.run(5 * MINUTE);
    return sim;
  };

  it('is renewals alone while demand stays within its band (I9)', () => {
    const sim = steady();
    const sway = (minutes: number) => {
      for (let n = 0; n < (minutes * 60) / 7; n += 1) {
        sim.setLoad('core', 20 + (n % 2));
        sim.setLoad('query', 60 + (n % 3));
        sim.world.run(7 * SECOND);
      }
    };
    // The first time up is a demand that was not there before; from then on it is known.
    sway(2);
    let renewals = 0;
    const others: string[] = [];
    sim.store.onChange(({ kind, name, before, after }) => {
      const same = kind === 'lease' && JSON.stringify(before?.spec) === JSON.stringify(after?.spec);
      if (same) renewals += 1;
      else others.push(`${kind} ${name}`);
    });
    sway(10);
    expect(others).toEqual([]);
    // Ten pods, 10 minutes, 20 s give or take 10 %.
    expect(renewals).toBeGreaterThan(260);
    expect(renewals).toBeLessThan(10 * 45);
  });

  it('has a bound even when demand jumps all the time (I11)', () => {
    const sim = steady();
    const before = sim.store.writes;
    const minutes = 10;
    for (let n = 0; n < minutes * 60; n += 1) {
      sim.setLoad(n % 2 === 0 ? 'core' : 'query', Math.floor(sim.world.between(0, 60)));
      sim.world.run(SECOND);
    }
    // One ledger: two writes a second at most; ten pods: a grant a tick, a report each 5 s or an acknowledgement each 250 ms.
    const perSecond = (sim.store.writes - before) / (minutes * 60);
    expect(perSecond).toBeLessThan(2 + 10 * 2 + 10 * 4);
    expect(perSecond).toBeLessThan(15);
  });
});
