/** Schedules in which something goes wrong, each with the mutants that it must tell from the real thing. */
import { CLOCK_SCENARIOS } from './clock-scenarios.ts';
import { type Scenario, up } from './scenario.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export const SCENARIOS: readonly Scenario[] = [
  ...CLOCK_SCENARIOS,
  {
    name: 'a node is lost: no FIN, no word',
    kills: [1],
    run(make) {
      // The registry is patient: only quarantine keeps its count in view.
      const sim = make({ registry: { idleMs: 15 * MINUTE } });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      sim.podsOf('query')[0]!.crash({ fin: false });
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'a container starts again after a crash',
    kills: [1, 2],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      const [pod] = sim.podsOf('query');
      pod!.crash({ fin: false });
      sim.world.run(2 * SECOND);
      pod!.restart();
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'the operator starts again in the middle of a quarantine',
    kills: [3],
    run(make) {
      const sim = make({ registry: { idleMs: 15 * MINUTE } });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      const [pod] = sim.podsOf('query');
      pod!.crash({ fin: false });
      sim.world.run(2 * SECOND);
      pod!.restart();
      sim.world.run(30 * SECOND);
      sim.leader.crash();
      sim.lead();
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'a pod loses the API',
    kills: [4],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      const [pod] = sim.podsOf('query');
      pod!.link.faults.down = true;
      sim.world.run(sim.settleMs());
      pod!.link.faults.down = false;
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'a burst of core takes connections back from query',
    kills: [5],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      for (const pod of sim.podsOf('query')) pod.faults.byteLagMs = 5 * SECOND;
      sim.setLoad('core', 10);
      sim.world.run(MINUTE);
    },
  },
  {
    name: 'the registry is slow to accept',
    kills: [6],
    run(make) {
      const sim = make({});
      sim.scale('core', 1);
      sim.podsOf('core')[0]!.faults.byteLagMs = 10 * SECOND;
      sim.scale('query', 2);
      sim.world.run(10 * SECOND);
      sim.setLoad('core', 3);
      sim.setLoad('query', 20);
      sim.world.run(MINUTE);
    },
  },
  {
    name: 'a fenced pod finds the API again',
    kills: [7],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      const [pod] = sim.podsOf('query');
      pod!.link.faults.down = true;
      sim.world.run(140 * SECOND);
      pod!.link.faults.down = false;
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'logouts without an answer while connections move',
    kills: [8],
    run(make) {
      const sim = make({ registry: { idleMs: 10 * MINUTE } });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      for (const pod of sim.pods.values()) Object.assign(pod.faults, { loseLogout: 0.8, halfOpen: 0.8 });
      for (let turn = 0; turn < 4; turn += 1) {
        sim.setLoad('core', turn % 2 === 0 ? 10 : 1);
        sim.world.run(MINUTE);
      }
    },
  },
  {
    name: 'a pod is deleted by force and its process goes on',
    kills: [9],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      sim.removePod(sim.podsOf('query')[0]!);
      sim.world.run(MINUTE);
    },
  },
  {
    name: 'a process is stopped for ten minutes and wakes up',
    kills: [10],
    run(make) {
      const sim = make({ registry: { idleMs: 40 * SECOND } });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      const [pod] = sim.podsOf('query');
      pod!.pause();
      sim.world.run(10 * MINUTE);
      pod!.resume();
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'two leaders at once',
    kills: [13],
    run(make) {
      const sim = make({});
      up(sim, { core: 2, query: 2 }, { core: 1, query: 20 });
      // What the former leader wrote last arrives when the next one has been at work for a while.
      sim.leader.link.faults.delayRequest = 1;
      sim.setLoad('core', 8);
      sim.world.run(6 * SECOND);
      sim.lead();
      sim.world.run(20 * SECOND);
      sim.setLoad('core', 2);
      sim.world.run(2 * MINUTE);
    },
  },
  {
    name: 'a process is stopped between a renewal and its answer',
    kills: [14],
    run(make) {
      const sim = make({ registry: { idleMs: 40 * SECOND } });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 2 });
      const [pod] = sim.podsOf('query');
      pod!.pauseAfterReport = true;
      sim.world.runUntil(() => pod!.paused, MINUTE);
      sim.world.run(SECOND);
      pod!.link.faults.down = true;
      sim.setLoad('query', 20);
      sim.world.run(10 * MINUTE);
      pod!.resume();
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'a raise is on its way to the pod while it is taken back',
    kills: [15],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 1 }, { core: 1, query: 2 });
      const [pod] = sim.podsOf('query');
      pod!.link.faults.watchLagMs = 40 * SECOND;
      sim.setLoad('query', 20);
      sim.world.run(8 * SECOND);
      sim.setLoad('core', 10);
      sim.world.run(2 * MINUTE);
    },
  },
  {
    name: 'connects are aborted under way',
    kills: [16],
    run(make) {
      const sim = make({ registry: { idleMs: 10 * MINUTE } });
      sim.scale('query', 2);
      for (const pod of sim.pods.values())
        Object.assign(pod.faults, { abortConnect: 0.7, byteLagMs: SECOND, halfOpen: 1 });
      sim.setLoad('query', 20);
      sim.world.run(5 * MINUTE);
    },
  },
  {
    name: 'a lease is put back from a backup while its pod is cut off, and the operator starts again',
    kills: [17],
    run(make) {
      const sim = make({});
      const pod = sim.startPod('core');
      sim.world.runUntil(() => sim.store.leases.has(pod.pod.uid), MINUTE);
      // From before it was bound: no grant in it tells that the ledger knows more.
      const unbound = sim.store.leases.get(pod.pod.uid)!;
      up(sim, { core: 1, query: 2 }, { core: 6, query: 1 });
      pod.link.faults.down = true;
      sim.world.run(SECOND);
      sim.leader.crash();
      sim.restoreLease(unbound);
      sim.lead();
      sim.setLoad('query', 20);
      sim.world.run(sim.settleMs());
      pod.link.faults.down = false;
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'a pod renews just before it is fenced, and loses the API again',
    kills: [18],
    run(make) {
      const sim = make({ registry: { idleMs: 30 * SECOND, lateMs: 30 * SECOND } });
      up(sim, { core: 1, query: 2 }, { core: 6, query: 20 });
      const [pod] = sim.podsOf('core');
      pod!.link.faults.down = true;
      sim.leader.link.faults.watchLagMs = 10 * MINUTE;
      sim.world.run(500 * SECOND);
      pod!.link.faults.down = false;
      sim.world.run(60 * SECOND);
      pod!.link.faults.down = true;
      sim.world.run(20 * MINUTE);
    },
  },
  {
    name: 'more connections are allowed, so each brings fewer commands, and one pod hears of it late',
    kills: [19],
    run(make) {
      const sim = make({ registry: { commands: { perMinute: 40 } } });
      sim.changeRegistry('reg', { limit: 4 });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      sim.podsOf('query')[0]!.link.faults.watchLagMs = 40 * SECOND;
      sim.changeRegistry('reg', { limit: 10 });
      sim.setLoad('core', 10);
      sim.world.run(2 * MINUTE);
    },
  },
  {
    name: 'connections and their commands move while answers of the API are lost',
    kills: [20],
    run(make) {
      const sim = make({ registry: { commands: { perSecond: 20, perMinute: 600 } } });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      for (const pod of sim.podsOf('query')) pod.link.faults.loseReply = 0.8;
      for (let turn = 0; turn < 4; turn += 1) {
        sim.setLoad('core', turn % 2 === 0 ? 10 : 1);
        sim.world.run(MINUTE);
      }
    },
  },
  {
    name: 'fewer connections are allowed, so each may bring more commands, and logouts take long',
    kills: [21],
    run(make) {
      const sim = make({ registry: { commands: { perMinute: 40 } } });
      up(sim, { core: 1, query: 2 }, { core: 6, query: 20 });
      for (const pod of sim.pods.values()) pod.faults.byteLagMs = 5 * SECOND;
      sim.changeRegistry('reg', { limit: 4 });
      sim.world.run(2 * MINUTE);
    },
  },
  {
    name: 'the account allows more commands, fewer, none to speak of, and any number',
    kills: [],
    run(make) {
      const sim = make({ registry: { commands: { perMinute: 60 } } });
      up(sim, { core: 2, query: 2 }, { core: 4, query: 20 });
      const limits = [
        { perMinute: 90 },
        { perSecond: 3 },
        { perMinute: 1 },
        {},
        { perMinute: 60, perSecond: 9 },
      ];
      for (const commands of limits) {
        sim.changeCommands('reg', commands);
        sim.world.run(30 * SECOND);
        sim.podsOf('query')[0]!.crash({ fin: false });
        sim.podsOf('query')[0]!.restart();
        sim.world.run(4 * MINUTE);
      }
    },
  },
  {
    name: 'scaling, a rolling update and an operator that crashes between its writes',
    kills: [],
    run(make) {
      const sim = make({});
      up(sim, { core: 2, query: 2 }, { core: 3, query: 20 });
      for (let writes = 0; writes < 12; writes += 1) {
        sim.leader.writesLeft = writes;
        sim.setLoad('core', writes % 2 === 0 ? 8 : 2);
        sim.scale('query', 1 + (writes % 3));
        sim.world.run(20 * SECOND);
        sim.leader.crash();
        sim.lead();
        sim.world.run(10 * SECOND);
      }
      sim.setLoad('core', 4);
      if (!sim.rollingUpdate('core', 3 * MINUTE)) throw new Error('the rolling update is stuck');
      sim.world.run(sim.settleMs());
    },
  },
];
