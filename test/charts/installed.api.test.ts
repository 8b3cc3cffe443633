/** The chart installed by helm on an API server of its own: what an upgrade writes, and who may do what with his service account's own token. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import {
  DEPLOYMENT,
  NAMESPACE,
  NETWORK_POLICY,
  POD,
  ROLE_BINDING,
  SERVICE_ACCOUNT,
} from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { gatewayFile } from '../../src/operator/specs/gateway/file.ts';
import { gatewayObjects } from '../../src/operator/specs/gateway/objects.ts';
import { setObjects } from '../../src/operator/specs/set-objects.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { checkout } from '../cluster/folders.ts';
import { run as runProgram } from '../cluster/run.ts';
import { blocksOf } from '../docs/blocks.ts';
import { Bench, openClient } from '../operator/controllers.ts';
import { aGateway, aRegistry, aSet, byName } from '../operator/samples.ts';
import { eventually } from '../support/eventually.ts';
import { clientWithToken, isAllowed, startOperatorAs } from './accounts.ts';
import { CHART, SYSTEM, useHelm } from './helm.ts';
import * as rights from './rights.ts';

const SHOP = 'shop';
const helm = useHelm();
let api: ApiServer;
let admin: ClosableKubeClient;
let bench: Bench;
const ends: (() => Promise<unknown>)[] = [];

const release = async (action: string, ...more: string[]) => {
  const place = ['--kubeconfig', api.kubeconfigPath, '--namespace', SYSTEM];
  const { code, stdout, stderr } = await helm()([...action.split(' '), 'eppset', ...more, ...place]);
  expect(code, stderr).toBe(0);
  return stdout;
};
/** Versions of all objects of the release, by kind and name. */
const versions = async () => {
  const found = await api.kubectl(['get', '-f', '-', '-o', 'json'], await release('get manifest'));
  expect(found.stderr).toBe('');
  const { items } = JSON.parse(found.stdout) as { items: KubeObject[] };
  return Object.fromEntries(
    items.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.resourceVersion]),
  );
};
const client = async (account: string, namespace = SHOP) => {
  const made = await clientWithToken(api, namespace, account);
  ends.push(() => made.close());
  return made;
};

beforeAll(async () => {
  api = await startApiServer();
  admin = await openClient(api.kubeconfigPath);
  bench = new Bench(admin, SHOP);
  for (const [name, labels] of [
    [SYSTEM, { 'pod-security.kubernetes.io/enforce': 'restricted' }],
    [SHOP, {}],
  ] as const) {
    await admin.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  }
  await release('install', CHART);
});
afterAll(async () => {
  for (const end of ends) await end();
  await admin?.close();
  await api?.stop();
});

it('an upgrade with the same values writes nothing', async () => {
  // Kubernetes' own controllers report on what is new, which counts as a version.
  await eventually(
    async () => {
      const before = await versions();
      expect(Object.keys(before).length).toBeGreaterThan(20);
      await release('upgrade', CHART);
      expect(await versions()).toEqual(before);
    },
    { timeoutMs: 90_000, what: 'an upgrade without writes' },
  );
});

it('the pods of the operator are made in a namespace of the restricted standard', async () => {
  await eventually(async () => {
    const { items } = await admin.list(POD, { namespace: SYSTEM });
    expect(items).toHaveLength(2);
  });
});

describe('by the token of its service account', () => {
  beforeAll(async () => {
    const registry = aRegistry({ spec: { jobs: { canary: { enabled: true } } } });
    const gateway = aGateway();
    const file = gatewayFile(gateway, new Map([['verisign', 'shop']]), undefined);
    const objects = [
      ...setObjects(aSet({ name: 'made' }), byName(registry), { image: 'x', timeScale: 1 }),
      ...gatewayObjects(gateway, file, { image: 'x' }),
    ].filter(({ resource }) => ['ServiceAccount', 'Role', 'RoleBinding'].includes(resource.kind));
    for (const { resource, object } of objects) {
      const { ownerReferences: _, finalizers: __, ...metadata } = object.metadata;
      await admin.create(resource, { ...object, metadata });
    }
    for (const role of ['view', 'edit']) {
      const metadata = bench.key(role);
      await admin.create(SERVICE_ACCOUNT, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
      await admin.create(ROLE_BINDING, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ kind: 'ServiceAccount', name: role, namespace: SHOP }],
      });
    }
  });

  it.each<[string, string, string, rights.Rights]>([
    ['the operator', 'eppset-operator', SYSTEM, rights.OPERATOR],
    ['an adapter', 'made-adapter', SHOP, rights.ADAPTER],
    ['a gateway', 'front-gateway', SHOP, rights.GATEWAY],
    ['a viewer', 'view', SHOP, rights.VIEWER],
    ['an editor', 'edit', SHOP, rights.EDITOR],
  ])('%s may do what it needs, and nothing else', async (_who, account, home, { may, mayNot }) => {
    expect(mayNot.length).toBeGreaterThanOrEqual(20);
    const as = await client(account, home);
    // The roles of the cluster take ours in a moment after they are there.
    await eventually(async () => {
      const answers = await Promise.all([...may, ...mayNot].map((right) => isAllowed(as, right, SHOP)));
      const allowed = [...may, ...mayNot].filter((_, at) => answers[at]);
      expect(allowed).toEqual(may);
    });
  });
});

