/**
 * Sixty random faults under one seed, one after another and over each other; then the faults end and everything must settle (I8).
 * `node test/budget/chaos.ts FROM TO` runs many seeds.
 */

import { NO_POD_FAULTS } from './simulation/holder-node.ts';
import { type Parts, realParts } from './simulation/parts.ts';
import { type Backup, NO_FAULTS } from './simulation/store.ts';
import { Simulation } from './simulation.ts';

const SECOND = 1_000;
const STEPS = 60;
/** Less than two a connection when the limit is not cut. */
const COMMANDS = { perMinute: 50 };

interface Context {
  sim: Simulation;
  backup: Backup | undefined;
}

const anySet = ({ sim }: Context) => sim.world.pick(['core', 'query'])!;
const anyPod = ({ sim }: Context) => sim.world.pick([...sim.pods.values()]);
const allLinks = ({ sim }: Context) => [...sim.pods.values(), ...sim.allocators].map(({ link }) => link);

const FAULTS: Record<string, (context: Context) => void> = {
  load: (c) => c.sim.setLoad(anySet(c), Math.floor(c.sim.world.between(0, 50))),
  scale: (c) => c.sim.scale(anySet(c), Math.floor(c.sim.world.between(0, 6))),
  'delete a pod': (c) => {
    const pod = anyPod(c);
    if (pod) c.sim.deletePod(pod);
  },
  'delete a pod by force': (c) => {
    const pod = anyPod(c);
    if (pod) c.sim.removePod(pod);
  },
  'crash without FIN': (c) => crash(c, false),
  'crash with FIN': (c) => crash(c, true),
  SIGSTOP: (c) => {
    const pod = anyPod(c);
    if (!pod?.alive) return;
    pod.pause();
    c.sim.world.after(c.sim.world.between(SECOND, 900 * SECOND), () => pod.paused && pod.resume());
  },
  'partition of a pod': (c) => {
    const pod = anyPod(c);
    if (!pod) return;
    pod.link.faults.down = true;
    c.sim.world.after(c.sim.world.between(SECOND, 900 * SECOND), () => {
      pod.link.faults.down = false;
    });
  },
  'API down': (c) => {
    const links = allLinks(c);
    for (const link of links) link.faults.down = true;
    c.sim.world.after(c.sim.world.between(SECOND, 700 * SECOND), () => {
      for (const link of links) link.faults.down = false;
    });
  },
  'replies lost, requests late': (c) => {
    const { world } = c.sim;
    const faults = { loseReply: world.between(0, 0.3), delayRequest: world.between(0, 0.2) };
    for (const link of allLinks(c)) Object.assign(link.faults, faults);
  },
  'late watches': (c) => {
    for (const { link } of c.sim.allocators) link.faults.watchLagMs = c.sim.world.between(20, 20 * SECOND);
  },
  'operator restart': (c) => {
    c.sim.leader.crash();
    c.sim.world.after(c.sim.world.between(0, 30 * SECOND), () => c.sim.lead());
  },
  'two leaders': (c) => c.sim.lead(),
  'leader crash between two writes': (c) => {
    c.sim.leader.writesLeft = Math.floor(c.sim.world.between(0, 6));
    c.sim.world.after(20 * SECOND, () => c.sim.leader.alive || c.sim.lead());
  },
  'leader paused': (c) => {
    const { leader, world } = c.sim;
    if (!leader.alive) return;
    leader.pause();
    if (world.random() < 0.5) world.after(world.between(0, 20 * SECOND), () => c.sim.lead());
    world.after(world.between(SECOND, 400 * SECOND), () => leader.paused && leader.resume());
  },
  'half-open sockets, logouts unanswered': (c) => {
    const pod = anyPod(c);
    const { world } = c.sim;
    if (pod) Object.assign(pod.faults, { halfOpen: world.random(), loseLogout: world.random() * 0.5 });
  },
  'aborted connects': (c) => {
    const pod = anyPod(c);
    if (pod) pod.faults.abortConnect = c.sim.world.random() * 0.5;
  },
  'bytes late': (c) => {
    const pod = anyPod(c);
    if (pod) pod.faults.byteLagMs = c.sim.world.between(40, 30 * SECOND);
  },
  'limit cut': (c) => {
    const { world } = c.sim;
    c.sim.changeRegistry('reg', { limit: Math.floor(world.between(10, 30)) });
    world.after(world.between(SECOND, 900 * SECOND), () => c.sim.changeRegistry('reg', { limit: 30 }));
  },
  'commands changed': (c) => {
    const { world } = c.sim;
    const commands = world.pick([
      {},
      { perMinute: 20 },
      { perMinute: 90 },
      { perMinute: 60, perSecond: 30 },
    ])!;
    c.sim.changeCommands('reg', commands);
    world.after(world.between(SECOND, 600 * SECOND), () => c.sim.changeCommands('reg', COMMANDS));
  },
  'ledger deleted': (c) => c.sim.store.deleteLedger(c.sim.world.pick(['reg', 'two'])!),
  'store restored': (c) => {
    const { leader, world } = c.sim;
    // A leader that remembers: one that starts on a restored store cannot know before a holder tells it.
    const remembers = leader.alive && !leader.paused && leader.state.stage === 'ready';
    if (c.backup === undefined || !remembers || world.random() < 0.7) {
      c.backup = c.sim.store.backup();
      return;
    }
    c.sim.restore(c.backup);
    c.backup = undefined;
  },
};

