/** The console behind a real API server's authorization: what each token sees, with no right but those that the chart gives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GROUP } from '../../src/api/v1alpha1/group.ts';
import { EPP_REGISTRY } from '../../src/api/v1alpha1/registry.ts';
import { clusterAccess } from '../../src/console/cluster-access.ts';
import { clusterSource } from '../../src/console/cluster-source.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import type { Overview } from '../../src/overview/overview.ts';
import { watchObjects } from '../../src/overview/watched-objects.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { ManualClock } from '../kube/manual-clock.ts';
import { Bench, openClient } from '../operator/controllers.ts';
import { eventually } from '../support/eventually.ts';
import { serveConsole } from './serve.ts';
import { StreamReader } from './stream-reader.ts';

const { api, namespace: shop } = useApiServer({ prefix: 'console-shop' });
const { namespace: lab } = useApiServer({ prefix: 'console-lab' });
const RBAC = 'rbac.authorization.k8s.io';

let admin: ClosableKubeClient;
let own: ClosableKubeClient;
let server: Awaited<ReturnType<typeof serveConsole>>;
let url: string;
const lines: string[] = [];
const end = new AbortController();
const accessClock = new ManualClock();
let watching: Promise<void>;
/** Requests that the console made to find out who may see what. */
let reviews = 0;
/** They wait for it. */
let reviewing: Promise<void> | undefined;

const log = createLog({
  level: 'debug',
  name: 'test',
  destination: { write: (line) => void lines.push(line) },
});

async function post(path: string, body: object): Promise<void> {
  const answer = await api().request('POST', path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.body}`);
}

/** A service account with these cluster roles, everywhere or in `where` alone; its token. */
async function account(name: string, roles: readonly string[], where?: string): Promise<string> {
  await post(`/api/v1/namespaces/${shop()}/serviceaccounts`, { metadata: { name } });
  for (const role of roles) {
    const scope = where === undefined ? '' : `/namespaces/${where}`;
    await post(`/apis/${RBAC}/v1${scope}/${where === undefined ? 'clusterrolebindings' : 'rolebindings'}`, {
      metadata: { name: `${shop()}-${name}-${role.replaceAll(':', '-')}` },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name, namespace: shop() }],
    });
  }
  return await api().tokenFor(shop(), name);
}

async function role(name: string, resources: readonly string[], verbs: readonly string[]): Promise<string> {
  const full = `${shop()}-${name}`;
  await post(`/apis/${RBAC}/v1/clusterroles`, {
    metadata: { name: full },
    rules: [{ apiGroups: [GROUP], resources, verbs }],
  });
  return full;
}

const KINDS = ['eppregistries', 'eppsets', 'eppgateways', 'eppconnectionleases', 'eppconnectionledgers'];
let view: string;
let noLedgers: string;

beforeAll(async () => {
  admin = await openClient(api().kubeconfigPath);
  await serveCrds(admin);
  for (const namespace of [shop(), lab()]) await new Bench(admin, namespace).registry();
  view = await role('view', KINDS, ['get', 'list', 'watch']);
  noLedgers = await role('no-ledgers', KINDS.slice(0, 4), ['get', 'list', 'watch']);
  const token = await account('operator', [view, 'system:auth-delegator']);
  const config = await loadClusterConfig({ kubeconfig: api().kubeconfigPath, env: {} });
  const { cert: _cert, key: _key, ...reach } = config;
  own = createClient({ ...reach, token: async () => token }, { clock, log });
  const counting: Pick<KubeClient, 'create'> = {
    create: async (resource, object, signal) => {
      reviews += 1;
      await reviewing;
      return await own.create(resource, object, signal);
    },
  };
  const watched = watchObjects({ client: own, clock, log });
  const access = clusterAccess({ client: counting, clock: accessClock, log });
  server = await serveConsole({ source: clusterSource(watched, clock), access, log });
  url = server.url;
  watching = watched.run(end.signal);
});
afterAll(async () => {
  await server?.close();
  end.abort();
  await watching;
  await Promise.all([own?.close(), admin?.close()]);
  for (const name of [view, noLedgers])
    await api().request('DELETE', `/apis/${RBAC}/v1/clusterroles/${name}`);
  const all = await api().request('GET', `/apis/${RBAC}/v1/clusterrolebindings`);
  const { items } = JSON.parse(all.body) as { items: { metadata: { name: string } }[] };
  for (const { metadata } of items.filter(({ metadata }) => metadata.name.startsWith(`${shop()}-`)))
    await api().request('DELETE', `/apis/${RBAC}/v1/clusterrolebindings/${metadata.name}`);
});

const ask = async (token?: string) => {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/console/api/overview`, { headers });
  return { status: answer.status, body: await answer.text() };
};

