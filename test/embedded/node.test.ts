import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployments } from '../../src/embedded/deployments.ts';
import { EmbeddedNode } from '../../src/embedded/node.ts';
import { isReady } from '../../src/embedded/pod-view.ts';
import { Services } from '../../src/embedded/services.ts';
import { EmbeddedStore } from '../../src/embedded/store.ts';
import { isConflict } from '../../src/kube/api-error.ts';
import { DEPLOYMENT, type Deployment, POD, type Pod, SECRET, SERVICE } from '../../src/kube/builtin.ts';
import type { WatchEvent } from '../../src/kube/interfaces.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { read } from '../kube/contract-objects.ts';
import { eventually } from '../support/eventually.ts';
import { FakeRunner } from './fake-programs.ts';

const NODE = 'embedded';
let store: EmbeddedStore;
let runner: FakeRunner;
let node: EmbeddedNode;
let services: Services;
let folder: string;
let stop: AbortController;
let running: Promise<unknown>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-node-'));
  stop = new AbortController();
  store = new EmbeddedStore({ clock: systemClock, log: silentLog });
  runner = new FakeRunner();
  const parts = { client: store, clock: systemClock, log: silentLog };
  node = new EmbeddedNode({ ...parts, name: NODE, runner, folder });
  services = new Services(parts);
  const deployments = new Deployments({ ...parts, nodeName: NODE });
  running = Promise.all([node.run(stop.signal), services.run(stop.signal), deployments.run(stop.signal)]);
});
afterEach(async () => {
  await node.drain({ order: [], graceMs: 100 });
  stop.abort();
  await running;
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

interface Wish {
  replicas?: number;
  version?: string;
  strategy?: NonNullable<Deployment['spec']>['strategy'];
  secretName?: string;
}

function web({ replicas = 2, version = '1', strategy, secretName }: Wish = {}): Deployment {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      ...(strategy && { strategy }),
      template: {
        metadata: { labels, annotations: { version } },
        spec: {
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name: 'main',
              image: 'none.example/none:1',
              args: ['web', '--version', version],
              env: [
                { name: 'PLAIN', value: 'text' },
                { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
              ],
              ports: [{ name: 'http', containerPort: 8080 }],
              readinessProbe: {
                httpGet: { path: '/readyz', port: 'http' },
                periodSeconds: 0.2,
                failureThreshold: 1,
              },
              livenessProbe: {
                httpGet: { path: '/healthz', port: 'http' },
                periodSeconds: 0.2,
                failureThreshold: 1,
              },
              ...(secretName && { volumeMounts: [{ name: 'secret', mountPath: '/etc/eppset/secret' }] }),
            },
          ],
          ...(secretName && { volumes: [{ name: 'secret', secret: { secretName } }] }),
        },
      },
    },
  };
}

const WAIT = { timeoutMs: 10_000 };
const pods = async () => (await store.list(POD, { namespace: 'default', labelSelector: 'app=web' })).items;
const status = async () => (await read(store, DEPLOYMENT, 'default', 'web')).status ?? {};
const isComplete = async (replicas: number) => {
  const { readyReplicas = 0, updatedReplicas = 0, replicas: all = 0, observedGeneration } = await status();
  const { generation } = (await read(store, DEPLOYMENT, 'default', 'web')).metadata;
  const isNow = observedGeneration === generation;
  return isNow && readyReplicas === replicas && updatedReplicas === replicas && all === replicas;
};
const rolledOut = (replicas: number) => eventually(() => isComplete(replicas), { ...WAIT, what: 'rollout' });

