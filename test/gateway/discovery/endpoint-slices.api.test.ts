import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type EndpointSliceSource,
  watchEndpointSlices,
} from '../../../src/gateway/discovery/endpoint-slices.ts';
import type { InstanceSource } from '../../../src/gateway/instance.ts';
import { ENDPOINT_SLICE, NAMESPACE, POD } from '../../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../../src/kube/client.ts';
import { loadClusterConfig } from '../../../src/kube/cluster-config.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { type ApiServer, startApiServer } from '../../cluster/api.ts';
import { FaultProxy } from '../../kube/fault-proxy.ts';
import { ManualClock } from '../../kube/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';
import { type StandIn, standIn, startTestGateway } from '../harness.ts';
import { createNode, createPod, createServices, letGo, setReady } from './adapters.ts';

let api: ApiServer;
let proxy: FaultProxy;
/** Straight to the API server: what the world does. */
let world: ClosableKubeClient;
/** Through the proxy, without patience. */
let client: ClosableKubeClient;
let namespace: string;
let source: EndpointSliceSource | undefined;

beforeAll(async () => {
  api = await startApiServer({ controllers: ['serviceaccount-controller', 'endpointslice-controller'] });
  const config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  proxy = new FaultProxy(config);
  world = createClient(config, { clock: systemClock, log: silentLog });
  await createNode(world);
  client = createClient(await proxy.start(), {
    clock: systemClock,
    log: silentLog,
    requestTimeoutMs: 1_000,
    watchIdleMs: 2_000,
  });
});
afterAll(async () => {
  await Promise.all([world?.close(), client?.close()]);
  await proxy?.stop();
  await api?.stop();
});

let count = 0;
beforeEach(async () => {
  count += 1;
  namespace = `slices-${count}`;
  await world.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});
const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  await source?.stop();
});

/** The same list, with servers of this machine at the addresses: slices take no loopback addresses. */
function servedBy(seen: InstanceSource, adapters: readonly StandIn[]): InstanceSource {
  const origins = adapters.map(({ instance }) => instance.origin);
  return {
    get instances() {
      return seen.instances.map((instance, index) => ({ ...instance, origin: origins[index] ?? '' }));
    },
    get synced() {
      return seen.synced;
    },
    subscribe: (listener) => seen.subscribe(listener),
  };
}

function start(clock: Clock = systemClock): EndpointSliceSource {
  source = watchEndpointSlices({ client, namespace, prefix: 'epp', clock, log: silentLog });
  return source;
}

const shown = (of: EndpointSliceSource) => of.instances.map(({ id, set, state }) => `${id} ${set} ${state}`);
/** Until the controller has told it in slices, and the slices have come. */
const becomes = (of: EndpointSliceSource, expected: string[]) =>
  eventually(() => expect(shown(of)).toEqual(expected), { timeoutMs: 30_000 });

