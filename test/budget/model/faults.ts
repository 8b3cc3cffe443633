/** All that may go wrong. Each fault has its own chance, so that a story without one of them tells the others as before. */
import type { AllocatorNode } from '../simulation/allocator-node.ts';
import type { Chance } from '../simulation/chance.ts';
import type { HolderNode } from '../simulation/holder-node.ts';
import type { Backup } from '../simulation/store.ts';
import type { Simulation } from '../simulation.ts';
import type { Topology } from './topology.ts';

export interface Scene {
  sim: Simulation;
  topology: Topology;
  backup: Backup | undefined;
}

/** What happened, in words; undefined: there was nothing to break. */
type Fault = (scene: Scene, chance: Chance) => string | undefined;

const SECOND = 1_000;

const seconds = (ms: number): string => `${(ms / SECOND).toFixed(1)} s`;

const anyPod = ({ sim }: Scene, chance: Chance): HolderNode | undefined =>
  chance.pick([...sim.pods.values()]);
const anySet = ({ topology }: Scene, chance: Chance): string => chance.pick(topology.sets)!.name;
const anyAccount = ({ topology }: Scene, chance: Chance) => chance.pick(topology.registries)!;
const allLinks = ({ sim }: Scene) => [...sim.pods.values(), ...sim.allocators].map(({ link }) => link);

/** A time that is scaled as the protocol is. */
const span = ({ topology }: Scene, chance: Chance, low: number, high: number): number =>
  chance.between(low * SECOND, high * SECOND) * topology.timeScale;

const someLeader = ({ sim }: Scene, chance: Chance): AllocatorNode | undefined =>
  chance.pick(sim.allocators.filter(({ alive }) => alive));

/** Later a leader is there again, if none is by then. */
function leadAgain({ sim }: Scene, ms: number): void {
  sim.world.after(ms, () => sim.allocators.some(({ alive, paused }) => alive && !paused) || sim.lead());
}

/** Frozen for a while, then awake; what was due meanwhile happens in any order. */
function freeze(scene: Scene, node: HolderNode | AllocatorNode, how: 'pause' | 'suspend', ms: number): void {
  node[how]();
  scene.sim.world.after(ms, () => node.paused && node.resume());
}

function crash(scene: Scene, chance: Chance, fin: boolean): string | undefined {
  const pod = anyPod(scene, chance);
  const { sim } = scene;
  if (!pod?.alive) return undefined;
  pod.crash({ fin });
  const what = `${pod.pod.name} crashes ${fin ? 'with' : 'without'} FIN`;
  if (chance.random() < 0.2) return what;
  const ms = span(scene, chance, 0.1, 20);
  sim.world.after(ms, () => {
    if (!pod.alive && sim.facts.pods.has(pod.pod.uid)) pod.restart();
  });
  return `${what}, and starts again after ${seconds(ms)}`;
}

const ofPods: Record<string, Fault> = {
  'delete a pod': (scene, chance) => {
    const pod = anyPod(scene, chance);
    if (pod) scene.sim.deletePod(pod);
    return pod && `${pod.pod.name} is deleted`;
  },
  'delete a pod by force': (scene, chance) => {
    const pod = anyPod(scene, chance);
    if (pod) scene.sim.removePod(pod);
    return pod && `${pod.pod.name} is deleted by force${pod.alive ? ' and runs on' : ''}`;
  },
  'crash without FIN': (scene, chance) => crash(scene, chance, false),
  'crash with FIN': (scene, chance) => crash(scene, chance, true),
  'node lost': (scene, chance) => {
    const pod = anyPod(scene, chance);
    if (!pod?.alive) return undefined;
    pod.crash({ fin: false });
    scene.sim.world.after(span(scene, chance, 10, 300), () => scene.sim.removePod(pod));
    scene.sim.startPod(pod.pod.set);
    return `the node of ${pod.pod.name} is lost, and another pod starts`;
  },
  SIGSTOP: (scene, chance) => {
    const pod = anyPod(scene, chance);
    if (!pod?.alive || pod.paused) return undefined;
    const ms = span(scene, chance, 1, 900);
    freeze(scene, pod, 'pause', ms);
    return `${pod.pod.name} is stopped for ${seconds(ms)}`;
  },
  'SIGSTOP after a report': (scene, chance) => {
    const pod = anyPod(scene, chance);
    if (!pod?.alive) return undefined;
    const ms = span(scene, chance, 30, 900);
    pod.pauseAfterReport = true;
    scene.sim.world.after(ms, () => pod.paused && pod.resume());
    return `${pod.pod.name} is stopped right after its next report, until ${seconds(ms)} from now`;
  },
  'VM suspended': (scene, chance) => {
    const pod = anyPod(scene, chance);
    if (!pod?.alive || pod.paused) return undefined;
    const ms = span(scene, chance, 1, 900);
    pod.link.faults.down = true;
    freeze(scene, pod, 'suspend', ms);
    const deafMs = ms + span(scene, chance, 0, 60);
    scene.sim.world.after(deafMs, () => {
      pod.link.faults.down = false;
    });
    return `the machine of ${pod.pod.name} is suspended for ${seconds(ms)}, and has the API again after ${seconds(deafMs)}`;
  },
  'wall clock set': (scene, chance) => {
    const node = chance.pick([...scene.sim.pods.values(), ...scene.sim.allocators]);
    const ms = chance.pick([chance.between(-30, 30), 3_600, -3_600, 86_400 * 365])! * SECOND;
    node?.clock.stepWall(ms);
    return (
      node && `the wall clock of ${'pod' in node ? node.pod.name : 'an operator'} goes by ${seconds(ms)}`
    );
  },
  'rolling update': (scene, chance) => {
    const { sim } = scene;
    const set = anySet(scene, chance);
    for (const old of sim.podsOf(set).slice(0, 3)) {
      const fresh = sim.startPod(set);
      const replace = () => {
        if (fresh.open > 0 || !fresh.alive) sim.deletePod(old);
        else sim.world.after(SECOND, replace);
      };
      replace();
    }
    return `${set} is replaced pod by pod`;
  },
  scale: (scene, chance) => {
    const set = anySet(scene, chance);
    const replicas = chance.integer(0, 4);
    scene.sim.scale(set, replicas);
    return `${set} is scaled to ${replicas}`;
  },
  load: (scene, chance) => {
    const set = anySet(scene, chance);
    const { limit } = anyAccount(scene, chance);
    const load = chance.integer(0, Math.ceil(limit * 1.5));
    scene.sim.setLoad(set, load);
    return `requests of ${set} need ${load}`;
  },
};