describe('a Deployment', () => {
  it('becomes pods that run, and tells so', async () => {
    await store.apply(DEPLOYMENT, web());
    await rolledOut(2);
    for (const pod of await pods()) {
      const { spec } = runner.ofPod(pod.metadata.name);
      expect(spec.args).toEqual(['web', '--version', '1']);
      expect(spec.env).toEqual({ PLAIN: 'text', POD_UID: pod.metadata.uid });
      expect(pod.status).toMatchObject({ phase: 'Running', podIP: '127.0.0.1' });
      expect(pod.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Deployment', name: 'web' });
    }
    const conditions = (await status()).conditions?.map(({ type, status: value, reason }) => [
      type,
      value,
      reason,
    ]);
    expect(conditions).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ]);
  });

  it('scales up and down', async () => {
    await store.apply(DEPLOYMENT, web({ replicas: 1 }));
    await rolledOut(1);
    await store.apply(DEPLOYMENT, web({ replicas: 3 }));
    await rolledOut(3);
    await store.apply(DEPLOYMENT, web({ replicas: 1 }));
    await rolledOut(1);
    await eventually(async () => (await pods()).length === 1, WAIT);
    await store.apply(DEPLOYMENT, web({ replicas: 0 }));
    await eventually(async () => (await pods()).length === 0, WAIT);
  });

  it('that did not change writes nothing', async () => {
    await store.apply(DEPLOYMENT, web());
    await rolledOut(2);
    const { resourceVersion } = await store.list(DEPLOYMENT);
    await store.apply(DEPLOYMENT, web());
    // Two probes of every pod.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await store.list(DEPLOYMENT)).resourceVersion).toBe(resourceVersion);
  });

  it.each([
    [{ rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, { most: 4, least: 3 }],
    [{ rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }, { most: 3, least: 2 }],
  ])('rolls over within its bounds: %j', async (strategy, { most, least }) => {
    await store.apply(DEPLOYMENT, web({ replicas: 3, strategy }));
    await rolledOut(3);
    const abort = new AbortController();
    const { items, resourceVersion } = await store.list(POD);
    const states = replay(items, store.watch(POD, { resourceVersion }, abort.signal));
    await store.apply(DEPLOYMENT, web({ replicas: 3, strategy, version: '2' }));
    await rolledOut(3);
    await eventually(async () => (await pods()).length === 3, WAIT);
    abort.abort();
    const seen = await states;
    expect(seen.length).toBeGreaterThan(6);
    expect(Math.max(...seen.map(({ active }) => active))).toBe(most);
    expect(Math.min(...seen.map(({ ready }) => ready))).toBe(least);
    expect((await pods()).map((pod) => pod.metadata.annotations?.version)).toEqual(['2', '2', '2']);
  });

  it('that is recreated has no two versions at once', async () => {
    const strategy = { type: 'Recreate' };
    await store.apply(DEPLOYMENT, web({ strategy }));
    await rolledOut(2);
    const old = (await pods()).map((pod) => runner.ofPod(pod.metadata.name));
    const lastWork = Promise.withResolvers<void>();
    for (const program of old) program.lastWork = lastWork.promise;
    await store.apply(DEPLOYMENT, web({ strategy, version: '2' }));
    await eventually(() => old.every((program) => program.stopping), WAIT);
    expect(await pods()).toHaveLength(2);
    expect(runner.started).toHaveLength(2);
    lastWork.resolve();
    await rolledOut(2);
    expect((await pods()).map((pod) => pod.metadata.annotations?.version)).toEqual(['2', '2']);
  });

  it('does not go on while new pods are not ready', async () => {
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    await store.apply(DEPLOYMENT, web({ strategy }));
    await rolledOut(2);
    runner.ready = false;
    await store.apply(DEPLOYMENT, web({ strategy, version: '2' }));
    await eventually(() => runner.started.length === 3, WAIT);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(runner.started).toHaveLength(3);
    expect((await status()).readyReplicas).toBe(2);
    runner.ready = true;
    for (const program of runner.started) program.ready = true;
    await rolledOut(2);
  });

  it('that is deleted takes its pods with it', async () => {
    await store.apply(DEPLOYMENT, web());
    await rolledOut(2);
    await store.delete(DEPLOYMENT, { namespace: 'default', name: 'web' });
    await eventually(async () => (await pods()).length === 0, WAIT);
    expect(runner.started.every((program) => program.stopping)).toBe(true);
  });
});

