/** What befalls operators, nodes, ledgers and limits. */
import { ANNOTATION } from '../../src/api/v1alpha1/labels.ts';
import type { Pod } from '../../src/kube/builtin.ts';
import { signalPod } from '../cluster/pods.ts';
import { ACCOUNTS, NAMESPACE, Q_MS, RECOVERY_MS, SETS, TTL_MS } from './cast.ts';
import { type Drama, nameOf, type Scenario, seconds } from './drama.ts';
import { isReady } from './view.ts';

/** Until the allocator looks at an account again, and we at the ledger. */
const NOTICED_MS = 3_000;
/** Until a pod that was deleted has drained, and another one is ready. */
const GONE_MS = 60_000;

export const CONTROL_SCENARIOS: readonly Scenario[] = [
  {
    name: 'leader-frozen',
    about: 'SIGSTOP of the leading operator until another one leads, then SIGCONT: two that believe to lead',
    core: 'minimum',
    play: async (drama) => {
      const leader = await drama.leader();
      const { cluster } = drama.stage;
      const thaw = drama.toMend(() => signalPod(cluster, leader.namespace, leader.name, 'CONT'));
      await signalPod(cluster, leader.namespace, leader.name, 'STOP');
      await drama.anotherLeads(leader);
      await thaw();
    },
  },
  {
    name: 'operators-killed',
    about: 'SIGKILL of all operators at once, until one of them leads again',
    core: 'minimum',
    play: async (drama) => {
      const leader = await drama.leader();
      for (const { metadata } of await drama.operators())
        await signalPod(drama.stage.cluster, metadata.namespace ?? '', metadata.name, 'KILL');
      await drama.anotherLeads(leader);
    },
  },
  {
    name: 'ledger-deleted',
    about: 'the ledger of an account is deleted: learning mode',
    core: 'minimum',
    play: async (drama) => {
      const [account] = ACCOUNTS;
      const name = account?.name ?? '';
      const before = drama.view.ledger(name)?.metadata.uid;
      // Nobody may delete it without saying so first.
      const user = await drama.stage.kubectl([
        'auth',
        'whoami',
        '-o',
        'jsonpath={.status.userInfo.username}',
      ]);
      const glass = `${ANNOTATION.breakGlass}=${user.trim()}`;
      const ledger = ['eppconnectionledger', '-n', NAMESPACE, name];
      await drama.stage.kubectl(['annotate', ...ledger, glass]);
      await drama.stage.kubectl(['delete', ...ledger]);
      const anew = () => {
        const uid = drama.view.ledger(name)?.metadata.uid;
        return uid !== undefined && uid !== before;
      };
      await drama.until(anew, 'another ledger', 30_000);
      const learned = () => drama.view.fresh && drama.view.ledger(name)?.spec.learning === false;
      await drama.until(learned, 'the end of learning', RECOVERY_MS + NOTICED_MS);
    },
  },
  {
    name: 'limit-cut',
    about: 'the limit of an account is cut by half under load, and given back',
    core: 'minimum',
    play: cutLimit,
  },
  {
    name: 'node-paused',
    about: 'a node with half of the adapters freezes until the others have their connections, and goes on',
    core: 'one',
    play: async (drama) => {
      await spread(drama);
      const { cluster, worker } = drama.stage;
      const lost = drama.view.pods().filter(({ spec }) => spec?.nodeName === worker);
      const mend = drama.toMend(() => cluster.unpauseNode(worker));
      await cluster.pauseNode(worker);
      await drama.othersUseAll(lost);
      await mend();
    },
  },
  {
    name: 'node-killed',
    about:
      'a node with half of the adapters is killed, and starts again when the others have their connections',
    core: 'one',
    play: async (drama) => {
      await spread(drama);
      const { cluster, worker } = drama.stage;
      const lost = drama.view.pods().filter(({ spec }) => spec?.nodeName === worker);
      const mend = drama.toMend(() => cluster.startNode(worker));
      await cluster.killNode(worker);
      await drama.othersUseAll(lost);
      await mend();
    },
  },
];

async function cutLimit(drama: Drama): Promise<void> {
  const [account] = ACCOUNTS;
  if (!account) throw new Error('no account');
  const { name, limit } = account;
  const half = Math.floor(limit / 2);
  const set = (to: number) => {
    const patch = JSON.stringify({ spec: { connections: { limit: to } } });
    return drama.stage.kubectl(['patch', 'eppregistry', name, '-n', NAMESPACE, '--type=merge', '-p', patch]);
  };
  const back = drama.toMend(async () => {
    await set(limit);
    drama.limits.set(name, limit);
  });
  const startMs = performance.now();
  await set(half);
  const kept = () => {
    const { effectiveLimit, entries } = drama.view.ledger(name)?.spec ?? {};
    const charged = Object.values(entries ?? {}).reduce((sum, { charge }) => sum + charge, 0);
    return drama.view.fresh && effectiveLimit === half && charged <= half;
  };
  await drama.until(kept, 'no more is charged than the new limit', Q_MS);
  drama.say(`down to ${half} after ${seconds(performance.now() - startMs)}`);
  // From here on the lower limit is the law.
  await drama.judge();
  drama.limits.set(name, half);
  await drama.lasts(TTL_MS.query);
  await drama.judge();
  await back();
}

/** Both sets and the operators have a pod on the node that stays: without one nobody could take over. */
async function spread(drama: Drama): Promise<void> {
  for (const set of SETS) await spreadPods(drama, set.replicas, async () => drama.view.pods(set.name));
  await spreadPods(drama, 2, () => drama.operators());
  const full = () => drama.view.notFull(drama.limits) === undefined;
  await drama.until(full, 'full use', RECOVERY_MS);
}

async function spreadPods(drama: Drama, count: number, read: () => Promise<Pod[]>): Promise<void> {
  const { kubectl } = drama.stage;
  const apart = async () => {
    const pods = (await read()).filter(isReady);
    return pods.length === count && new Set(pods.map(({ spec }) => spec?.nodeName)).size === count;
  };
  if (await apart()) return;
  const [pod] = await read();
  if (!pod) throw new Error('no pod to move');
  const { namespace, name } = nameOf(pod);
  drama.say(`${name} moves: all of its kind stand on one node`);
  const node = pod.spec?.nodeName ?? '';
  const open = drama.toMend(async () => void (await kubectl(['uncordon', node])));
  await kubectl(['cordon', node]);
  await kubectl(['delete', 'pod', '-n', namespace, name]);
  await drama.until(apart, 'a pod on each node', RECOVERY_MS + GONE_MS);
  await open();
}
