import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAP, type ConfigMap, NAMESPACE } from '../../src/kube/builtin.ts';
import { type ClientOptions, type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { type ClusterConfig, loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { Informer, type InformerOptions } from '../../src/kube/informer.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { eventually } from '../support/eventually.ts';
import { FaultProxy } from './fault-proxy.ts';

let api: ApiServer;
let proxy: FaultProxy;
let proxyConfig: ClusterConfig;
/** Straight to the API server: what the world does. */
let world: ClosableKubeClient;
let namespace: string;
let stop: AbortController;
const ending: Promise<unknown>[] = [];

beforeAll(async () => {
  // The least that a namespace needs: other controllers would put objects of their own into it.
  api = await startApiServer({ controllers: ['serviceaccount-controller'] });
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
  namespace = `informer-${count}`;
  await world.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  proxy.fault = () => undefined;
  proxy.requests.length = 0;
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort(new Error('the test has ended'));
  await Promise.all(ending.splice(0));
});

const configMap = (name: string, x = ''): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data: { x },
});
const create = (name: string, x?: string) => world.create(CONFIG_MAP, configMap(name, x));
const remove = (name: string) => world.delete(CONFIG_MAP, { namespace, name });
const apply = (name: string, x: string) => world.apply(CONFIG_MAP, configMap(name, x));

interface Running {
  informer: Informer<ConfigMap>;
  /** `added a 1`, in the order they were told. */
  told: string[];
  /** What the informer logged as failures. */
  failures: string[];
}

/** Starts an informer on the test's namespace through the proxy, with short waits. */
function start(
  options: Partial<InformerOptions<ConfigMap>> = {},
  clientOptions: Partial<ClientOptions> = {},
): Running {
  const failures: string[] = [];
  const told: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (fields: object) => failures.push((fields as { reason: string }).reason),
    error: (fields: object) => failures.push((fields as { reason: string }).reason),
    child: () => log,
  };
  const client = createClient(proxyConfig, {
    clock: systemClock,
    log: silentLog,
    requestTimeoutMs: 2_000,
    ...clientOptions,
  });
  const informer = new Informer({
    client,
    resource: CONFIG_MAP,
    namespace,
    clock: systemClock,
    log,
    backoff: { baseMs: 20, maxMs: 200 },
    ...options,
  });
  informer.onEvent(({ type, object }) => told.push(`${type} ${object.metadata.name} ${object.data?.x}`));
  ending.push(informer.run(stop.signal).then(() => client.close()));
  return { informer, told, failures };
}

/** A killed server's last threads may hold its port for a moment longer. */
const restart = () => eventually(() => api.restartApiServer(), { timeoutMs: 90_000, everyMs: 200 });
const watching = () => eventually(() => proxy.openWatches === 1, { what: 'a watch is open' });

