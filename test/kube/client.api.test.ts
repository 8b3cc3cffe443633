import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError, isAlreadyExists, isConflict, isInvalid } from '../../src/kube/api-error.ts';
import {
  CONFIG_MAP,
  type ConfigMap,
  DEPLOYMENT,
  type Deployment,
  NAMESPACE,
  ROLE,
  ROLE_BINDING,
  SERVICE_ACCOUNT,
} from '../../src/kube/builtin.ts';
import { type ClientOptions, type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { type ClusterConfig, loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { inClusterConfig } from '../../src/kube/in-cluster.ts';
import type { WatchEvent } from '../../src/kube/interfaces.ts';
import { keyOf } from '../../src/kube/objects.ts';
import { Transport } from '../../src/kube/transport.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { eventually } from '../support/eventually.ts';
import { FaultProxy, type ProxiedRequest } from './fault-proxy.ts';

let api: ApiServer;
let config: ClusterConfig;
let proxy: FaultProxy;
let client: ClosableKubeClient;
let proxied: ClosableKubeClient;
let proxyConfig: ClusterConfig;
const metrics = new Registry();

const open = (to: ClusterConfig, options: Partial<ClientOptions> = {}) =>
  createClient(to, { clock: systemClock, log: silentLog, ...options });

beforeAll(async () => {
  // The least that a namespace needs: other controllers would put objects of their own into it.
  api = await startApiServer({ controllers: ['serviceaccount-controller'] });
  config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  proxy = new FaultProxy(config);
  proxyConfig = await proxy.start();
  client = open(config, { pageSize: 3, metrics });
  proxied = open(proxyConfig, { pageSize: 3 });
});
afterAll(async () => {
  await Promise.all([client?.close(), proxied?.close()]);
  await proxy?.stop();
  await api?.stop();
});

let namespaces = 0;
async function newNamespace(): Promise<string> {
  namespaces += 1;
  const name = `client-${namespaces}`;
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

function configMap(namespace: string, name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data };
}

function deployment(namespace: string, name: string): Deployment {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  };
}

/** The error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

/** Applies `fault` to the first `times` requests that `match`. */
function failFirst(
  times: number,
  match: (r: ProxiedRequest) => boolean,
  fault: ReturnType<FaultProxy['fault']>,
) {
  let left = times;
  proxy.fault = (request) => {
    if (left === 0 || !match(request)) return undefined;
    left -= 1;
    return fault;
  };
}

describe('objects', () => {
  it('are created once, read, replaced at their version and deleted at their UID', async () => {
    const ns = await newNamespace();
    const key = { namespace: ns, name: 'a' };
    expect(await client.get(CONFIG_MAP, key)).toBeUndefined();
    const created = await client.create(CONFIG_MAP, configMap(ns, 'a', { x: '1' }));
    expect(isAlreadyExists(await errorOf(client.create(CONFIG_MAP, configMap(ns, 'a'))))).toBe(true);
    const replaced = await client.replace(CONFIG_MAP, { ...created, data: { x: '2' } });
    expect(await client.get(CONFIG_MAP, key)).toEqual(replaced);
    const conflict = await errorOf(client.replace(CONFIG_MAP, { ...created, data: { x: '3' } }));
    expect(isConflict(conflict)).toBe(true);
    expect(conflict.message).toMatch(/^replace ConfigMap client-\d+\/a: 409 Conflict: .*modified/);
    const stranger = await errorOf(client.delete(CONFIG_MAP, key, { uid: 'another' }));
    expect(isConflict(stranger)).toBe(true);
    expect(await client.delete(CONFIG_MAP, key, { uid: created.metadata.uid as string })).toBe(true);
    expect(await client.delete(CONFIG_MAP, key)).toBe(false);
  });

  it('tell what is invalid, and what kind the server does not serve', async () => {
    const ns = await newNamespace();
    const invalid = await errorOf(client.create(CONFIG_MAP, configMap(ns, 'Not_A_Name')));
    expect(isInvalid(invalid)).toBe(true);
    expect(invalid.invalidFields).toEqual(['metadata.name']);
    const unknown = { ...CONFIG_MAP, apiVersion: 'nobody.example/v1', plural: 'things' };
    // Not `undefined`: that would look like an object that is gone.
    expect((await errorOf(client.get(unknown, { namespace: ns, name: 'a' }))).code).toBe(404);
    expect((await errorOf(client.delete(unknown, { namespace: ns, name: 'a' }))).code).toBe(404);
  });

  it('have a status that is replaced alone, at its version', async () => {
    const ns = await newNamespace();
    const created = await client.create(DEPLOYMENT, deployment(ns, 'd'));
    const changed = { ...created, spec: { ...created.spec, replicas: 9 }, status: { replicas: 4 } };
    const replaced = await client.replaceStatus(DEPLOYMENT, changed as Deployment);
    expect(replaced).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 4 } });
    const conflict = await errorOf(client.replaceStatus(DEPLOYMENT, changed as Deployment));
    expect(isConflict(conflict)).toBe(true);
    expect(conflict.message).toMatch(/^replace status of Deployment/);
  });
});