function crash(c: Context, fin: boolean): void {
  const pod = anyPod(c);
  const { sim } = c;
  if (!pod?.alive) return;
  pod.crash({ fin });
  if (sim.world.random() < 0.2) return;
  sim.world.after(sim.world.between(100, 20 * SECOND), () => {
    if (!pod.alive && sim.facts.pods.has(pod.pod.uid)) pod.restart();
  });
}

/** Throws a BreachError when an invariant is broken. Answers with what does not settle, and the faults in order. */
export function chaos(seed: number, parts: Parts): { unsettled: string[]; story: string[] } {
  const story: string[] = [];
  try {
    return { unsettled: live(seed, parts, story), story };
  } catch (error) {
    if (error instanceof Error)
      error.message = `seed ${seed}: ${error.message}, after ${story.slice(-8).join(', ')}`;
    throw error;
  }
}

function live(seed: number, parts: Parts, story: string[]): string[] {
  const pools = (min: number, max: number) => [
    { registry: 'reg', min, max, lendablePercent: 50 },
    { registry: 'two', min: 1, max: 4, lendablePercent: 50 },
  ];
  const sim = new Simulation({
    seed,
    parts,
    drift: 0.01,
    registries: [
      {
        name: 'reg',
        limit: 30,
        externalReserved: 2,
        idleMs: 60 * SECOND,
        lateMs: 60 * SECOND,
        commands: COMMANDS,
      },
      { name: 'two', limit: 6, idleMs: 120 * SECOND, lateMs: 30 * SECOND },
    ],
    sets: [
      { name: 'core', class: 'core', createdAt: 'a', pools: pools(8, 25) },
      { name: 'query', class: 'query', createdAt: 'b', pools: pools(4, 25) },
    ],
  });
  const context: Context = { sim, backup: undefined };
  sim.lead();
  sim.scale('core', 3);
  sim.scale('query', 3);
  sim.setLoad('core', 5);
  sim.setLoad('query', 40);
  sim.world.run(30 * SECOND);
  for (let step = 0; step < STEPS; step += 1) {
    const name = sim.world.pick(Object.keys(FAULTS))!;
    story.push(`${(sim.world.nowMs / SECOND).toFixed(1)} ${name}`);
    FAULTS[name]!(context);
    sim.world.run(sim.world.between(100, 60 * SECOND));
  }
  calm(sim);
  // What was to last at most 900 s is over.
  sim.world.run(1_000 * SECOND);
  calm(sim);
  for (let turn = 0; turn < 5 && sim.unsettled().length > 0; turn += 1) sim.world.run(sim.settleMs());
  return sim.unsettled();
}

function calm(sim: Simulation): void {
  sim.changeRegistry('reg', { limit: 30 });
  sim.changeCommands('reg', COMMANDS);
  for (const node of [...sim.pods.values(), ...sim.allocators]) {
    Object.assign(node.link.faults, NO_FAULTS);
    if (node.paused) node.resume();
  }
  for (const pod of [...sim.pods.values()]) {
    Object.assign(pod.faults, NO_POD_FAULTS);
    if (!pod.alive && sim.facts.pods.has(pod.pod.uid)) pod.restart();
  }
  if (!sim.leader.alive) sim.lead();
}

if (import.meta.main) {
  const [from = 1, to = from] = process.argv.slice(2).map(Number);
  const parts = await realParts();
  let wrong = 0;
  for (let seed = from; seed <= to; seed += 1) {
    try {
      const { unsettled, story } = chaos(seed, parts);
      if (unsettled.length === 0) continue;
      console.log(
        `seed ${seed} does not settle: ${unsettled.join('; ')} after ${story.slice(-8).join(', ')}`,
      );
    } catch (error) {
      console.log(error instanceof Error ? error.message : error);
    }
    wrong += 1;
  }
  console.log(`${to - from + 1} seeds, ${wrong} wrong`);
  process.exitCode = wrong === 0 ? 0 : 1;
}
