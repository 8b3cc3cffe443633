/** In a steady cluster the operator writes nothing: not once, and not after it was restarted. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_GATEWAY } from '../../src/api/v1alpha1/gateway.ts';
import { EPP_REGISTRY } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { SECRET } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import { OWNED_KINDS } from '../../src/operator/apply/owned-kinds.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from './controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'steady' });
let client: ClosableKubeClient;
let bench: Bench;

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
});
afterAll(async () => {
  await client?.close();
});

async function versions(): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {};
  for (const resource of [...OWNED_KINDS, EPP_SET, EPP_REGISTRY, EPP_GATEWAY, SECRET]) {
    const { items } = await client.list(resource, { namespace: namespace() });
    for (const { kind, metadata } of items) found[`${kind} ${metadata.name}`] = metadata.resourceVersion;
  }
  return found;
}

/** A pod field of every sort: each may come back from the API in another form than it was sent in. */
const TEMPLATE = {
  resources: {
    requests: { cpu: '1000m', memory: '1024Mi', 'ephemeral-storage': '1.5Gi' },
    limits: { cpu: 2, memory: '2048Mi' },
  },
  nodeSelector: { zone: 'a' },
  tolerations: [{ key: 'epp', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 }],
  imagePullSecrets: [{ name: 'pull' }],
  annotations: { 'example.org/empty': '' },
};

/** Nothing of ours has changed for a while: what the cluster's own controllers had to say has come, and was answered. */
async function atRest(running: RunningControllers): Promise<void> {
  const look = async () => JSON.stringify([await running.writes(), await versions()]);
  let last = '';
  let sinceMs = performance.now();
  await eventually(
    async () => {
      const now = await look();
      if (now !== last) sinceMs = performance.now();
      last = now;
      return performance.now() - sinceMs > 5_000;
    },
    { timeoutMs: 120_000, everyMs: 500, what: 'it comes to rest' },
  );
}

it('writes nothing in a steady cluster, and nothing after a restart', async () => {
  await bench.registry();
  await bench.registry({ name: 'one', spec: { connections: { limit: 1, idleTimeoutSeconds: 60 } } });
  const first = await startControllers(api().kubeconfigPath, namespace());
  const pools = [{ registry: 'verisign', min: 6, max: 12 }];
  await bench.set({ name: 'plain', spec: { pools } });
  await bench.set({ name: 'full', spec: { pools, template: TEMPLATE } });
  await bench.set({ name: 'zero', spec: { pools, replicas: 0 } });
  await bench.set({ name: 'single', spec: { replicas: 1, pools: [{ registry: 'one', min: 1, max: 1 }] } });
  await bench.set({ name: 'auto', spec: { pools, autoscaling: { minReplicas: 2, maxReplicas: 4 } } });
  await bench.set({ name: 'refused', spec: { pools: [{ registry: 'none', min: 1, max: 1 }] } });
  const routes = [{ tlds: ['com'], registries: [{ name: 'verisign' }] }];
  const ingress = { host: 'epp.example', annotations: { 'example.org/empty': '' } };
  await bench.gateway({ name: 'front', spec: { routes, ingress, template: TEMPLATE } });
  await bench.gateway({
    name: 'refused-front',
    spec: { routes: [{ ...routes[0], registries: [{ name: 'none' }] }] },
  });
  await bench.makeReady('front', 2, 'eppset.io/gateway');
  await bench.until(EPP_GATEWAY, 'front', 'Ready', 'True PodsReady');
  await Promise.all(['plain', 'full', 'auto'].map((name) => bench.makeReady(name, 2)));
  await bench.makeReady('single', 1);
  for (const name of ['plain', 'full', 'auto', 'zero', 'single']) {
    await bench.until(EPP_SET, name, 'Ready', 'True PodsReady');
  }
  await bench.until(EPP_SET, 'refused', 'Degraded', 'True RegistryNotFound');
  await atRest(first);
  const writes = await first.writes();
  const settled = await versions();
  await delay(15_000);
  expect(await first.writes()).toBe(writes);
  await first.stop();

  const second = await startControllers(api().kubeconfigPath, namespace());
  await delay(10_000);
  expect(await second.writes()).toBe(0);
  expect(await versions()).toEqual(settled);
  await second.stop();
});

it('writes numbers that flap no more often than every three seconds', async () => {
  await bench.registry({ name: 'busy' });
  const running = await startControllers(api().kubeconfigPath, namespace());
  await bench.set({
    name: 'flapping',
    spec: { replicas: 0, pools: [{ registry: 'busy', min: 6, max: 12 }] },
  });
  await bench.until(EPP_SET, 'flapping', 'Ready', 'True PodsReady');
  await atRest(running);
  let lease = await client.create(EPP_CONNECTION_LEASE, {
    apiVersion: EPP_CONNECTION_LEASE.apiVersion,
    kind: EPP_CONNECTION_LEASE.kind,
    metadata: bench.key('flapping-lease'),
    spec: {
      pod: 'p',
      set: 'flapping',
      class: 'core',
      fence: 1,
      state: 'Bound',
      ttlSeconds: 60,
      grants: { busy: { slots: 9, gen: 1 } },
    },
  });
  const before = await running.writes();
  const startMs = performance.now();
  let open = 0;
  while (performance.now() - startMs < 7_000) {
    open += 1;
    const report = {
      ackGen: 1,
      cap: 9,
      open,
      connecting: 0,
      unconfirmed: 0,
      demand: 9,
      waiting: 0,
      limitHits: 0,
    };
    lease = await client.replaceStatus(EPP_CONNECTION_LEASE, {
      ...lease,
      status: { accounts: { busy: report } },
    });
    await delay(50);
  }
  const writes = (await running.writes()) - before;
  // The set and the account, each at 0, 3 and 6 s (and 9 s, if it took so long), with room for one more.
  const each = 2 + Math.floor((performance.now() - startMs) / 3_000);
  expect(writes).toBeLessThanOrEqual(2 * each);
  await eventually(async () => {
    expect((await bench.get(EPP_SET, 'flapping')).status?.connections).toEqual({
      granted: 9,
      open,
      waiting: 0,
    });
    const account = (await bench.get(EPP_REGISTRY, 'busy')).status;
    expect(account?.sets).toEqual([
      { set: 'epp.core.bj', name: 'flapping', class: 'core', granted: 9, open, waiting: 0, quarantined: 0 },
    ]);
  });
  await running.stop();
});
