/** Schedules in which clocks are set, or stand still while a machine is suspended. */
import { type Scenario, up } from './scenario.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const CLOCK_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a pod loses the API, and its wall clock goes back',
    kills: [4, 11],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      const [pod] = sim.podsOf('query');
      pod!.link.faults.down = true;
      sim.world.run(MINUTE);
      // NTP found a server at last. The pod gives back after 80 s and must be silent after 120 s, by a clock that nobody sets.
      pod!.clock.stepWall(-HOUR);
      sim.world.run(sim.settleMs());
      pod!.link.faults.down = false;
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'wall clocks of pods go back by a minute when they lose the API',
    kills: [4, 11],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      for (const pod of sim.podsOf('query')) {
        pod.link.faults.down = true;
        // By 30 s it would be harmless: what gives back 40 s before its end would still do so in time.
        pod.clock.stepWall(-MINUTE);
      }
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'the operator’s wall clock goes ahead while a node is lost',
    kills: [11],
    run(make) {
      const sim = make({ registry: { idleMs: 15 * MINUTE } });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      sim.podsOf('query')[0]!.crash({ fin: false });
      sim.world.run(10 * SECOND);
      for (let turn = 0; turn < 3; turn += 1) {
        sim.leader.clock.stepWall(HOUR);
        sim.world.run(10 * SECOND);
      }
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'a machine is suspended for ten minutes and wakes up without the API',
    kills: [12],
    run(make) {
      const sim = make({ registry: { idleMs: 40 * SECOND } });
      up(sim, { core: 1, query: 2 }, { core: 1, query: 2 });
      const [pod] = sim.podsOf('query');
      // A machine that is suspended hears nothing.
      pod!.link.faults.down = true;
      pod!.suspend();
      sim.setLoad('query', 20);
      sim.world.run(10 * MINUTE);
      pod!.resume();
      sim.world.run(sim.settleMs());
    },
  },
  {
    name: 'the operator’s machine is suspended while pods come and go',
    kills: [],
    run(make) {
      const sim = make({});
      up(sim, { core: 1, query: 2 }, { core: 1, query: 20 });
      sim.leader.suspend();
      sim.podsOf('query')[0]!.crash({ fin: false });
      sim.setLoad('core', 10);
      sim.world.run(10 * MINUTE);
      sim.leader.resume();
      sim.world.run(10 * SECOND);
      sim.leader.suspend();
      sim.lead();
      sim.world.run(10 * MINUTE);
      sim.allocators[0]!.resume();
      sim.world.run(sim.settleMs());
    },
  },
];
