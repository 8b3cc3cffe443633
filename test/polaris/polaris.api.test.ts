/** Slices on a real API server, told to a server that answers as Polaris documents it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ENDPOINT_SLICE, type EndpointSlice } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { polarisOptions } from '../../src/polaris/options.ts';
import { polarisMetrics, runPolaris } from '../../src/polaris/polaris.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { openClient } from '../operator/controllers.ts';
import { eventually } from '../support/eventually.ts';
import { DocumentedPolaris } from './documented-polaris.ts';

const { api, namespace } = useApiServer({ prefix: 'polaris' });
const TOKEN = 'the-token-of-polaris';
let client: ClosableKubeClient;

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
});
afterAll(() => client?.close());

/** As the cluster keeps it for a Service of a set. */
const slice = (name: string, hosts: Record<string, boolean>) =>
  ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: namespace(),
      labels: {
        'app.kubernetes.io/component': 'adapter',
        'app.kubernetes.io/managed-by': 'eppset',
        'eppset.io/set-prefix': 'epp',
        'eppset.io/set-business': 'core',
        'eppset.io/set-region': 'bj',
      },
    },
    addressType: 'IPv4',
    endpoints: Object.entries(hosts).map(([host, ready]) => ({ addresses: [host], conditions: { ready } })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  }) as unknown as EndpointSlice;

async function change(name: string, hosts: Record<string, boolean>): Promise<void> {
  await eventually(async () => {
    const live = await client.get(ENDPOINT_SLICE, { namespace: namespace(), name });
    if (live === undefined) await client.create(ENDPOINT_SLICE, slice(name, hosts));
    else await client.replace(ENDPOINT_SLICE, { ...live, endpoints: slice(name, hosts).endpoints ?? [] });
  });
}

async function setUp({ deregisterAtEnd = true }: { deregisterAtEnd?: boolean } = {}) {
  const polaris = await DocumentedPolaris.start(TOKEN);
  const folder = await mkdtemp(join(tmpdir(), 'eppset-polaris-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${TOKEN}\n`);
  const lines: string[] = [];
  const metrics = new Registry();
  const stop = new AbortController();
  const running = runPolaris(
    {
      client,
      clock,
      log: createLog({
        name: 'test',
        level: 'debug',
        destination: { write: (line) => void lines.push(line) },
      }),
      metrics: polarisMetrics(metrics),
      namespace: namespace(),
      deregisterAtEnd,
    },
    polarisOptions.parse({ url: polaris.url, tokenFile, ttlSeconds: 1 }),
    stop.signal,
  );
  const end = async () => {
    stop.abort(new Error('the test ends'));
    await running;
  };
  onTestFinished(async () => {
    await end();
    await polaris.close();
    await rm(folder, { recursive: true });
  });
  return { polaris, metrics, lines, end, tokenFile };
}

const told = (polaris: DocumentedPolaris) =>
  [...polaris.instances.values()]
    .map(({ host, isolate }) => `${host} ${isolate ? 'isolated' : 'serving'}`)
    .sort();

it('Polaris has the instances of a set, as they come, fall ill and go', async () => {
  await change('life', { '10.1.0.1': true, '10.1.0.2': false });
  const { polaris, metrics, lines, end } = await setUp();
  await eventually(() => expect(told(polaris)).toEqual(['10.1.0.1 serving', '10.1.0.2 isolated']));
  expect([...polaris.instances.values()][0]).toMatchObject({
    namespace: 'default',
    service: 'epp',
    port: 8080,
    enable_health_check: true,
    health_check: { type: 'HEARTBEAT', heartbeat: { ttl: 1 } },
    metadata: { 'internal-enable-set': 'Y', 'internal-set-name': 'epp.core.bj', source: 'eppset' },
  });
  await change('life', { '10.1.0.1': false, '10.1.0.3': true });
  await eventually(() => expect(told(polaris)).toEqual(['10.1.0.1 isolated', '10.1.0.3 serving']));
  // Heartbeats of both
  const before = polaris.count('/v1/Heartbeat');
  await eventually(() => expect(polaris.count('/v1/Heartbeat')).toBeGreaterThanOrEqual(before + 2));
  expect(await metrics.metrics()).toContain('eppset_polaris_instances{state="registered"} 2');
  await end();
  expect(told(polaris)).toEqual([]);
  expect(lines.join('')).not.toContain(TOKEN);
});

it('comes back when Polaris does, and leaves what a successor goes on with', async () => {
  await change('away', { '10.2.0.1': true });
  const { polaris, lines, end } = await setUp({ deregisterAtEnd: false });
  polaris.away = true;
  await eventually(() => expect(polaris.count('/v1/RegisterInstance')).toBeGreaterThan(1));
  await eventually(() => expect(lines.join('')).toContain('500000'));
  polaris.away = false;
  await eventually(() => expect(told(polaris)).toContain('10.2.0.1 serving'));
  await end();
  expect(told(polaris)).toContain('10.2.0.1 serving');
});
