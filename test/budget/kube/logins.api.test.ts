/** Real adapters, a real allocator and API server, and a registry that locks an account: who logs in with what. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Adapter, startAdapter } from '../../../src/adapter/adapter.ts';
import { openBudget } from '../../../src/adapter/open-budget.ts';
import { adapterFile } from '../../../src/api/files/adapter-file.ts';
import { EPP_REGISTRY, type EppRegistry } from '../../../src/api/v1alpha1/registry.ts';
import { type ClosableKubeClient, createClient } from '../../../src/kube/client.ts';
import { loadClusterConfig } from '../../../src/kube/cluster-config.ts';
import { systemBootClock } from '../../../src/lib/boot-clock.ts';
import { systemClock as clock } from '../../../src/lib/clock.ts';
import { silentLog as log } from '../../../src/lib/log.ts';
import type { Simulator } from '../../../src/simulator/server.ts';
import { CLIENT_ID, PASSWORD, startRegistry } from '../../adapter/harness.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { eventually } from '../../support/eventually.ts';
import { Cluster, TIME_SCALE } from './cluster.ts';

const PODS = 4;
const LOCK_AFTER = 4;
const { api, namespace } = useApiServer({ prefix: 'logins' });
let client: ClosableKubeClient;
let cluster: Cluster;
let registry: Simulator;
const adapters: { adapter: Adapter; folder: string; abandon(): void }[] = [];
const settled = { timeoutMs: 80_000, everyMs: 50 };
/** What is cut stays counted for six seconds. */
const connections = { limit: 20, idleTimeoutSeconds: 5, lateDeliverySeconds: 0 };

beforeAll(async () => {
  const config = await loadClusterConfig({ kubeconfig: api().kubeconfigPath, env: {} });
  client = await createClient(config, { clock, log });
  await serveCrds(client);
  registry = await startRegistry({ lockAfterFailures: LOCK_AFTER });
  cluster = new Cluster(client, namespace(), connections.limit);
  await client.create(EPP_REGISTRY, {
    apiVersion: EPP_REGISTRY.apiVersion,
    kind: EPP_REGISTRY.kind,
    metadata: { name: 'reg', namespace: namespace() },
    spec: {
      accreditation: 'acme',
      tlds: ['com'],
      endpoint: { host: '127.0.0.1' },
      credentials: { secretName: 'none' },
      connections,
    },
  } as unknown as EppRegistry);
  await cluster.createSet('core', PODS, connections.limit);
  cluster.lead();
});

afterAll(async () => {
  for (const { adapter, abandon, folder } of adapters) {
    await adapter.close();
    abandon();
    await rm(folder, { recursive: true });
  }
  await cluster?.stop();
  await registry?.close();
  await client?.close();
});

async function startPod(password: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-logins-'));
  await mkdir(join(folder, 'login'));
  await writeFile(join(folder, 'login/username'), CLIENT_ID);
  await writeFile(join(folder, 'login/password'), password);
  await writeFile(join(folder, 'ca.crt'), registry.ca);
  const file = adapterFile.parse({
    kind: 'AdapterFile',
    set: 'epp.core.bj',
    class: 'core',
    budget: { mode: 'lease', timeScale: TIME_SCALE },
    accounts: [
      {
        name: 'reg',
        accreditation: 'acme',
        tlds: ['com'],
        endpoint: { host: '127.0.0.1', port: registry.eppPort },
        credentials: { dir: 'login' },
        tls: { caDir: '.' },
        pool: { max: 10 },
        connections: { idleTimeoutSeconds: 5, lateDeliverySeconds: 0 },
      },
    ],
  });
  const pod = await cluster.createPod('core');
  const { budget, abandon } = openBudget({
    file,
    leaseAccess: () => ({
      client,
      leaseKey: { namespace: pod.metadata.namespace!, name: pod.metadata.uid! },
    }),
    clock,
    bootClock: systemBootClock(),
    log,
  });
  const adapter = await startAdapter({
    file,
    folder,
    budget,
    metrics: new Registry(),
    log,
    listen: { host: '127.0.0.1', port: 0 },
    drainGraceMs: 20,
  });
  adapters.push({ adapter, folder, abandon });
}

const writeSecret = (key: string, value: string) =>
  Promise.all(adapters.map(({ folder }) => writeFile(join(folder, 'login', key), value)));
const login = async () => (await cluster.ledger())?.spec.login;
const account = () => registry.stats().accounts[CLIENT_ID]!;
const allReady = (what: string) =>
  eventually(
    async () => {
      const answers = await Promise.all(adapters.map(({ adapter }) => fetch(`${adapter.url}/readyz`)));
      expect(answers.map(({ status }) => status)).toEqual(adapters.map(() => 200));
    },
    { ...settled, what },
  );

it('a wrong password of four pods does not lock an account that four failures lock', async () => {
  for (let n = 0; n < PODS; n += 1) await startPod('not-that-one');
  await eventually(async () => (await login())?.refusals === 2, settled);
  expect(account()).toMatchObject({ logins: 0, locked: false });
  await writeSecret('password', PASSWORD);
  await allReady('everybody is let in');
  expect(account().locked).toBe(false);
  expect(await login()).toMatchObject({ state: 'Proven', refusals: 0 });
});

it('newPassword is set once, and everybody logs in with it', async () => {
  await writeSecret('newPassword', 'another-horse');
  await eventually(
    async () => expect(await login()).toMatchObject({ state: 'Proven', password: 'Changed' }),
    settled,
  );
  const { logins } = account();
  registry.control({ kill: { clientId: CLIENT_ID, count: 100 } });
  await eventually(() => account().logins >= logins + PODS, settled);
  await allReady('everybody is back');
  expect(account().locked).toBe(false);
  expect(await login()).toMatchObject({ state: 'Proven', password: 'Changed' });
});
