import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type EndpointSliceSource,
  watchEndpointSlices,
} from '../../../src/gateway/discovery/endpoint-slices.ts';
import { KubeRegistrations } from '../../../src/gateway/discovery/kube-registrations.ts';
import { nameOf } from '../../../src/gateway/discovery/registration-objects.ts';
import {
  COORDINATION_LEASE,
  type CoordinationLease,
  ENDPOINT_SLICE,
  type EndpointSlice,
  NAMESPACE,
} from '../../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../../src/kube/client.ts';
import { type ClusterConfig, loadClusterConfig } from '../../../src/kube/cluster-config.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { type ApiServer, startApiServer } from '../../cluster/api.ts';
import { FaultProxy } from '../../kube/fault-proxy.ts';
import { ManualClock } from '../../kube/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';

let api: ApiServer;
let proxy: FaultProxy;
let world: ClosableKubeClient;
let proxyConfig: ClusterConfig;
let namespace: string;
const ending: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  api = await startApiServer({
    controllers: ['serviceaccount-controller', 'endpointslice-controller', 'garbage-collector-controller'],
  });
  const config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  proxy = new FaultProxy(config);
  proxyConfig = await proxy.start();
  world = createClient(config, { clock: systemClock, log: silentLog });
});
afterAll(async () => {
  await world?.close();
  await proxy?.stop();
  await api?.stop();
});

let count = 0;
beforeEach(async () => {
  count += 1;
  namespace = `registrations-${count}`;
  await world.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});
afterEach(async () => {
  proxy.fault = () => undefined;
  await Promise.all(ending.splice(0).map((end) => end()));
});

interface Gateway {
  store: KubeRegistrations;
  source: EndpointSliceSource;
  clock: ManualClock;
}

let ids = 0;
/** As one gateway of several, with a clock of its own, which moves alone. */
function gateway(): Gateway {
  const clock = new ManualClock();
  const client = createClient(proxyConfig, {
    clock: systemClock,
    log: silentLog,
    watchIdleMs: 100_000,
  });
  const options = { client, namespace, clock, log: silentLog };
  const store = new KubeRegistrations({
    ...options,
    newId: () => (++ids).toString(16).padStart(16, '0'),
  });
  const source = watchEndpointSlices({ ...options, prefix: 'epp', registered: store });
  ending.push(async () => {
    await Promise.all([source.stop(), store.stop()]);
    await client.close();
  });
  return { store, source, clock };
}

const REGISTRATION = { set: 'epp.core.bj', address: '10.0.0.9', port: 8080, ttlSeconds: 10, weight: 7 };
const shown = ({ source }: Gateway) =>
  source.instances.map(({ id, set, state, weight, source }) => `${id} ${set} ${state} ${weight} ${source}`);
const becomes = (of: Gateway, expected: string[]) =>
  eventually(() => expect(shown(of)).toEqual(expected), { timeoutMs: 20_000 });
const LIVE = '10.0.0.9:8080 epp.core.bj ready 7 registered';
const DEAD = '10.0.0.9:8080 epp.core.bj dead 7 registered';