describe('server-side apply', () => {
  it('owns its own fields and leaves those of another manager', async () => {
    const ns = await newNamespace();
    await client.apply(CONFIG_MAP, configMap(ns, 'a', { ours: '1', shared: 'ours' }));
    await client.apply(CONFIG_MAP, configMap(ns, 'a', { theirs: '2', shared: 'theirs' }), {
      fieldManager: 'other',
    });
    const both = await client.apply(CONFIG_MAP, configMap(ns, 'a', { ours: '3' }));
    // `shared` went to the other by force, so that we let it go; `theirs` was never ours.
    expect(both.data).toEqual({ ours: '3', theirs: '2', shared: 'theirs' });
    const without = await client.apply(CONFIG_MAP, configMap(ns, 'a', {}));
    expect(without.data).toEqual({ theirs: '2', shared: 'theirs' });
  });

  it('changes nothing in a dry run', async () => {
    const ns = await newNamespace();
    const { data } = await client.apply(CONFIG_MAP, configMap(ns, 'a', { x: '1' }), { dryRun: true });
    expect(data).toEqual({ x: '1' });
    expect(await client.get(CONFIG_MAP, { namespace: ns, name: 'a' })).toBeUndefined();
  });

  it('of a status leaves the spec alone', async () => {
    const ns = await newNamespace();
    await client.apply(DEPLOYMENT, deployment(ns, 'd'));
    const intent = { ...deployment(ns, 'd'), spec: undefined, status: { replicas: 2 } };
    const applied = await client.applyStatus(DEPLOYMENT, intent as unknown as Deployment);
    expect(applied).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 2 } });
    const managers = (applied.metadata as { managedFields?: { manager: string; subresource?: string }[] })
      .managedFields;
    expect(managers?.map(({ manager, subresource }) => [manager, subresource])).toEqual(
      expect.arrayContaining([
        ['eppset', undefined],
        ['eppset-status', 'status'],
      ]),
    );
  });

  it('does not bring back an object that was deleted, nor touch its successor, when it names the UID', async () => {
    const ns = await newNamespace();
    const { metadata } = await client.create(CONFIG_MAP, configMap(ns, 'a'));
    await client.delete(CONFIG_MAP, keyOf({ apiVersion: '', kind: '', metadata }));
    const intent = { ...configMap(ns, 'a', { x: '1' }) };
    intent.metadata = { ...intent.metadata, uid: metadata.uid as string };
    expect(isConflict(await errorOf(client.apply(CONFIG_MAP, intent)))).toBe(true);
    await client.create(CONFIG_MAP, configMap(ns, 'a', { y: '2' }));
    expect(isConflict(await errorOf(client.apply(CONFIG_MAP, intent)))).toBe(true);
    expect((await client.get(CONFIG_MAP, { namespace: ns, name: 'a' }))?.data).toEqual({ y: '2' });
  });
});

