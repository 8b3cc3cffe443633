/** Partitions, and the API server that does not answer. */
import type { Pod } from '../../src/kube/builtin.ts';
import { type Cast, CORE, IDLE_SECONDS, QUERY, SYSTEM_NAMESPACE, TTL_MS } from './cast.ts';
import { type Drama, nameOf, type Scenario } from './drama.ts';
import { cutPod, freezeApiServer, stopApiServer } from './faults.ts';

export const NETWORK_SCENARIOS: readonly Scenario[] = [
  {
    name: 'query-api',
    about: 'a query adapter is cut off from the API until others have its connections',
    core: 'minimum',
    play: async (drama) => {
      const pod = drama.pod(QUERY);
      const mend = await cut(drama, pod, 'api');
      await drama.othersUseAll([pod]);
      await mend();
    },
  },
  {
    name: 'core-api',
    about: 'a core adapter is cut off from the API for a third of its TTL',
    core: 'minimum',
    play: async (drama) => {
      const mend = await cut(drama, drama.pod(CORE), 'api');
      await drama.lasts(TTL_MS.core / 3);
      await mend();
    },
  },
  {
    name: 'query-registry',
    about: 'a query adapter is cut off from the registries for longer than their idle timeout',
    core: 'minimum',
    play: (drama) => cutFromRegistries(drama, QUERY),
  },
  {
    name: 'core-registry',
    about: 'a core adapter is cut off from the registries for longer than their idle timeout',
    core: 'one',
    play: (drama) => cutFromRegistries(drama, CORE),
  },
  {
    name: 'leader-api',
    about: 'the leading operator is cut off from the API until another one leads',
    core: 'minimum',
    play: async (drama) => {
      const leader = await drama.leader();
      const mend = drama.toMend(await cutPod(drama.stage.cluster, leader, 'api'));
      await drama.anotherLeads(leader);
      await mend();
    },
  },
  {
    name: 'operators-api',
    about: 'all operators are cut off from the API for two TTLs of query: pods renew by themselves',
    core: 'minimum',
    play: async (drama) => {
      const mends: (() => Promise<void>)[] = [];
      for (const { metadata } of await drama.operators()) {
        const pod = { namespace: SYSTEM_NAMESPACE, name: metadata.name };
        mends.push(drama.toMend(await cutPod(drama.stage.cluster, pod, 'api')));
      }
      await drama.lasts(TTL_MS.query * 2);
      const why = drama.view.notFull(drama.limits);
      if (why !== undefined) drama.problems.push(`without operators connections were lost: ${why}`);
      for (const mend of mends) await mend();
    },
  },
  {
    name: 'api-short',
    about: "the API server is frozen for less than the shortest TTL: nobody's connections are lost",
    core: 'minimum',
    play: (drama) => freezeApi(drama, TTL_MS.query / 2),
  },
  {
    name: 'api-long',
    about: 'the API server is frozen for longer than the TTL of query and half that of core',
    core: 'minimum',
    play: (drama) => freezeApi(drama, TTL_MS.core / 2),
  },
  {
    name: 'api-gone',
    about: 'the API server is killed and stays away for longer than every TTL: everybody lets go',
    core: 'nothing',
    play: async (drama) => {
      const { cluster, controlPlane } = drama.stage;
      const back = drama.toMend(await stopApiServer(cluster, controlPlane));
      await drama.lasts(TTL_MS.core * 1.2);
      const left = [...drama.limits.keys()].filter((account) => drama.view.connected(account) > 0);
      if (left.length > 0) drama.problems.push(`connections at ${left.join(', ')} after every TTL`);
      await back();
      await drama.apiAnswers();
    },
  },
];

async function cut(drama: Drama, pod: Pod, from: 'api' | 'registry'): Promise<() => Promise<void>> {
  return drama.toMend(await cutPod(drama.stage.cluster, nameOf(pod), from));
}

async function cutFromRegistries(drama: Drama, set: Cast): Promise<void> {
  const mend = await cut(drama, drama.pod(set), 'registry');
  await drama.lasts(IDLE_SECONDS * 2 * 1000);
  await mend();
}

async function freezeApi(drama: Drama, ms: number): Promise<void> {
  const { cluster, controlPlane } = drama.stage;
  const thaw = drama.toMend(await freezeApiServer(cluster, controlPlane));
  await drama.lasts(ms);
  await thaw();
  await drama.apiAnswers();
}