const ofNetworks: Record<string, Fault> = {
  'partition pod–API': (scene, chance) => {
    const pod = anyPod(scene, chance);
    if (!pod) return undefined;
    const ms = span(scene, chance, 1, 900);
    pod.link.faults.down = true;
    scene.sim.world.after(ms, () => {
      pod.link.faults.down = false;
    });
    return `${pod.pod.name} loses the API for ${seconds(ms)}`;
  },
  'partition operator–API': (scene, chance) => {
    const leader = someLeader(scene, chance);
    if (!leader) return undefined;
    const ms = span(scene, chance, 1, 400);
    leader.link.faults.down = true;
    scene.sim.world.after(ms, () => {
      leader.link.faults.down = false;
    });
    return `an operator loses the API for ${seconds(ms)}`;
  },
  'partition pod–registry': (scene, chance) => {
    const pod = anyPod(scene, chance);
    if (!pod) return undefined;
    const ms = span(scene, chance, 1, 200);
    Object.assign(pod.faults, { halfOpen: 1, abortConnect: 1, loseLogout: 1 });
    pod.loseSessions();
    scene.sim.world.after(ms, () =>
      Object.assign(pod.faults, { halfOpen: 0, abortConnect: 0, loseLogout: 0 }),
    );
    return `${pod.pod.name} loses every registry for ${seconds(ms)}`;
  },
  'API down': (scene, chance) => {
    const links = allLinks(scene);
    const ms = span(scene, chance, 1, 700);
    for (const link of links) link.faults.down = true;
    scene.sim.world.after(ms, () => {
      for (const link of links) link.faults.down = false;
    });
    return `the API is away for ${seconds(ms)}`;
  },
  'replies lost, requests late': (scene, chance) => {
    const faults = { loseReply: chance.between(0, 0.3), delayRequest: chance.between(0, 0.2) };
    for (const link of allLinks(scene)) Object.assign(link.faults, faults);
    const [lost, late] = [faults.loseReply, faults.delayRequest].map((share) => Math.round(share * 100));
    return `${lost} % of replies are lost, ${late} % of requests are late`;
  },
  'late watches of operators': (scene, chance) => {
    const watchLagMs = span(scene, chance, 0.02, 20);
    for (const { link } of scene.sim.allocators) link.faults.watchLagMs = watchLagMs;
    return `operators hear up to ${seconds(watchLagMs)} late`;
  },
  'late watch of a pod': (scene, chance) => {
    const pod = anyPod(scene, chance);
    const watchLagMs = span(scene, chance, 0.02, 60);
    if (pod) pod.link.faults.watchLagMs = watchLagMs;
    return pod && `${pod.pod.name} hears up to ${seconds(watchLagMs)} late`;
  },
  'half-open sockets, logouts unanswered': (scene, chance) => {
    const pod = anyPod(scene, chance);
    const faults = { halfOpen: chance.random(), loseLogout: chance.random() * 0.5 };
    if (pod) Object.assign(pod.faults, faults);
    const [half, lost] = [faults.halfOpen, faults.loseLogout].map((share) => Math.round(share * 100));
    return (
      pod &&
      `${pod.pod.name}: ${half} % of closed sockets stay half open, ${lost} % of logouts are not answered`
    );
  },
  'aborted connects': (scene, chance) => {
    const pod = anyPod(scene, chance);
    const abortConnect = chance.random() * 0.7;
    if (pod) pod.faults.abortConnect = abortConnect;
    return pod && `${pod.pod.name} aborts ${Math.round(abortConnect * 100)} % of its connects`;
  },
  'bytes late': (scene, chance) => {
    const pod = anyPod(scene, chance);
    // Not later than is assumed.
    const most = Math.min(...scene.topology.registries.map(({ lateMs }) => lateMs));
    const byteLagMs = chance.between(40, most);
    if (pod) pod.faults.byteLagMs = byteLagMs;
    return pod && `bytes of ${pod.pod.name} arrive up to ${seconds(byteLagMs)} late`;
  },
};