describe('helm test', () => {
  const run = async (operator: string, seconds: number) => {
    const token = await api.tokenFor(SYSTEM, 'default');
    const files = { TOKEN_FILE: token, NODE_EXTRA_CA_CERTS: api.adminTls.ca };
    const env: Record<string, string> = {};
    for (const [name, text] of Object.entries(files)) {
      env[name] = join(folder, name);
      await writeFile(env[name], text);
    }
    return await runProgram(process.execPath, [join(CHART, 'files', 'test.mjs')], {
      env: { ...env, API_URL: api.url, OPERATOR_URL: operator, SECONDS: String(seconds) },
    });
  };
  let folder = '';
  let operator: Server;
  let url = '';
  let ready = true;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eppset-helm-test-'));
    operator = createServer((_request, response) => {
      response.writeHead(ready ? 200 : 503).end(ready ? 'ok' : 'still reading eppsets');
    });
    await once(operator.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(operator.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    operator.close();
    await rm(folder, { recursive: true });
  });

  it('says yes to an operator that is ready and to kinds that are served', async () => {
    expect(await run(url, 30)).toEqual({
      code: 0,
      stdout: 'yes: the operator is ready\nyes: the API serves the kinds\n',
      stderr: '',
    });
  });

  it('says what an operator lacks', async () => {
    ready = false;
    expect(await run(url, 0)).toMatchObject({
      code: 1,
      stderr: `no: the operator is ready: ${url}/readyz answers 503: still reading eppsets\n`,
    });
  });
});

describe('docs/network-policies.md', () => {
  it('switches them on, and off again, with the right to', async () => {
    const document = 'docs/network-policies.md';
    const blocks = blocksOf(document, await readFile(join(checkout, document), 'utf8'));
    expect(blocks).toHaveLength(2);
    const may = async () => isAllowed(await client('eppset-operator', SYSTEM), RIGHT, SHOP);
    const RIGHT = 'delete networkpolicies.networking.k8s.io';
    const argumentsNow = async () => {
      const key = { namespace: SYSTEM, name: 'eppset-operator' };
      return (await admin.get(DEPLOYMENT, key))?.spec?.template.spec?.containers[0]?.args;
    };
    expect(await may()).toBe(false);
    const [on, off] = blocks.map(({ text }) => text);
    await shell(on ?? '');
    expect(await argumentsNow()).toEqual([
      'operator',
      '--network-policies=keep',
      '--monitoring-namespaces=kubernetes.io/metadata.name=monitoring',
    ]);
    expect(await may()).toBe(true);
    expect(await admin.get(NETWORK_POLICY, { namespace: SYSTEM, name: 'eppset-operator' })).toBeDefined();
    await shell(off ?? '');
    expect(await argumentsNow()).toEqual(['operator']);
    expect(await may()).toBe(false);
  });

  const shell = async (commands: string) => {
    const programs = `helm() { "$HELM" "$@"; }\nkubectl() { "$KUBECTL" "$@"; }\n`;
    const { code, stderr } = await runProgram('bash', ['-euc', programs + commands], {
      cwd: checkout,
      env: { ...helm().env, KUBECONFIG: api.kubeconfigPath, HELM: helm().path, KUBECTL: api.kubectlPath },
    });
    expect(code, stderr).toBe(0);
  };
});

it('with one namespace to watch, the operator works with a Role there', async () => {
  const values = ['--set', `watchNamespace=${SHOP}`, '--set', 'networkPolicies.enabled=true'];
  await release('upgrade', CHART, ...values);
  const operator = await startOperatorAs(api, admin, {
    namespace: SHOP,
    networkPolicies: { mode: 'keep' },
  });
  try {
    await bench.registry();
    await bench.set({ name: 'small' });
    await bench.gateway({ name: 'small' });
    await bench.makeReady('small', 2);
    await bench.until(EPP_SET, 'small', 'Ready', 'True PodsReady');
    await eventually(() => bench.get(NETWORK_POLICY, 'small-adapter'));
    await eventually(() => bench.get(NETWORK_POLICY, 'small-gateway'));
    await expect(operator.client.list(EPP_SET)).rejects.toThrow('forbidden');
  } finally {
    await operator.stop();
  }
});

it('what people made stays when the chart goes and comes again', async () => {
  await release('uninstall');
  expect(await admin.get(DEPLOYMENT, { namespace: SYSTEM, name: 'eppset-operator' })).toBeUndefined();
  expect(await release('install', CHART)).toContain(
    'starts in namespace eppset-system and works in all namespaces.\n',
  );
  expect((await admin.list(EPP_SET, { namespace: SHOP })).items).toHaveLength(1);
});