describe('an informer', () => {
  it('tells what is there, what comes, changes and goes, and then knows it', async () => {
    await create('a', '1');
    const { informer, told } = start();
    expect(informer.hasSynced).toBe(false);
    await informer.synced();
    expect(told).toEqual(['added a 1']);
    await apply('b', '1');
    await apply('b', '2');
    await remove('a');
    await eventually(() => told.length === 4);
    expect(told.slice(1)).toEqual(['added b 1', 'updated b 2', 'deleted a 1']);
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['b']);
    expect(informer.get({ namespace, name: 'b' })?.data).toEqual({ x: '2' });
    expect(informer.get({ namespace, name: 'a' })).toBeUndefined();
    // Who comes late is told what is there.
    const late: string[] = [];
    const leave = informer.onEvent(({ type, object }) => late.push(`${type} ${object.metadata.name}`));
    expect(late).toEqual(['added b']);
    leave();
    await apply('b', '3');
    await eventually(() => told.length === 5);
    expect(late).toEqual(['added b']);
  });

  it('sees only what its selector selects, and tells what leaves it as deleted', async () => {
    const { informer, told } = start({ labelSelector: 'in=yes' });
    await informer.synced();
    const labelled = (value: string): ConfigMap => ({
      ...configMap('a'),
      metadata: { namespace, name: 'a', labels: { in: value } },
    });
    await create('b');
    await world.apply(CONFIG_MAP, labelled('yes'));
    await world.apply(CONFIG_MAP, labelled('no'));
    await eventually(() => told.length === 2);
    expect(told).toEqual(['added a ', 'deleted a ']);
  });

  it('finds objects by an index', async () => {
    await create('a', 'red');
    await create('b', 'blue');
    const { informer } = start();
    informer.addIndex('x', ({ data }) => [data?.x ?? '']);
    await informer.synced();
    expect(informer.byIndex('x', 'red').map(({ metadata }) => metadata.name)).toEqual(['a']);
  });

  it('goes on after a broken and an ended watch without a new list, and misses nothing', async () => {
    const { informer, told, failures } = start();
    await informer.synced();
    await watching();
    await create('a', '0');
    await eventually(() => told.length === 1);
    for (const end of ['cutWatches', 'endWatches'] as const) {
      const before = told.length;
      proxy[end]();
      await apply('a', end);
      await eventually(() => told.length === before + 1);
      expect(told.at(-1)).toBe(`updated a ${end}`);
    }
    expect(proxy.lists('configmaps')).toBe(1);
    expect(failures.length).toBe(1);
  });

  it('tells a deletion and a re-creation as both, even when it saw neither', async () => {
    await create('a', 'old');
    const { informer, told } = start();
    await informer.synced();
    await watching();
    proxy.silenceWatches();
    await remove('a');
    await create('a', 'new');
    await create('b', 'b');
    proxy.inject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'old' } });
    await eventually(() => told.length === 4);
    expect(told).toEqual(['added a old', 'deleted a old', 'added a new', 'added b b']);
  });

  it('lists again after 410, and tells what was deleted meanwhile', async () => {
    await create('a', '1');
    await create('b', '1');
    const { informer, told } = start();
    await informer.synced();
    await watching();
    proxy.silenceWatches();
    await remove('a');
    await apply('b', '2');
    proxy.inject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'old' } });
    await eventually(() => told.length === 4);
    expect(told.slice(2)).toEqual(['deleted a 1', 'updated b 2']);
    expect(proxy.lists('configmaps')).toBe(2);
  });

  it('leaves a watch that has gone silent for another, without a list', async () => {
    const { informer, told, failures } = start({}, { watchIdleMs: 1_100 });
    await informer.synced();
    await watching();
    proxy.silenceWatches();
    await create('a', '1');
    await eventually(() => told.length === 1);
    expect(proxy.lists('configmaps')).toBe(1);
    expect(failures).toEqual([]);
  });

  it('understands a watch that comes byte by byte', async () => {
    proxy.fault = ({ isWatch }) => (isWatch ? 'trickle' : undefined);
    const { informer, told } = start();
    await informer.synced();
    await create('a', '☃'.repeat(1000));
    await apply('a', 'x');
    await eventually(() => told.length === 2);
    expect(told).toEqual([`added a ${'☃'.repeat(1000)}`, 'updated a x']);
  });

  it.each([
    { status: 503 },
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 403, body: { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' } },
    'hang',
  ] as const)('gets through when its first requests are answered with %j', async (fault) => {
    let left = 4;
    proxy.fault = () => {
      left -= 1;
      return left >= 0 ? fault : undefined;
    };
    const { informer, told } = start({}, { requestTimeoutMs: 300 });
    await create('a', '1');
    await informer.synced();
    await apply('a', '2');
    await eventually(() => told.at(-1) === 'updated a 2');
  });

  it('does not spin when every watch ends at once', async () => {
    proxy.fault = ({ isWatch }) => (isWatch ? { status: 200 } : undefined);
    const { informer } = start({ backoff: { baseMs: 100, maxMs: 1000 } });
    await informer.synced();
    await eventually(() => proxy.requests.length >= 4);
    const from = performance.now();
    const before = proxy.requests.length;
    await eventually(() => proxy.requests.length >= before + 4);
    expect(performance.now() - from).toBeGreaterThan(300);
  });

  it('is not ended by handlers that throw or reject, and the others hear the event', async () => {
    const { informer, told, failures } = start();
    informer.onEvent(() => {
      throw new Error('a broken handler');
    });
    informer.onEvent(async () => {
      throw new Error('a broken promise');
    });
    const heard: string[] = [];
    informer.onEvent(({ type }) => heard.push(type));
    await informer.synced();
    await create('a', '1');
    await remove('a');
    await eventually(() => heard.length === 2 && failures.length === 4);
    expect(told).toEqual(['added a 1', 'deleted a 1']);
    expect(failures.sort()).toEqual([
      'a broken handler',
      'a broken handler',
      'a broken promise',
      'a broken promise',
    ]);
  });

  it('tells everything again when asked to', async () => {
    await create('a', '1');
    const { told } = start({ resyncMs: 100 });
    await eventually(() => told.length >= 3);
    expect(told.slice(0, 3)).toEqual(['added a 1', 'updated a 1', 'updated a 1']);
  });

  it('stops at once, also while it waits for a server that does not answer', async () => {
    proxy.fault = () => 'hang';
    const { informer } = start({}, { requestTimeoutMs: 60_000 });
    await eventually(() => proxy.requests.length === 1);
    const waiting = informer.synced(stop.signal);
    stop.abort(new Error('stopping'));
    await expect(waiting).rejects.toThrow('stopping');
    await Promise.all(ending.splice(0));
  });

  it('waits for a paused API server and goes on', async () => {
    const { informer, told } = start({}, { watchIdleMs: 300, requestTimeoutMs: 300 });
    await informer.synced();
    await watching();
    const seen = proxy.requests.length;
    api.pauseApiServer();
    try {
      // Silence, then at least one new watch and one list that get no answer.
      await eventually(() => proxy.requests.length >= seen + 3);
    } finally {
      api.resumeApiServer();
    }
    await create('a', '1');
    await eventually(() => told.includes('added a 1'), { timeoutMs: 60_000 });
  });

  it('survives a restart of the API server, and the 410 that a restarted one answers with', async () => {
    await create('a', '1');
    await create('b', '1');
    const { informer, told, failures } = start();
    await informer.synced();
    await watching();
    // The watch hangs through the restart; what happens meanwhile is not in the new server's cache.
    proxy.silenceWatches();
    await remove('a');
    await apply('b', '2');
    await restart();
    await eventually(() => apply('c', '1'), { timeoutMs: 60_000 });
    proxy.cutWatches();
    await eventually(() => told.length === 5, { timeoutMs: 60_000 });
    expect(told.slice(2)).toEqual(['deleted a 1', 'updated b 2', 'added c 1']);
    expect(failures.join('\n')).toContain('410 Expired');
  });

  it('survives a restart that breaks its watch', async () => {
    const { informer, told } = start();
    await informer.synced();
    await watching();
    await restart();
    await eventually(() => apply('a', '1'), { timeoutMs: 60_000 });
    await eventually(() => told.at(-1) === 'added a 1', { timeoutMs: 60_000 });
  });
});
