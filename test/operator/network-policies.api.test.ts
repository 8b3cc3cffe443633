/** NetworkPolicies on a real API server: kept while that is asked for, taken away when it is not, never looked at otherwise. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NETWORK_POLICY } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { eventually } from '../support/eventually.ts';
import {
  Bench,
  type OwnParts,
  openClient,
  type RunningControllers,
  startControllers,
} from './controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'policies' });
let admin: ClosableKubeClient;
let bench: Bench;
let running: RunningControllers | undefined;

const start = async (own: OwnParts) => {
  await running?.stop();
  running = await startControllers(api().kubeconfigPath, namespace(), own);
};
const names = async () => {
  const { items } = await admin.list(NETWORK_POLICY, { namespace: namespace() });
  return items.map(({ metadata }) => metadata.name).sort();
};

beforeAll(async () => {
  admin = await openClient(api().kubeconfigPath);
  bench = new Bench(admin, namespace());
  await serveCrds(admin);
  await bench.registry();
  await bench.set({ name: 'made' });
  await bench.gateway({ name: 'front' });
});
afterAll(async () => {
  await running?.stop();
  await admin?.close();
});

it('are kept, set back, and removed', async () => {
  const theirs = { ...bench.key('theirs'), labels: {} };
  await admin.create(NETWORK_POLICY, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: theirs,
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  });
  await start({ networkPolicies: { mode: 'keep' } });
  await eventually(async () => expect(await names()).toEqual(['front-gateway', 'made-adapter', 'theirs']));

  await bench.edit(NETWORK_POLICY, 'made-adapter', ({ spec }) => {
    spec.ingress?.[0]?.ports?.push({ port: 22, protocol: 'TCP' });
  });
  await eventually(async () => {
    const { spec } = await bench.get(NETWORK_POLICY, 'made-adapter');
    expect(spec.ingress?.[0]?.ports).toEqual([{ port: 8080, protocol: 'TCP' }]);
  });

  await start({ networkPolicies: { mode: 'remove' } });
  await eventually(async () => expect(await names()).toEqual(['theirs']));
});