/** How many pods were active and ready after each event. */
async function replay(
  items: Pod[],
  events: AsyncIterable<WatchEvent<Pod>>,
): Promise<{ active: number; ready: number }[]> {
  const state = new Map(items.map((pod) => [pod.metadata.name, pod]));
  const seen: { active: number; ready: number }[] = [];
  try {
    for await (const event of events) {
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'DELETED') state.delete(event.object.metadata.name);
      else state.set(event.object.metadata.name, event.object);
      const active = [...state.values()].filter((pod) => pod.metadata.deletionTimestamp === undefined);
      seen.push({ active: active.length, ready: active.filter(isReady).length });
    }
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  return seen;
}

describe('a pod', () => {
  const only = async () => {
    await store.apply(DEPLOYMENT, web({ replicas: 1 }));
    await rolledOut(1);
    const [pod] = await pods();
    return pod!;
  };
  const restarts = async (name: string) =>
    (await read(store, POD, 'default', name)).status?.containerStatuses?.[0]?.restartCount;

  it('that crashes is started again, as the same pod', async () => {
    const { name, uid } = (await only()).metadata;
    node.crash('default', name);
    await eventually(() => runner.started.length === 2, WAIT);
    await rolledOut(1);
    expect(runner.started[0]?.stopping).toBe(false);
    expect((await pods())[0]?.metadata.uid).toBe(uid);
    expect(await restarts(name)).toBe(1);
    const container = (await read(store, POD, 'default', name)).status?.containerStatuses?.[0];
    expect(container?.lastState?.terminated).toMatchObject({ exitCode: 137, message: 'killed' });
  });

  it('that does not answer any more is killed and started again', async () => {
    const { name } = (await only()).metadata;
    runner.ofPod(name).healthy = false;
    await eventually(() => runner.started.length === 2, WAIT);
    await eventually(async () => (await restarts(name)) === 1, WAIT);
  });

  it('that is not ready any more says so, and comes back', async () => {
    const { name } = (await only()).metadata;
    const program = runner.ofPod(name);
    program.ready = false;
    await eventually(async () => !isReady(await read(store, POD, 'default', name)), WAIT);
    program.ready = true;
    await eventually(async () => isReady(await read(store, POD, 'default', name)), WAIT);
    expect(runner.started).toHaveLength(1);
  });

  it('is given its grace to end', async () => {
    const { name } = (await only()).metadata;
    const program = runner.ofPod(name);
    const lastWork = Promise.withResolvers<void>();
    program.lastWork = lastWork.promise;
    await store.delete(POD, { namespace: 'default', name });
    await eventually(() => program.stopping, WAIT);
    expect((await read(store, POD, 'default', name)).metadata.deletionTimestamp).toBeDefined();
    lastWork.resolve();
    await eventually(async () => (await store.get(POD, { namespace: 'default', name })) === undefined, WAIT);
    expect(await program.exited).toEqual({ code: 0 });
  });

  it('is killed when its grace is over, or cut short', async () => {
    const { name } = (await only()).metadata;
    const program = runner.ofPod(name);
    program.lastWork = new Promise(() => undefined);
    await store.delete(POD, { namespace: 'default', name }, { gracePeriodSeconds: 1 });
    expect(await program.exited).toMatchObject({ code: 137 });
    await rolledOut(1);
    const next = (await pods()).find((pod) => pod.metadata.deletionTimestamp === undefined)!;
    const second = runner.ofPod(next.metadata.name);
    second.lastWork = new Promise(() => undefined);
    await store.delete(POD, { namespace: 'default', name: next.metadata.name });
    await eventually(() => second.stopping, WAIT);
    await store.delete(POD, { namespace: 'default', name: next.metadata.name }, { gracePeriodSeconds: 0 });
    expect(await second.exited).toMatchObject({ code: 137 });
  });

  it('that does not start is tried again, later each time', async () => {
    let failures = 2;
    runner.beforeStart = () => {
      if (failures-- > 0) throw new Error('no such program');
    };
    await store.apply(DEPLOYMENT, web({ replicas: 1 }));
    await eventually(async () => {
      const waiting = (await pods())[0]?.status?.containerStatuses?.[0]?.state?.waiting;
      expect(waiting).toEqual({ reason: 'RunContainerError', message: 'no such program' });
    }, WAIT);
    await rolledOut(1);
  });

  it('waits for its Secret, and sees it change', async () => {
    await store.apply(DEPLOYMENT, web({ replicas: 1, secretName: 'late' }));
    await eventually(async () => {
      const waiting = (await pods())[0]?.status?.containerStatuses?.[0]?.state?.waiting;
      expect(waiting?.message).toBe('volume secret: Secret default/late not found');
    }, WAIT);
    const secret = (password: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'default', name: 'late' },
      stringData: { password },
    });
    await store.apply(SECRET, secret('first'));
    await rolledOut(1);
    const [pod] = await pods();
    const path = runner.ofPod(pod!.metadata.name).spec.hostPath('/etc/eppset/secret/password');
    expect(path.startsWith(folder)).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('first');
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    await store.apply(SECRET, secret('second'));
    await eventually(async () => (await readFile(path, 'utf8')) === 'second', WAIT);
    expect(runner.started).toHaveLength(1);
  });
});

