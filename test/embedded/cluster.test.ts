/** The samples, with the real operator, simulators and adapters, in this process. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOAD_PATH, loadReport } from '../../src/api/http/load-report.ts';
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { LABEL } from '../../src/api/v1alpha1/labels.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { type EmbeddedCluster, startEmbedded } from '../../src/embedded/cluster.ts';
import { readManifests } from '../../src/embedded/manifests.ts';
import { isConflict } from '../../src/kube/api-error.ts';
import { ENDPOINT_SLICE, POD } from '../../src/kube/builtin.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { SimulatorStats } from '../../src/simulator/stats.ts';
import { read } from '../kube/contract-objects.ts';
import { eventually } from '../support/eventually.ts';
import { tokenHeaders } from '../support/internal-token.ts';

const NAMESPACE = 'eppset-demo';
const LIMITS: Readonly<Record<string, number>> = { 'verisign-sim': 20, 'cnnic-sim': 4 };
const SAMPLES = fileURLToPath(new URL('../../manifests/samples/', import.meta.url));
let cluster: EmbeddedCluster;
let token: Record<string, string>;

beforeAll(async () => {
  cluster = await startEmbedded({ manifests: await readManifests(SAMPLES), timeScale: 0.05, log: silentLog });
  await cluster.ready();
  token = await tokenHeaders(cluster.client, NAMESPACE);
}, 60_000);
afterAll(() => cluster?.close(), 30_000);

const url = (service: string) => cluster.serviceUrl(NAMESPACE, service);
interface Answer {
  outcome: string;
  results?: { code: number }[];
  error?: { message: string };
}
const post = async (set: string, path: string, body: object) => {
  const response = await fetch(`${url(`${set}-adapter`)}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...token },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Answer;
  const { outcome, results, error } = answer;
  return { status: response.status, outcome, code: results?.[0]?.code, error: error?.message };
};
const statsOf = async (registry: string) => {
  const response = await fetch(`${url(registry)}/stats`);
  const { accounts } = (await response.json()) as SimulatorStats;
  const [account] = Object.values(accounts);
  if (account === undefined) throw new Error(`${registry} has no account`);
  return account;
};
const podsOf = async (set: string) =>
  (await cluster.client.list(POD, { namespace: NAMESPACE, labelSelector: `${LABEL.setObject}=${set}` }))
    .items;

/** Asks a set without a pause until it is stopped; resolves with every answer that was not the registry's. */
function keepAsking(set: string): { stop(): Promise<{ answered: number; others: object[] }> } {
  let stopped = false;
  let answered = 0;
  const others: object[] = [];
  const run = (async () => {
    for (let round = 0; !stopped; round++) {
      const answer = await post(set, 'com/check', { names: [`ask-${round}.com`] }).catch((error: Error) => ({
        outcome: error.message,
        code: 0,
      }));
      if (answer.code === 1000) answered++;
      else others.push(answer);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await run;
      return { answered, others };
    },
  };
}

it('has slices that lead to each adapter, which answer gateways alone', async () => {
  const { items } = await cluster.client.list(ENDPOINT_SLICE, {
    namespace: NAMESPACE,
    labelSelector: `${LABEL.component}=adapter,${LABEL.setObject}=epp-core-bj`,
  });
  const origins = items.flatMap(({ endpoints = [], ports = [] }) =>
    endpoints.flatMap(({ addresses }) => addresses.map((address) => `http://${address}:${ports[0]?.port}`)),
  );
  expect(new Set(origins).size).toBe((await podsOf('epp-core-bj')).length);
  for (const origin of origins) {
    expect((await fetch(origin + LOAD_PATH)).status).toBe(401);
    const load = await (await fetch(origin + LOAD_PATH, { headers: token })).json();
    expect(loadReport.parse(load)).toMatchObject({ set: 'epp.core.bj', stage: 'serving' });
  }
});

it('answers commands through its sets', async () => {
  expect(await post('epp-query-bj', 'com/check', { names: ['example.com'] })).toMatchObject({
    status: 200,
    code: 1000,
  });
  const domain = { name: 'example.cn', period: { value: 1, unit: 'y' }, authInfo: { pw: 'demo-only-1' } };
  expect(await post('epp-core-bj', 'cn/create', domain)).toMatchObject({ outcome: 'done', code: 1000 });
  expect(await post('epp-core-bj', 'cn/create', domain)).toMatchObject({ status: 409, code: 2302 });
  expect(await post('epp-manage-bj', 'cn/info', { name: 'example.cn' })).toMatchObject({ code: 1000 });
  const pools = (await (
    await fetch(`${url('epp-core-bj-adapter')}/debug/pools`, { headers: token })
  ).json()) as { set: string };
  expect(pools.set).toBe('epp.core.bj');
});

it('scales a set, and its connections come from the same budget', async () => {
  await cluster.scale(NAMESPACE, 'epp-query-bj', 4);
  await eventually(
    async () => (await read(cluster.client, EPP_SET, NAMESPACE, 'epp-query-bj')).status?.readyReplicas === 4,
    { timeoutMs: 20_000 },
  );
  await cluster.scale(NAMESPACE, 'epp-query-bj', 2);
  await eventually(async () => (await podsOf('epp-query-bj')).length === 2, { timeoutMs: 20_000 });
  // Pods that are gone hand everything back: their leases go.
  await eventually(
    async () =>
      (await cluster.client.list(EPP_CONNECTION_LEASE, { namespace: NAMESPACE })).items.length === 5,
    { timeoutMs: 20_000 },
  );
}, 60_000);

it('rolls a set over without missing an answer', async () => {
  const before = new Set((await podsOf('epp-core-bj')).map((pod) => pod.metadata.uid));
  const asking = keepAsking('epp-core-bj');
  for (;;) {
    const set = await read(cluster.client, EPP_SET, NAMESPACE, 'epp-core-bj');
    const template = { ...set.spec.template, annotations: { 'test.example/round': '2' } };
    try {
      await cluster.client.replace(EPP_SET, { ...set, spec: { ...set.spec, template } });
      break;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  await eventually(
    async () => {
      const pods = await podsOf('epp-core-bj');
      expect(pods).toHaveLength(2);
      expect(pods.some((pod) => before.has(pod.metadata.uid))).toBe(false);
    },
    { timeoutMs: 30_000 },
  );
  await cluster.ready();
  const { answered, others } = await asking.stop();
  expect(others).toEqual([]);
  expect(answered).toBeGreaterThan(10);
}, 60_000);

it('starts a pod again that is killed, and leaves its connections counted', async () => {
  const [pod] = await podsOf('epp-query-bj');
  const { name, uid } = pod!.metadata;
  await eventually(async () => (await statsOf('verisign-sim')).sessions > 0);
  cluster.killPod(NAMESPACE, name);
  await eventually(
    async () => {
      const { status, metadata } = await read(cluster.client, POD, NAMESPACE, name);
      expect(metadata.uid).toBe(uid);
      expect(status?.containerStatuses?.[0]?.restartCount).toBe(1);
      expect(status?.containerStatuses?.[0]?.ready).toBe(true);
    },
    { timeoutMs: 20_000 },
  );
  const { spec } = await read(cluster.client, EPP_CONNECTION_LEDGER, NAMESPACE, 'verisign-sim');
  const entries = Object.values(spec.entries).filter((entry) => entry.lease === uid);
  expect(entries.map(({ state }) => state).sort()).toEqual(['Active', 'Quarantined']);
  expect((await statsOf('verisign-sim')).uncleanEnds).toBeGreaterThan(0);
}, 60_000);

it('never opened more sessions than the registries allow', async () => {
  for (const [registry, limit] of Object.entries(LIMITS)) {
    const { highestSessions, overLimitAccepts, refusals } = await statsOf(registry);
    expect(highestSessions).toBeGreaterThan(0);
    expect(highestSessions).toBeLessThanOrEqual(limit);
    expect({ overLimitAccepts, refusals }).toEqual({ overLimitAccepts: 0, refusals: 0 });
  }
});

describe('objects of one’s own', () => {
  const registry = {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppRegistry',
    metadata: { namespace: NAMESPACE, name: 'mine' },
    spec: {
      accreditation: 'mine',
      tlds: ['example'],
      endpoint: { host: 'epp.invalid' },
      credentials: { secretName: 'none' },
      connections: { limit: 2, idleTimeoutSeconds: 60 },
    },
  };

  it('are made and removed again', async () => {
    await cluster.apply([registry]);
    expect(await read(cluster.client, EPP_SET, NAMESPACE, 'epp-core-bj')).toBeDefined();
    await cluster.remove([registry]);
    const resource = {
      apiVersion: registry.apiVersion,
      kind: 'EppRegistry',
      plural: 'eppregistries',
      namespaced: true,
    };
    expect(await cluster.client.get(resource, { namespace: NAMESPACE, name: 'mine' })).toBeUndefined();
  });

  it('that are wrong are refused by the field', async () => {
    const wrong = {
      ...registry,
      spec: { ...registry.spec, connections: { limit: 0, idleTimeoutSeconds: 60 } },
    };
    await expect(cluster.apply([wrong])).rejects.toThrow('spec.connections.limit');
  });
});

it('drains and stops in seconds', async () => {
  const start = performance.now();
  const logouts = async () =>
    (await Promise.all(Object.keys(LIMITS).map(statsOf))).reduce((sum, { logouts: count }) => sum + count, 0);
  const before = await logouts();
  expect(before).toBeGreaterThan(0);
  const gone = `${url('verisign-sim')}/stats`;
  await cluster.close();
  expect(performance.now() - start).toBeLessThan(15_000);
  await expect(fetch(gone)).rejects.toThrow();
});