describe('instances by EndpointSlices of the real controller', () => {
  it('are the pods of the sets of the prefix, each once, in all their states', async () => {
    const seen = start();
    await createServices(world, namespace, { object: 'core-bj', business: 'core', region: 'bj' });
    await createServices(world, namespace, { object: 'core-any', business: 'core', region: 'any' });
    await createServices(world, namespace, {
      object: 'other',
      prefix: 'other',
      business: 'core',
      region: 'bj',
    });
    await createPod(world, namespace, 'core-bj', 'a', '10.1.0.1');
    await createPod(world, namespace, 'core-bj', 'b', '10.1.0.2');
    await createPod(world, namespace, 'core-any', 'c', '10.1.0.3');
    await createPod(world, namespace, 'other', 'd', '10.1.0.4');
    const [a, b, c] = ['10.1.0.1:8080 epp.core.bj', '10.1.0.2:8080 epp.core.bj', '10.1.0.3:8080 epp.core.*'];
    await becomes(seen, [`${a} ready`, `${b} ready`, `${c} ready`]);
    // Two Services, and a slice of each: the pod stands in both
    await eventually(async () => {
      const slices = await world.list(ENDPOINT_SLICE, {
        namespace,
        labelSelector: 'eppset.io/set-prefix=epp,eppset.io/set-region=bj',
      });
      expect(slices.items.length).toBeGreaterThanOrEqual(2);
      const headless = slices.items.filter(
        ({ metadata }) => metadata.labels?.['service.kubernetes.io/headless'] !== undefined,
      );
      expect(headless.map(({ endpoints }) => endpoints?.length)).toEqual([2]);
    });

    await setReady(world, namespace, 'a', false);
    await becomes(seen, [`${a} dead`, `${b} ready`, `${c} ready`]);
    await setReady(world, namespace, 'a', true);
    await world.delete(POD, { namespace, name: 'b' });
    await becomes(seen, [`${a} ready`, `${b} draining`, `${c} ready`]);
    await letGo(world, namespace, 'b');
    await becomes(seen, [`${a} ready`, `${c} ready`]);
  });

  it('are none where the API says so', async () => {
    const seen = start();
    await eventually(() => seen.synced);
    expect(seen.instances).toEqual([]);
    expect(seen.lastSync).toBeInstanceOf(Date);
    await createServices(world, namespace, { object: 'core-bj', business: 'core', region: 'bj' });
    await createPod(world, namespace, 'core-bj', 'a', '10.1.0.1');
    await becomes(seen, ['10.1.0.1:8080 epp.core.bj ready']);
    const { items } = await world.list(ENDPOINT_SLICE, { namespace });
    await letGo(world, namespace, 'a');
    expect(items.length).toBeGreaterThan(0);
    await becomes(seen, []);
  });

  it('stay as they were while the API is away for ten minutes, no request fails, and they are caught up with afterwards', async () => {
    const clock = new ManualClock();
    await createServices(world, namespace, { object: 'core-bj', business: 'core', region: 'bj' });
    await createPod(world, namespace, 'core-bj', 'a', '10.1.0.1');
    await createPod(world, namespace, 'core-bj', 'b', '10.1.0.2');
    const seen = start(clock);
    const becomesInTime = (expected: string[]) =>
      eventually(
        async () => {
          // A try that failed on a busy machine waits by this clock
          await clock.advance(1_000);
          expect(shown(seen)).toEqual(expected);
        },
        { timeoutMs: 30_000 },
      );
    await becomesInTime(['10.1.0.1:8080 epp.core.bj ready', '10.1.0.2:8080 epp.core.bj ready']);
    const before = seen.instances;
    let changes = 0;
    seen.subscribe(() => {
      changes += 1;
    });
    const lastSync = seen.lastSync;
    const adapters = [await standIn('epp.core.bj'), await standIn('epp.core.bj')];
    const gateway = await startTestGateway([], {}, { instances: servedBy(seen, adapters) });
    const ask = async () => (await gateway.post('/com/create', { name: 'example.com' })).status;
    ending.push(gateway.stop, ...adapters.map(({ kill }) => kill));
    api.pauseApiServer();
    try {
      proxy.cutWatches();
      const from = clock.monotonicMs();
      while (clock.monotonicMs() - from < 600_000) {
        // Each try fails by its own patience; the wait for the next is the clock's
        const tries = proxy.requests.length;
        await eventually(async () => {
          await clock.advance(2_000);
          return proxy.requests.length > tries;
        });
        expect(seen.instances).toBe(before);
        expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200]);
      }
      expect(changes).toBe(0);
      expect(seen.lastSync).toEqual(lastSync);
    } finally {
      api.resumeApiServer();
    }
    await eventually(() => setReady(world, namespace, 'b', false), { timeoutMs: 30_000 });
    await becomesInTime(['10.1.0.1:8080 epp.core.bj ready', '10.1.0.2:8080 epp.core.bj dead']);
    expect(seen.lastSync?.getTime()).toBeGreaterThan(lastSync?.getTime() ?? 0);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200]);
    expect(adapters.every(({ asked }) => asked.length > 0)).toBe(true);
  }, 120_000);
});