describe('a Service', () => {
  const service = (targetPort: number | string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort }] },
  });
  const ask = async (port: number) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    return await response.text();
  };

  it('goes to the ready pods in turn, at one port for all its life', async () => {
    await store.apply(SERVICE, service('http'));
    await store.apply(DEPLOYMENT, web());
    await rolledOut(2);
    await eventually(() => services.endpoints('default', 'web', 80) === 2, WAIT);
    const port = services.portOf('default', 'web', 'http')!;
    const names = (await pods()).map((pod) => pod.metadata.name).sort();
    expect([...new Set([await ask(port), await ask(port)])].sort()).toEqual(names);

    runner.ofPod(names[0]!).ready = false;
    await eventually(() => services.endpoints('default', 'web', 80) === 1, WAIT);
    expect([await ask(port), await ask(port)]).toEqual([names[1], names[1]]);

    await store.apply(DEPLOYMENT, web({ replicas: 0 }));
    await eventually(() => services.endpoints('default', 'web', 80) === 0, WAIT);
    await expect(ask(port)).rejects.toThrow();
    await store.apply(SERVICE, service(8080));
    expect(services.portOf('default', 'web', 80)).toBe(port);
    await store.delete(SERVICE, { namespace: 'default', name: 'web' });
    await eventually(() => services.portOf('default', 'web', 80) === undefined, WAIT);
  });

  it('passes on what its pods break', async () => {
    await store.apply(SERVICE, service('http'));
    await store.apply(DEPLOYMENT, web({ replicas: 1 }));
    await rolledOut(1);
    await eventually(() => services.endpoints('default', 'web', 80) === 1, WAIT);
    const port = services.portOf('default', 'web', 80)!;
    const [pod] = await pods();
    const keepAlive = await fetch(`http://127.0.0.1:${port}/`);
    expect(await keepAlive.text()).toBe(pod!.metadata.name);
    node.crash('default', pod!.metadata.name);
    await eventually(async () => (await ask(port)) === pod!.metadata.name, WAIT);
  });
});

it('nobody else’s write is lost while the node tells a status', async () => {
  await store.apply(DEPLOYMENT, web());
  for (let round = 0; round < 20; round++) {
    for (const pod of await pods()) {
      const live = await store.get(POD, { namespace: 'default', name: pod.metadata.name });
      if (live === undefined) continue;
      const labels = { ...live.metadata.labels, round: String(round) };
      await store
        .replace(POD, { ...live, metadata: { ...live.metadata, labels } })
        .catch((error: unknown) => {
          if (!isConflict(error)) throw error;
        });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await rolledOut(2);
});