/** Namespaces of the test's own that the token sees, once everything was read. */
const sees = async (token: string): Promise<string[]> => {
  const { accounts } = await eventually(async () => {
    const { status, body } = await ask(token);
    if (status !== 200) throw new Error(`${status} ${body}`);
    return JSON.parse(body) as Overview;
  });
  return accounts.map(({ namespace }) => namespace).filter((name) => [shop(), lab()].includes(name));
};

describe('who', () => {
  it('may list everything sees everything', async () => {
    const token = await account('viewer', [view]);
    await eventually(async () => (await sees(token)).length === 2);
    expect((await sees(token)).sort()).toEqual([lab(), shop()].sort());
  });

  it('may list one namespace sees that one alone, and what happens in it', async () => {
    const token = await account('shop-viewer', [view], shop());
    expect(await sees(token)).toEqual([shop()]);
    const page = await StreamReader.open(url, token);
    try {
      await page.overview();
      await new Bench(admin, lab()).registry({ name: 'hidden', credentials: [] });
      await new Bench(admin, shop()).edit(EPP_REGISTRY, 'verisign', ({ spec }) => {
        spec.connections.limit = 77;
      });
      await eventually(() => page.overviews.at(-1)?.accounts[0]?.limit === 77);
      expect(JSON.stringify(page.overviews)).not.toContain(lab());
    } finally {
      page.close();
    }
  });

  it('has no rights is refused, and so is who may not list all of it', async () => {
    for (const [name, roles] of [
      ['stranger', []],
      ['no-ledgers', [noLedgers]],
    ] as const) {
      const { status, body } = await ask(await account(name, roles));
      expect([name, status, body]).toEqual([name, 403, '{"error":"forbidden"}']);
    }
  });

  it('has no token, or a wrong one, is nobody', async () => {
    const token = await api().tokenFor(shop(), 'viewer');
    const forged = `${token.slice(0, -6)}AAAAAA`;
    for (const wrong of [undefined, 'nonsense', forged])
      expect(await ask(wrong)).toEqual({ status: 401, body: '{"error":"unauthenticated"}' });
    const basic = await fetch(`${url}/console/api/overview`, { headers: { authorization: 'Basic YTpi' } });
    expect(basic.status).toBe(401);
    expect(lines.join('\n')).not.toContain(token.slice(-40));
    expect(lines.join('\n')).not.toContain(forged.slice(20, 60));
  });
});

it('is asked for again after half a minute, and not before', async () => {
  const token = await account('leaver', [view]);
  expect((await ask(token)).status).toBe(200);
  const before = reviews;
  await Promise.all(Array.from({ length: 20 }, () => ask(token)));
  expect(reviews).toBe(before);
  await api().request('DELETE', `/apis/${RBAC}/v1/clusterrolebindings/${shop()}-leaver-${view}`);
  await accessClock.advance(29_000);
  expect((await ask(token)).status).toBe(200);
  await accessClock.advance(1_001);
  // The API server's own authorizer learns of it by a watch
  await eventually(async () => {
    await accessClock.advance(30_001);
    return (await ask(token)).status === 403;
  });
});

it('keeps those who make tokens up from loading the API server', async () => {
  const before = reviews;
  const gate = Promise.withResolvers<void>();
  reviewing = gate.promise;
  const statuses: number[] = [];
  const answers = Array.from({ length: 20 }, async (_, index) => {
    statuses.push((await ask(`made-up-${index}`)).status);
  });
  await eventually(() => statuses.length === 12);
  expect(new Set(statuses)).toEqual(new Set([503]));
  gate.resolve();
  await Promise.all(answers);
  expect(statuses.slice(12)).toEqual(Array(8).fill(401));
  expect(reviews - before).toBe(8);
});