describe('lists', () => {
  async function eight(): Promise<string> {
    const ns = await newNamespace();
    await Promise.all([...'abcdefgh'].map((name) => client.create(CONFIG_MAP, configMap(ns, name))));
    return ns;
  }

  it('come in pages, with kind and version on every item', async () => {
    const ns = await eight();
    proxy.requests.length = 0;
    const list = await proxied.list(CONFIG_MAP, { namespace: ns });
    expect(list.items.map(({ kind, apiVersion, metadata }) => [kind, apiVersion, metadata.name])).toEqual(
      [...'abcdefgh'].map((name) => ['ConfigMap', 'v1', name]),
    );
    expect(proxy.lists('configmaps')).toBe(3);
  });

  it('start again when a page has become too old, and are read in one piece when that does not end', async () => {
    const ns = await eight();
    const isLaterPage = ({ path }: ProxiedRequest) => path.includes('continue=');
    const expired = { status: 410, body: { kind: 'Status', code: 410, reason: 'Expired', message: 'old' } };
    for (const times of [1, Number.POSITIVE_INFINITY]) {
      failFirst(times, isLaterPage, expired);
      proxy.requests.length = 0;
      const list = await proxied.list(CONFIG_MAP, { namespace: ns });
      expect(list.items.map(({ metadata }) => metadata.name)).toEqual([...'abcdefgh']);
      const last = proxy.requests.at(-1)?.path ?? '';
      expect(last.includes('limit=')).toBe(times === 1);
    }
  });

  it('are selected by label and field, over all namespaces', async () => {
    const ns = await newNamespace();
    const labelled = configMap(ns, 'labelled');
    labelled.metadata.labels = { test: ns };
    await client.create(CONFIG_MAP, labelled);
    await client.create(CONFIG_MAP, configMap(ns, 'plain'));
    const names = async (options: object) =>
      (await client.list(CONFIG_MAP, options)).items.map(({ metadata }) => metadata.name);
    expect(await names({ labelSelector: `test=${ns}` })).toEqual(['labelled']);
    expect(await names({ namespace: ns, fieldSelector: 'metadata.name=plain' })).toEqual(['plain']);
  });
});

describe('watches', () => {
  it('give every change after a version, in order', async () => {
    const ns = await newNamespace();
    const { resourceVersion } = await client.list(CONFIG_MAP, { namespace: ns });
    const created = await client.create(CONFIG_MAP, configMap(ns, 'a', { text: 'Ünïcode ☃ '.repeat(500) }));
    await client.replace(CONFIG_MAP, { ...created, data: {} });
    await client.delete(CONFIG_MAP, { namespace: ns, name: 'a' });
    // Byte by byte, so that every line and every character is broken.
    proxy.fault = ({ isWatch }) => (isWatch ? 'trickle' : undefined);
    const events: WatchEvent<ConfigMap>[] = [];
    const controller = new AbortController();
    for await (const event of proxied.watch(
      CONFIG_MAP,
      { namespace: ns, resourceVersion },
      controller.signal,
    )) {
      events.push(event);
      if (event.type === 'DELETED') break;
    }
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(events[0]).toMatchObject({ object: { ...created, kind: 'ConfigMap' } });
  });

  it('end when the server ends them, and throw the reason of their signal', async () => {
    const ns = await newNamespace();
    const { resourceVersion } = await client.list(CONFIG_MAP, { namespace: ns });
    const short = open(config, { watchSeconds: 0.5 });
    const ended: string[] = [];
    for await (const { type } of short.watch(
      CONFIG_MAP,
      { namespace: ns, resourceVersion },
      new AbortController().signal,
    ))
      ended.push(type);
    expect(ended.every((type) => type === 'BOOKMARK')).toBe(true);
    await short.close();
    const stop = new Error('stopping');
    const controller = new AbortController();
    const watch = client.watch(CONFIG_MAP, { namespace: ns, resourceVersion }, controller.signal);
    const next = watch[Symbol.asyncIterator]().next();
    controller.abort(stop);
    await expect(next).rejects.toBe(stop);
  });

  it.each([
    { limit: 'silence', watchIdleMs: 200, lifetimeMs: 60_000 },
    { limit: 'age', watchIdleMs: 60_000, lifetimeMs: 200 },
  ])('are left for their $limit when the server does not end them', async ({ watchIdleMs, lifetimeMs }) => {
    const transport = new Transport(config, { clock: systemClock, log: silentLog, watchIdleMs });
    const path = '/api/v1/namespaces/nowhere/configmaps?watch=true&timeoutSeconds=60';
    const call = { what: 'watch configmaps', method: 'GET', path } as const;
    const from = performance.now();
    for await (const _ of transport.stream(call, lifetimeMs, new AbortController().signal)) {
      // Nothing comes.
    }
    expect(performance.now() - from).toBeGreaterThan(198);
    expect(performance.now() - from).toBeLessThan(5_000);
    await transport.close();
  });
});