const ofOperators: Record<string, Fault> = {
  'operator restart': (scene, chance) => {
    scene.sim.leader.crash();
    const ms = span(scene, chance, 0, 30);
    leadAgain(scene, ms);
    return `the operator is killed; the next one leads ${seconds(ms)} later`;
  },
  'two leaders': ({ sim }) => {
    sim.lead();
    return 'another operator believes to lead';
  },
  'leader crash between two writes': (scene, chance) => {
    const writes = chance.integer(0, 5);
    scene.sim.leader.writesLeft = writes;
    leadAgain(scene, 20 * SECOND * scene.topology.timeScale);
    return `the operator dies after ${writes} more writes`;
  },
  'leader paused': (scene, chance) => freezeLeader(scene, chance, 'pause'),
  'leader’s VM suspended': (scene, chance) => freezeLeader(scene, chance, 'suspend'),
};

function freezeLeader(scene: Scene, chance: Chance, how: 'pause' | 'suspend'): string | undefined {
  const leader = someLeader(scene, chance);
  if (!leader || leader.paused) return undefined;
  const ms = span(scene, chance, 1, 400);
  freeze(scene, leader, how, ms);
  const what = `an operator is ${how === 'pause' ? 'stopped' : 'suspended with its machine'} for ${seconds(ms)}`;
  if (chance.random() < 0.5) return what;
  const takeOverMs = span(scene, chance, 0, 20);
  leadAgain(scene, takeOverMs);
  return `${what}; another one leads ${seconds(takeOverMs)} later`;
}

const ofStore: Record<string, Fault> = {
  'limit cut': (scene, chance) => {
    const { name, limit, externalReserved = 0 } = anyAccount(scene, chance);
    const { sim } = scene;
    const cut = chance.integer(Math.max(1 + externalReserved, Math.ceil(limit / 3)), limit);
    const ms = span(scene, chance, 1, 900);
    sim.changeRegistry(name, { limit: cut });
    sim.world.after(ms, () => sim.changeRegistry(name, { limit }));
    return `${name} allows ${cut} for ${seconds(ms)}`;
  },
  'commands changed': (scene, chance) => {
    const { name, limit, commands } = anyAccount(scene, chance);
    if (commands === undefined) return undefined;
    const { sim } = scene;
    const other = chance.pick([{}, { perMinute: limit }, { perMinute: 5 * limit }, { perMinute: 4 * limit, perSecond: 2 * limit }])!; // biome-ignore format: one line
    const ms = span(scene, chance, 1, 600);
    sim.changeCommands(name, other);
    sim.world.after(ms, () => sim.changeCommands(name, commands));
    return `${name} allows ${JSON.stringify(other)} commands for ${seconds(ms)}`;
  },
  'ledger deleted': (scene, chance) => {
    const { name } = anyAccount(scene, chance);
    scene.sim.store.deleteLedger(name);
    return `the ledger of ${name} is deleted`;
  },
  'lease put back': (scene, chance) => {
    const { sim } = scene;
    scene.backup ??= sim.store.backup();
    const before = [...scene.backup.leases.values()].filter(({ name, version }) => {
      const now = sim.store.leases.get(name);
      return now !== undefined && now.version !== version;
    });
    const lease = chance.pick(before);
    if (lease === undefined) return 'a backup of the store is taken';
    sim.restoreLease(lease);
    return `the lease of ${lease.spec.pod} is put back from the backup`;
  },
  'store restored': (scene, chance) => {
    const { leader } = scene.sim;
    // A leader that remembers: one that starts on a restored store cannot know before a holder tells it.
    const remembers = leader.alive && !leader.paused && leader.state.stage === 'ready';
    if (scene.backup === undefined || !remembers || chance.random() < 0.5) {
      scene.backup = scene.sim.store.backup();
      return 'a backup of the store is taken';
    }
    scene.sim.restore(scene.backup);
    scene.backup = undefined;
    return 'the store is restored from the backup';
  },
};

export const FAULTS: Readonly<Record<string, Fault>> = {
  ...ofPods,
  ...ofNetworks,
  ...ofOperators,
  ...ofStore,
};
