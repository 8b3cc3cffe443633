/** A gateway in an embedded cluster: made by the operator, it finds the adapters by their slices, and shows them the token. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROLLOUT_PATH, rolloutReport } from '../../src/api/http/rollout-report.ts';
import { EPP_GATEWAY } from '../../src/api/v1alpha1/gateway.ts';
import { LABEL } from '../../src/api/v1alpha1/labels.ts';
import { type EmbeddedCluster, startEmbedded } from '../../src/embedded/cluster.ts';
import { readManifests } from '../../src/embedded/manifests.ts';
import { loopbackOrigin } from '../../src/embedded/pod-view.ts';
import { POD } from '../../src/kube/builtin.ts';
import { createLog } from '../../src/lib/log.ts';
import { read } from '../kube/contract-objects.ts';
import { eventually } from '../support/eventually.ts';
import { tokenHeaders } from '../support/internal-token.ts';

const NAMESPACE = 'eppset-demo';
const SAMPLES = fileURLToPath(new URL('../../manifests/samples/', import.meta.url));
const FRONT = 'epp-bj';

let cluster: EmbeddedCluster;
const lines: string[] = [];

beforeAll(async () => {
  const log = createLog({
    level: 'debug',
    name: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  cluster = await startEmbedded({ manifests: await readManifests(SAMPLES), timeScale: 0.05, log });
  await cluster.ready();
}, 60_000);
afterAll(() => cluster?.close(), 30_000);

const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
  const response = await fetch(`${cluster.serviceUrl(NAMESPACE, `${FRONT}-gateway`)}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { outcome: string; type?: string };
  return { status: response.status, set: response.headers.get('x-epp-set'), ...answer };
};

it('sends each command to the set of its business', async () => {
  expect(await post('/com/check', { names: ['example.com'] })).toMatchObject({
    status: 200,
    set: 'epp.query.bj',
  });
  const create = { name: 'through-the-gateway.cn', authInfo: { pw: 'demo-only-1' } };
  expect(await post('/cn/create', create)).toMatchObject({ status: 200, set: 'epp.core.bj' });
  expect(await post('/cn/info', { name: create.name })).toMatchObject({ status: 200, set: 'epp.manage.bj' });
});

it('passes a trace on into the log of the adapter', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  await post(
    '/com/create',
    { name: 'traced.com', authInfo: { pw: 'demo-only-1' } },
    {
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    },
  );
  const logged = () => lines.map((line) => JSON.parse(line)).filter((line) => line.trace_id === trace);
  await eventually(() =>
    logged().some(({ msg, operation }) => msg === 'transform command' && operation === 'domain:create'),
  );
});

it('takes a change of its switches over while it runs', async () => {
  const checks = () => post('/com/check', { names: ['example.com'] });
  const change = async (switches: Record<string, boolean>) => {
    const live = await read(cluster.client, EPP_GATEWAY, NAMESPACE, FRONT);
    await cluster.client.replace(EPP_GATEWAY, { ...live, spec: { ...live.spec, switches } });
  };
  await change({ query: false });
  // two pods, each in its own time
  await eventually(async () =>
    (await Promise.all([checks(), checks()])).every(({ status }) => status === 503),
  );
  await change({ query: true });
  await eventually(async () =>
    (await Promise.all([checks(), checks()])).every(({ status }) => status === 200),
  );
});

it('reports its rollout to who shows the token', async () => {
  const labelSelector = `${LABEL.gateway}=${FRONT},${LABEL.component}=gateway`;
  const { items: pods } = await cluster.client.list(POD, { namespace: NAMESPACE, labelSelector });
  expect(pods).toHaveLength(2);
  const headers = await tokenHeaders(cluster.client, NAMESPACE);
  for (const pod of pods) {
    const url = loopbackOrigin(pod) + ROLLOUT_PATH;
    expect((await fetch(url)).status).toBe(401);
    const report = await (await fetch(url, { headers })).json();
    expect(rolloutReport.parse(report)).toMatchObject({ percent: 100 });
  }
});

it('has logged no token', async () => {
  const [token] = Object.values(await tokenHeaders(cluster.client, NAMESPACE));
  expect(token).toMatch(/.{16}/);
  expect(lines.join('')).not.toContain(token);
});
