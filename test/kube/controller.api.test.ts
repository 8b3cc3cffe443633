import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isConflict } from '../../src/kube/api-error.ts';
import { CONFIG_MAP, type ConfigMap, NAMESPACE, SECRET, type Secret } from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { Controller, type ControllerOptions, ownerKey } from '../../src/kube/controller.ts';
import { Informer } from '../../src/kube/informer.ts';
import { keyString, type ObjectKey, ownerReference, type Resource } from '../../src/kube/objects.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { eventually } from '../support/eventually.ts';

let api: ApiServer;
let client: ClosableKubeClient;
let namespace: string;
let stop: AbortController;
const ending: Promise<unknown>[] = [];

beforeAll(async () => {
  // The least that a namespace needs: other controllers would put objects of their own into it.
  api = await startApiServer({ controllers: ['serviceaccount-controller'] });
  const config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  client = createClient(config, { clock: systemClock, log: silentLog });
});
afterAll(async () => {
  await client?.close();
  await api?.stop();
});

let count = 0;
beforeEach(async () => {
  count += 1;
  namespace = `controller-${count}`;
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort(new Error('the test has ended'));
  await Promise.all(ending.splice(0));
});

const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data,
});

function informerOf<T extends ConfigMap | Secret>(resource: Resource<T>): Informer<T> {
  const informer = new Informer({ client, resource, namespace, clock: systemClock, log: silentLog });
  ending.push(informer.run(stop.signal));
  return informer;
}

const newController = (options: Partial<ControllerOptions> & Pick<ControllerOptions, 'reconcile'>) =>
  new Controller({
    name: 'test',
    clock: systemClock,
    log: silentLog,
    backoff: { baseMs: 5, maxMs: 50 },
    ...options,
  });

const run = (controller: Controller) => ending.push(controller.run(stop.signal));

