/** Egress proxies on a real API server: there before sets go through them, gone after. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EPP_REGISTRY } from '../../../src/api/v1alpha1/registry.ts';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';
import { CONFIG_MAP, DEPLOYMENT, POD_DISRUPTION_BUDGET, SERVICE } from '../../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../../src/kube/client.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { eventually } from '../../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'egress' });
const REGISTRY = 'verisign';
const PROXIES = `${REGISTRY}-egress`;
const SET = 'through';
const PROXY = 'eppset.io/registry';
let client: ClosableKubeClient;
let bench: Bench;
let controllers: RunningControllers;

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  await bench.registry({ spec: { egress: { mode: 'nginx' } } });
  await bench.set({ name: SET });
  controllers = await startControllers(api().kubeconfigPath, namespace());
});
afterAll(async () => {
  await controllers?.stop();
  await client?.close();
});

const KINDS = [CONFIG_MAP, SERVICE, POD_DISRUPTION_BUDGET, DEPLOYMENT] as const;
const fileOfSet = async () => (await bench.get(CONFIG_MAP, `${SET}-adapter`)).data?.['adapter.yaml'] ?? '';
const changeMode = (mode: 'direct' | 'nginx') =>
  bench.edit(EPP_REGISTRY, REGISTRY, (registry) => {
    registry.spec.egress.mode = mode;
  });

it('lets sets wait for the first proxy, then leads them through', async () => {
  await bench.until(EPP_REGISTRY, REGISTRY, 'EgressReady', 'Unknown Starting');
  await bench.until(EPP_REGISTRY, REGISTRY, 'Ready', 'False EgressNotReady');
  // First it waits for somebody to look at the account's Secrets
  await eventually(async () =>
    expect(await bench.condition(EPP_SET, SET, 'Ready')).toMatchObject({
      text: 'False Waiting',
      message: expect.stringContaining('EgressReady'),
    }),
  );
  expect(await client.get(DEPLOYMENT, bench.key(`${SET}-adapter`))).toBeUndefined();
  const registry = await bench.get(EPP_REGISTRY, REGISTRY);
  for (const kind of KINDS) {
    const { metadata } = await bench.get(kind as typeof SERVICE, PROXIES);
    expect(metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([registry.metadata.uid]);
  }
  await bench.makeReady(REGISTRY, 2, PROXY);
  await bench.until(EPP_REGISTRY, REGISTRY, 'EgressReady', 'True ProxiesReady');
  await bench.until(EPP_REGISTRY, REGISTRY, 'Ready', 'True Usable');
  await bench.makeReady(SET, 2);
  await bench.until(EPP_SET, SET, 'Ready', 'True PodsReady');
  expect(await fileOfSet()).toContain(`host: ${PROXIES}`);
  await eventually(async () =>
    expect(await bench.events('EppRegistry', REGISTRY)).toContainEqual(
      expect.stringMatching(/^Normal ProxiesReady: [12] of 2 proxies are ready$/),
    ),
  );
});

it('sets back what others change', async () => {
  await bench.edit(CONFIG_MAP, PROXIES, (file) => {
    file.data = {};
  });
  await eventually(async () =>
    expect((await bench.get(CONFIG_MAP, PROXIES)).data?.['nginx.conf']).toContain('proxy_pass'),
  );
});

it('keeps the proxies until no pod goes through them', async () => {
  await changeMode('direct');
  expect(await bench.until(EPP_REGISTRY, REGISTRY, 'EgressReady', 'Unknown Leaving')).toContain(SET);
  // Sets are served all the while
  await bench.until(EPP_REGISTRY, REGISTRY, 'Ready', 'True Usable');
  await eventually(async () => expect(await fileOfSet()).not.toContain(PROXIES));
  expect(await client.get(DEPLOYMENT, bench.key(PROXIES))).toBeDefined();
  await eventually(
    async () => {
      // Pods of the rollout, as they come
      await bench.makeThoseReady(SET);
      expect(await client.get(DEPLOYMENT, bench.key(PROXIES))).toBeUndefined();
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
  await bench.until(EPP_REGISTRY, REGISTRY, 'EgressReady', 'Unknown Direct');
  for (const kind of KINDS) {
    await eventually(async () =>
      expect(await client.get(kind as typeof SERVICE, bench.key(PROXIES))).toBeUndefined(),
    );
  }
});
