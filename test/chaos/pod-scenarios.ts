/** What befalls adapters: ends with and without a word, pauses, and what people do on purpose. */
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { signalPod } from '../cluster/pods.ts';
import { type Cast, CORE, NAMESPACE, QUERY, RECOVERY_MS, SETS, T_EXP_MS } from './cast.ts';
import { changeClocks, whyNoLibrary } from './clock.ts';
import { type Drama, nameOf, type Scenario } from './drama.ts';
import { cutPod } from './faults.ts';
import { isReady } from './view.ts';

export const POD_SCENARIOS: readonly Scenario[] = [
  {
    name: 'kill-query',
    about: 'SIGKILL of a query adapter: nothing is logged out, the container starts again',
    core: 'minimum',
    play: (drama) => kill(drama, QUERY),
  },
  {
    name: 'kill-core',
    about: 'SIGKILL of a core adapter',
    core: 'one',
    play: (drama) => kill(drama, CORE),
  },
  {
    name: 'force-delete',
    about: 'kubectl delete pod --force --grace-period=0 of a query adapter',
    core: 'minimum',
    play: async (drama) => {
      const pod = drama.pod(QUERY);
      const { name } = nameOf(pod);
      drama.freeSinceMs = performance.now();
      await drama.stage.kubectl(['delete', 'pod', '-n', NAMESPACE, name, '--force', '--grace-period=0']);
      const gone = () => drama.view.fresh && drama.view.chargesOf([pod]) === 0;
      await drama.until(gone, 'nothing is charged to the pod any more', RECOVERY_MS);
    },
  },
  {
    name: 'rolling-update',
    about: 'a rolling update of both sets at once',
    core: 'one',
    play: async (drama) => {
      const old = new Set(drama.view.pods().map(({ metadata }) => metadata.uid));
      for (const set of SETS) await roll(drama, set);
      const rolled = ({ name, replicas }: Cast) => {
        const pods = drama.view.pods(name).filter(isReady);
        return pods.length === replicas && pods.every(({ metadata }) => !old.has(metadata.uid));
      };
      const done = () => drama.view.fresh && drama.view.leaving.length === 0 && SETS.every(rolled);
      await drama.until(done, 'new pods', RECOVERY_MS * 2);
    },
  },
  {
    name: 'scale-to-zero',
    about: 'the query set is scaled to zero, and back when nothing of it is charged',
    core: 'minimum',
    play: async (drama) => {
      const scale = (replicas: number) =>
        drama.stage.kubectl(['scale', 'eppset', QUERY.name, '-n', NAMESPACE, `--replicas=${replicas}`]);
      const back = drama.toMend(async () => void (await scale(QUERY.replicas)));
      await scale(0);
      const given = () =>
        drama.view.fresh && drama.view.pods(QUERY.name).length === 0 && charged(drama, QUERY) === 0;
      await drama.until(given, 'everything of the query set is given back', RECOVERY_MS);
      await back();
    },
  },
  {
    name: 'pause-query',
    about: 'SIGSTOP of a query adapter until others have its connections, then SIGCONT',
    core: 'minimum',
    play: (drama) => pause(drama, QUERY),
  },
  {
    name: 'pause-core',
    about: 'SIGSTOP of a core adapter until others have its connections, then SIGCONT',
    core: 'one',
    play: (drama) => pause(drama, CORE),
  },
  {
    name: 'slow-clock',
    about:
      'the clocks of query run at half the rate, and one adapter is cut off from the API until others have its connections',
    core: 'minimum',
    leftOut: whyNoLibrary,
    play: async (drama) => {
      await changeClocks(drama, QUERY, 0.5);
      const pod = drama.pod(QUERY);
      const mend = drama.toMend(await cutPod(drama.stage.cluster, nameOf(pod), 'api'));
      await drama.othersUseAll([pod]);
      await mend();
    },
  },
];

async function kill(drama: Drama, set: Cast): Promise<void> {
  const pod = drama.pod(set);
  const { namespace, name } = nameOf(pod);
  drama.freeSinceMs = performance.now();
  await signalPod(drama.stage.cluster, namespace, name, 'KILL');
  // The charge of the dead process goes to quarantine at once: its successor binds.
  await drama.until(() => drama.view.chargesOf([pod], true) > 0, 'quarantine', T_EXP_MS);
}

async function pause(drama: Drama, set: Cast): Promise<void> {
  const pod = drama.pod(set);
  const { namespace, name } = nameOf(pod);
  const { cluster } = drama.stage;
  const go = drama.toMend(() => signalPod(cluster, namespace, name, 'CONT'));
  await signalPod(cluster, namespace, name, 'STOP');
  await drama.othersUseAll([pod]);
  await go();
}

/** A change of the pod template, as `kubectl rollout restart` makes one. */
async function roll({ stage }: Drama, { name }: Cast): Promise<void> {
  const annotations = { 'chaos.eppset.io/rolled-at': new Date().toISOString() };
  const patch = JSON.stringify({ spec: { template: { annotations } } });
  await stage.kubectl(['patch', EPP_SET.plural, name, '-n', NAMESPACE, '--type=merge', '-p', patch]);
}

function charged(drama: Drama, { name, pools }: Cast): number {
  const entries = Object.keys(pools).flatMap((account) =>
    Object.values(drama.view.ledger(account)?.spec.entries ?? {}),
  );
  return entries.filter(({ set }) => set === name).reduce((sum, { charge }) => sum + charge, 0);
}