describe('failures', () => {
  const tooMany = { status: 429, headers: { 'retry-after': '1' } };

  it('429 is obeyed and the request sent again, a write too', async () => {
    const ns = await newNamespace();
    failFirst(1, ({ method }) => method === 'POST', tooMany);
    const from = performance.now();
    await proxied.create(CONFIG_MAP, configMap(ns, 'a'));
    expect(performance.now() - from).toBeGreaterThan(990);
  });

  it('429 without an end is told, with how long to wait', async () => {
    failFirst(Number.POSITIVE_INFINITY, () => true, { status: 429, headers: { 'retry-after': '40' } });
    const error = await errorOf(proxied.list(CONFIG_MAP));
    expect(error).toMatchObject({ code: 429, retryAfterMs: 40_000 });
  });

  it('a read is sent again when the server failed or the connection broke', async () => {
    const ns = await newNamespace();
    await client.create(CONFIG_MAP, configMap(ns, 'a'));
    for (const fault of [{ status: 503 }, 'lose-reply'] as const) {
      failFirst(2, ({ method }) => method === 'GET', fault);
      expect(await proxied.get(CONFIG_MAP, { namespace: ns, name: 'a' })).toBeDefined();
    }
  });

  it('a write whose reply was lost is not sent again: who knows', async () => {
    const ns = await newNamespace();
    proxy.requests.length = 0;
    failFirst(1, ({ method }) => method === 'POST', 'lose-reply');
    const error = await errorOf(proxied.create(CONFIG_MAP, configMap(ns, 'a')));
    expect(error.code).toBe(0);
    expect(error.message).toContain('nobody knows whether it was carried out');
    expect(proxy.requests.length).toBe(1);
    expect(await client.get(CONFIG_MAP, { namespace: ns, name: 'a' })).toBeDefined();
  });

  it('a request that gets no answer ends in time, and its connections are not used up', async () => {
    const hasty = open(proxyConfig, { requestTimeoutMs: 150, connections: 1 });
    failFirst(3, () => true, 'hang');
    for (let i = 0; i < 3; i += 1)
      expect((await errorOf(hasty.list(CONFIG_MAP))).message).toMatch(
        /^list configmaps: no answer within \d+ ms$/,
      );
    expect((await hasty.list(CONFIG_MAP)).items.length).toBeGreaterThan(0);
    await hasty.close();
  });

  it('a refused token does not show in the error', async () => {
    const { cert: _, key: __, ...anonymous } = config;
    const stranger = open({ ...anonymous, token: async () => 'not-a-token-of-anybody' });
    const error = await errorOf(stranger.list(CONFIG_MAP));
    expect(error).toMatchObject({ code: 401, reason: 'Unauthorized' });
    expect(JSON.stringify(error) + String(error)).not.toContain('not-a-token');
    await stranger.close();
  });

  it('a warning of the server is logged once', async () => {
    const ns = await newNamespace();
    const warnings: unknown[] = [];
    const log = { ...silentLog, warn: (fields: object) => warnings.push(fields) };
    const warned = open(config, { log: log as unknown as typeof silentLog });
    for (const name of ['a', 'b'])
      await warned.create(CONFIG_MAP, { ...configMap(ns, name), unknown: 1 } as ConfigMap);
    expect(warnings).toEqual([expect.objectContaining({ warning: 'unknown field "unknown"' })]);
    await warned.close();
  });
});

describe('the client', () => {
  it('sends many requests over few connections, and keeps those', async () => {
    const thrifty = open(proxyConfig, { connections: 3 });
    const before = proxy.connections;
    const burst = () =>
      Promise.all(Array.from({ length: 40 }, () => thrifty.list(CONFIG_MAP, { namespace: 'default' })));
    await burst();
    await burst();
    expect(proxy.connections - before).toBe(3);
    await thrifty.close();
  });

  it('is in a pod who its service account is', async () => {
    const ns = await newNamespace();
    const metadata = { namespace: ns, name: 'reader' };
    await client.create(SERVICE_ACCOUNT, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    await client.create(ROLE, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
    });
    await client.create(ROLE_BINDING, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    });
    const folder = await mkdtemp(join(tmpdir(), 'eppset-service-account-'));
    const files = { 'ca.crt': config.ca ?? '', namespace: ns, token: await api.tokenFor(ns, 'reader') };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const { hostname, port } = new URL(config.server);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const pod = open(await inClusterConfig({ env, folder }));
    // RBAC takes a moment to know its new role.
    await eventually(() => pod.list(CONFIG_MAP, { namespace: ns }));
    const refused = await errorOf(pod.list(CONFIG_MAP));
    expect(refused).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(refused.message).toContain(`system:serviceaccount:${ns}:reader`);
    await pod.close();
    await rm(folder, { recursive: true });
  });

  it('counts its requests by code, method and host', async () => {
    const text = await metrics.metrics();
    const { host } = new URL(config.server);
    expect(text).toMatch(
      new RegExp(`rest_client_requests_total{code="409",method="PUT",host="${host}"} [1-9]`),
    );
    expect(text).toMatch(
      new RegExp(`rest_client_requests_total{code="201",method="POST",host="${host}"} [1-9]`),
    );
  });
});
