/** The whole operator with its allocator, and real lease holders in the place of adapters: only registries and nodes are missing. */
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_REGISTRY } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { DEPLOYMENT, ROLE } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { createOperator } from '../../src/operator/operator.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { eventually } from '../support/eventually.ts';
import { BusyAdapter } from './busy-adapter.ts';
import { Bench, openClient } from './controllers.ts';

/** TTL of class core 12 s, the quarantine of this registry 8.6 s: longer than a status waits to be written. */
const TIME_SCALE = 0.02;
const CONNECTIONS = { limit: 10, idleTimeoutSeconds: 8, lateDeliverySeconds: 0 };

const { api, namespace } = useApiServer({ prefix: 'operator' });
let client: ClosableKubeClient;
let bench: Bench;
let running: Promise<unknown>;
const abort = new AbortController();
const adapters: BusyAdapter[] = [];

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  await bench.registry({ spec: { connections: CONNECTIONS } });
  const operator = createOperator(
    { client, clock, log, metrics: new Registry() },
    { identity: 'test', leaderElection: false, image: 'x', namespace: namespace(), timeScale: TIME_SCALE },
  );
  running = operator.run(abort.signal);
});
afterAll(async () => {
  for (const { holder } of adapters) holder.stop();
  abort.abort(new Error('the test ends'));
  await running;
  await client?.close();
});

/** A set whose two pods hold all ten connections. */
async function busySet(name: string): Promise<BusyAdapter[]> {
  await bench.set({ name, spec: { pools: [{ registry: 'verisign', min: 4, max: 10 }] } });
  await bench.makeReady(name, 2);
  const pods = (await bench.pods(name)).map(
    (pod) =>
      new BusyAdapter({ client, pod, account: 'verisign', connections: CONNECTIONS, timeScale: TIME_SCALE }),
  );
  adapters.push(...pods);
  await eventually(
    async () => {
      const { connections } = (await bench.get(EPP_SET, name)).status ?? {};
      expect(connections).toMatchObject({ granted: 10, open: 10 });
    },
    { timeoutMs: 60_000 },
  );
  return pods;
}

async function gone(resource: Parameters<typeof client.get>[0], name: string): Promise<void> {
  await eventually(async () => expect(await client.get(resource, bench.key(name))).toBeUndefined(), {
    timeoutMs: 90_000,
    what: `${resource.kind} ${name} is gone`,
  });
}

const accountOf = async () => (await bench.get(EPP_REGISTRY, 'verisign')).status;

describe('the operator', () => {
  it('tells on set and account where the connections are', async () => {
    const pods = await busySet('busy');
    await eventually(() => expect(pods.map(({ open }) => open)).toEqual([5, 5]));
    await eventually(async () => {
      expect(await accountOf()).toMatchObject({
        connections: { limit: 10, granted: 10, open: 10, quarantined: 0, free: 0 },
        sets: [{ set: 'epp.core.bj', name: 'busy', class: 'core', granted: 10, open: 10 }],
      });
    });
    expect((await bench.get(EPP_SET, 'busy')).status?.pools).toMatchObject([
      { registry: 'verisign', granted: 10, open: 10 },
    ]);
  });

  it('lets a set go when its pods have given everything back', async () => {
    await client.delete(EPP_SET, bench.key('busy'));
    await gone(DEPLOYMENT, 'busy-adapter');
    await bench.until(EPP_SET, 'busy', 'Progressing', 'True Draining');
    await bench.get(ROLE, 'busy-adapter');
    await Promise.all(adapters.map((adapter) => adapter.end()));
    await gone(EPP_SET, 'busy');
    expect((await client.list(EPP_CONNECTION_LEASE, { namespace: namespace() })).items).toEqual([]);
    await eventually(async () => {
      expect(await accountOf()).toMatchObject({
        connections: { granted: 0, open: 0, quarantined: 0, free: 10 },
      });
    });
  });

  it('keeps a set whose pod died without a word until the registry surely has dropped its connections', async () => {
    const [one, other] = await busySet('dying');
    one?.holder.stop();
    await client.delete(EPP_SET, bench.key('dying'));
    await gone(DEPLOYMENT, 'dying-adapter');
    await other?.end();
    await eventually(
      async () => {
        expect(await accountOf()).toMatchObject({ connections: { quarantined: 5, free: 5 } });
        await bench.get(EPP_SET, 'dying');
      },
      { timeoutMs: 90_000, what: 'the quarantine' },
    );
    await gone(EPP_SET, 'dying');
    await eventually(async () =>
      expect(await accountOf()).toMatchObject({ connections: { quarantined: 0, free: 10 } }),
    );
  });

  it('lets an account go with its ledger', async () => {
    expect(await client.get(EPP_CONNECTION_LEDGER, bench.key('verisign'))).toBeDefined();
    await client.delete(EPP_REGISTRY, bench.key('verisign'));
    await gone(EPP_REGISTRY, 'verisign');
    await gone(EPP_CONNECTION_LEDGER, 'verisign');
  });
});