describe('registrations in the API', () => {
  it('are seen by all gateways, whichever was asked, and changed and removed by any', async () => {
    const [a, b] = [gateway(), gateway()];
    const { id, state } = await a.store.register(REGISTRATION);
    expect(state).toBe('ready');
    await Promise.all([becomes(a, [LIVE]), becomes(b, [LIVE])]);
    expect(await b.store.get(id)).toEqual({ ...REGISTRATION, id, state: 'ready' });
    const lease = await world.get(COORDINATION_LEASE, { namespace, name: nameOf(id) });
    expect(lease?.spec).toMatchObject({ holderIdentity: id, leaseDurationSeconds: 10 });

    const v6 = { ...REGISTRATION, address: 'fd00::9', set: 'epp.core.*' };
    const other = await b.store.register(v6);
    await becomes(a, [LIVE, '[fd00::9]:8080 epp.core.* ready 7 registered']);

    await b.store.update(id, { ...REGISTRATION, port: 81, weight: 9, ttlSeconds: 20 });
    await becomes(a, [
      '10.0.0.9:81 epp.core.bj ready 9 registered',
      '[fd00::9]:8080 epp.core.* ready 7 registered',
    ]);
    expect(await a.store.get(id)).toMatchObject({ ttlSeconds: 20, weight: 9 });
    await expect(a.store.update(id, v6)).rejects.toThrow('register it anew');

    expect(await a.store.remove(other.id)).toBe(true);
    expect(await b.store.remove(id)).toBe(true);
    expect(await b.store.remove(id)).toBe(false);
    await Promise.all([becomes(a, []), becomes(b, [])]);
    expect([
      await a.store.heartbeat(id),
      await a.store.get(id),
      await a.store.update(id, REGISTRATION),
    ]).toEqual([false, undefined, undefined]);
    expect((await world.list(COORDINATION_LEASE, { namespace })).items).toEqual([]);
  });

  it('take heartbeats of all gateways at once', async () => {
    const gateways = [gateway(), gateway(), gateway()];
    const { id } = await (gateways[0] as Gateway).store.register(REGISTRATION);
    const read = () => world.get<CoordinationLease>(COORDINATION_LEASE, { namespace, name: nameOf(id) });
    const before = (await read())?.spec?.renewTime;
    await Promise.all(gateways.map(({ clock }, index) => clock.advance(1_000 * (index + 1))));
    expect(await Promise.all(gateways.map(({ store }) => store.heartbeat(id)))).toEqual([true, true, true]);
    expect((await read())?.spec?.renewTime).not.toBe(before);
  });

  it('are dead after three TTLs without a heartbeat, live again by one, and are removed by one of the gateways', async () => {
    const [a, b] = [gateway(), gateway()];
    const { id } = await a.store.register(REGISTRATION);
    await Promise.all([becomes(a, [LIVE]), becomes(b, [LIVE])]);
    await a.clock.advance(9_000);
    expect(shown(a)).toEqual([LIVE]);
    const dead = async (of: Gateway) => {
      await of.clock.advance(1_000);
      return shown(of)[0] === DEAD;
    };
    // Time of a moves alone: for b it is as alive as ever, since nobody compares clocks
    await eventually(() => dead(a), { timeoutMs: 20_000 });
    expect(shown(b)).toEqual([LIVE]);
    expect(await b.store.heartbeat(id)).toBe(true);
    await becomes(a, [LIVE]);
    await eventually(() => dead(a), { timeoutMs: 20_000 });
    const gone = async () => {
      await Promise.all([a.clock.advance(2_000), b.clock.advance(2_000)]);
      const [slices, leases] = await Promise.all([
        world.list(ENDPOINT_SLICE, { namespace }),
        world.list(COORDINATION_LEASE, { namespace }),
      ]);
      return slices.items.length + leases.items.length === 0;
    };
    await eventually(gone, { timeoutMs: 30_000 });
    await Promise.all([becomes(a, []), becomes(b, [])]);
    expect(await a.store.heartbeat(id)).toBe(false);
  });

  it('are not removed when a heartbeat came that the remover has not seen', async () => {
    const a = gateway();
    const { id } = await a.store.register(REGISTRATION);
    await becomes(a, [LIVE]);
    await eventually(() => proxy.openWatches >= 2);
    // From here on a hears nothing, and what it asks is answered with the past
    const lease = await world.get<CoordinationLease>(COORDINATION_LEASE, { namespace, name: nameOf(id) });
    proxy.silenceWatches();
    if (lease === undefined) throw new Error('no lease');
    await world.replace<CoordinationLease>(COORDINATION_LEASE, {
      ...lease,
      spec: { ...lease.spec, renewTime: '2026-05-05T00:00:00.000000Z' },
    });
    let deletes = 0;
    proxy.fault = ({ method, path }) => {
      if (method === 'DELETE') deletes += 1;
      return method === 'GET' && path.endsWith(`/${nameOf(id)}`) ? { status: 200, body: lease } : undefined;
    };
    await eventually(
      async () => {
        await a.clock.advance(1_000);
        // The second try comes when the first has been answered
        return deletes > 1;
      },
      { timeoutMs: 30_000 },
    );
    const [now, slice] = await Promise.all([
      world.get(COORDINATION_LEASE, { namespace, name: nameOf(id) }),
      world.get(ENDPOINT_SLICE, { namespace, name: nameOf(id) }),
    ]);
    expect(now?.metadata.uid).toBe(lease.metadata.uid);
    expect(slice).toBeDefined();
  });

  it('stay as they are while the API is away, and are given time to speak up afterwards', async () => {
    const a = gateway();
    const { id } = await a.store.register(REGISTRATION);
    await becomes(a, [LIVE]);
    // Of what the client does not try again by itself
    proxy.fault = () => ({ status: 403 });
    proxy.cutWatches();
    await expect(a.store.heartbeat(id)).rejects.toThrow();
    for (let minute = 0; minute < 10; minute += 1) {
      const looks = proxy.requests.length;
      await eventually(async () => {
        await a.clock.advance(6_000);
        return proxy.requests.length > looks + 5;
      });
      expect(shown(a)).toEqual([LIVE]);
    }
    proxy.fault = () => undefined;
    expect(await a.store.heartbeat(id)).toBe(true);
    expect(shown(a)).toEqual([LIVE]);
  });

  it('are dead without a lease, and left to the garbage collector', async () => {
    const a = gateway();
    const { id } = await a.store.register(REGISTRATION);
    await becomes(a, [LIVE]);
    await world.delete(COORDINATION_LEASE, { namespace, name: nameOf(id) });
    await becomes(a, []);
  });

  it('do not touch leases of others', async () => {
    const a = gateway();
    await world.create<CoordinationLease>(COORDINATION_LEASE, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace, name: 'leader', labels: { 'app.kubernetes.io/managed-by': 'eppset-gateway' } },
      spec: { holderIdentity: 'x', leaseDurationSeconds: 1 },
    });
    await world.create<EndpointSlice>(ENDPOINT_SLICE, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace, name: nameOf('00000000000000ff') },
      addressType: 'IPv4',
      endpoints: [],
      ports: [],
    });
    const { id } = await a.store.register({ ...REGISTRATION, ttlSeconds: 1 });
    await becomes(a, [LIVE]);
    await eventually(
      async () => {
        await a.clock.advance(1_000);
        return (await world.get(COORDINATION_LEASE, { namespace, name: nameOf(id) })) === undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(await world.get(COORDINATION_LEASE, { namespace, name: 'leader' })).toBeDefined();
    expect(await a.store.get('00000000000000ff')).toBeUndefined();
    expect(await a.store.remove('00000000000000ff')).toBe(false);
    expect(await world.get(ENDPOINT_SLICE, { namespace, name: nameOf('00000000000000ff') })).toBeDefined();
  });
});