describe('a controller', () => {
  it('reconciles each key to its last state, several at once, but never one twice at once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const inWork = new Set<string>();
    let twice = 0;
    let most = 0;
    const seen = new Map<string, string | undefined>();
    const reconcile = async (key: ObjectKey) => {
      const name = keyString(key);
      if (inWork.has(name)) twice += 1;
      inWork.add(name);
      most = Math.max(most, inWork.size);
      const object = await client.get(CONFIG_MAP, key);
      await systemClock.sleep(5);
      seen.set(key.name, object?.data?.x);
      inWork.delete(name);
    };
    run(newController({ reconcile, concurrency: 3 }).watches(informerOf(CONFIG_MAP)));
    await Promise.all(
      names.map(async (name) => {
        for (let x = 0; x <= 20; x += 1) await client.apply(CONFIG_MAP, configMap(name, { x: String(x) }));
      }),
    );
    await eventually(() => names.every((name) => seen.get(name) === '20'));
    expect({ twice, most }).toEqual({ twice: 0, most: 3 });
    await client.delete(CONFIG_MAP, { namespace, name: 'a' });
    await eventually(() => seen.has('a') && seen.get('a') === undefined);
  });

  it('tries again after a failure with a longer and longer wait, and counts', async () => {
    const metrics = new Registry();
    const times: number[] = [];
    const reconcile = async ({ name }: ObjectKey) => {
      if (name !== 'a') return;
      times.push(performance.now());
      if (times.length <= 7 || times.length === 9) throw new Error('not yet');
    };
    await client.create(CONFIG_MAP, configMap('a'));
    const controller = newController({ reconcile, metrics, backoff: { baseMs: 20, maxMs: 10_000 } });
    run(controller.watches(informerOf(CONFIG_MAP)));
    await eventually(() => times.length === 8);
    const waits = times.slice(1).map((time, at) => time - (times[at] as number));
    // Timers may fire up to a millisecond early.
    expect(waits.filter((wait, at) => wait < 20 * 2 ** at - 2)).toEqual([]);
    const lines = (await metrics.metrics()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'controller_runtime_reconcile_total{controller="test",result="error"} 7',
        'controller_runtime_reconcile_total{controller="test",result="success"} 1',
        'controller_runtime_reconcile_errors_total{controller="test"} 7',
        'controller_runtime_max_concurrent_reconciles{controller="test"} 1',
        'controller_runtime_active_workers{controller="test"} 0',
        'workqueue_retries_total{name="test"} 7',
      ]),
    );
    // It has succeeded: the next failure is the first again, not the eighth with its 2,560 ms.
    controller.enqueue({ namespace, name: 'a' });
    await eventually(() => times.length === 10);
    expect((times[9] as number) - (times[8] as number)).toBeLessThan(2_500);
  });

  it('gets every change in although others write the same object', async () => {
    await client.create(CONFIG_MAP, configMap('counter', { n: '0' }));
    const key = { namespace, name: 'counter' };
    const informer = informerOf(CONFIG_MAP);
    let conflicts = 0;
    const startWriter = () => {
      let left = 15;
      const reconcile = async () => {
        if (left === 0) return {};
        // From the copy, which may be old: the compare-and-swap finds out.
        const object = informer.get(key) as ConfigMap;
        const n = String(Number(object.data?.n) + 1);
        await client.replace(CONFIG_MAP, { ...object, data: { n } }).catch((error: unknown) => {
          if (isConflict(error)) conflicts += 1;
          throw error;
        });
        left -= 1;
        return { requeueAfterMs: 1 };
      };
      const controller = newController({ reconcile }).watches(informer);
      controller.enqueue(key);
      run(controller);
    };
    for (let i = 0; i < 3; i += 1) startWriter();
    await eventually(async () => (await client.get(CONFIG_MAP, key))?.data?.n === '45', {
      timeoutMs: 60_000,
    });
    expect(conflicts).toBeGreaterThan(0);
  });

  it('comes back when it asked to', async () => {
    const metrics = new Registry();
    const times: number[] = [];
    const reconcile = async () => {
      times.push(performance.now());
      return { requeueAfterMs: 50 };
    };
    const controller = newController({ reconcile, metrics });
    controller.enqueue({ namespace, name: 'a' });
    run(controller);
    await eventually(() => times.length >= 3);
    expect((times[2] as number) - (times[0] as number)).toBeGreaterThan(97);
    expect(await metrics.metrics()).toMatch(
      /reconcile_total{controller="test",result="requeue_after"} [2-9]/,
    );
  });

  it('makes anew what belongs to an object when somebody deletes it', async () => {
    const reconcile = async (key: ObjectKey) => {
      const owner = await client.get(CONFIG_MAP, key);
      if (owner === undefined || key.name !== 'owner') return;
      const ownerReferences = [ownerReference(owner)];
      const metadata = { namespace, name: 'owned', ownerReferences };
      await client.apply(SECRET, { apiVersion: 'v1', kind: 'Secret', metadata });
    };
    run(
      newController({ reconcile })
        .watches(informerOf(CONFIG_MAP))
        .watches(informerOf(SECRET), ownerKey(CONFIG_MAP)),
    );
    await client.create(CONFIG_MAP, configMap('owner'));
    const key = { namespace, name: 'owned' };
    const read = async () => {
      const found = await client.get(SECRET, key);
      if (found === undefined) throw new Error('not there');
      return found;
    };
    const first = await eventually(read);
    await client.delete(SECRET, key);
    const second = await eventually(read);
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
  });

  it('ends what is under way when it is stopped, and begins nothing new', async () => {
    const steps: string[] = [];
    const reconcile = async ({ name }: ObjectKey, signal: AbortSignal) => {
      steps.push(`${name} begins`);
      if (name === 'a') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await systemClock.sleep(20);
      steps.push(`${name} ends`);
    };
    const controller = newController({ reconcile });
    controller.enqueue({ namespace, name: 'a' });
    controller.enqueue({ namespace, name: 'b' });
    const running = controller.run(stop.signal);
    await eventually(() => steps.length === 1);
    stop.abort(new Error('stopping'));
    await running;
    expect(steps).toEqual(['a begins', 'a ends']);
  });

  it('does not begin a key that came at the moment of the stop', async () => {
    const begun: string[] = [];
    const controller = newController({ reconcile: async ({ name }) => void begun.push(name) });
    const running = controller.run(stop.signal);
    controller.enqueue({ namespace, name: 'a' });
    await eventually(() => begun.length === 1);
    // The worker waits: it is handed the key at once, but goes on only after the stop.
    controller.enqueue({ namespace, name: 'b' });
    stop.abort(new Error('stopping'));
    await running;
    expect(begun).toEqual(['a']);
  });
});

describe('ownerKey', () => {
  const owned = (reference: object) => ({
    ...configMap('child'),
    metadata: {
      namespace: 'ns',
      name: 'child',
      ownerReferences: [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'u', controller: true, ...reference },
      ],
    },
  });

  it.each([
    { reference: {}, keys: [{ namespace: 'ns', name: 'owner' }] },
    { reference: { apiVersion: 'v2' }, keys: [] },
    { reference: { kind: 'Secret' }, keys: [] },
    { reference: { controller: false }, keys: [] },
  ])('of $reference is $keys', ({ reference, keys }) => {
    expect(ownerKey(CONFIG_MAP)(owned(reference))).toEqual(keys);
  });

  it('follows an owner through versions of its group', () => {
    const sets: Resource = {
      apiVersion: 'eppset.io/v1',
      kind: 'EppSet',
      plural: 'eppsets',
      namespaced: true,
    };
    const child = owned({ apiVersion: 'eppset.io/v1alpha1', kind: 'EppSet' });
    expect(ownerKey(sets)(child)).toEqual([{ namespace: 'ns', name: 'owner' }]);
  });
});
