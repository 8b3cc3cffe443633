/** `manifests/install.yaml` on an API server of its own: the operator works with the rights that it gives, and nobody gets past its policies. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERNAL_TOKEN_SECRET } from '../../src/api/http/internal-token.ts';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_GATEWAY } from '../../src/api/v1alpha1/gateway.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import {
  CONFIG_MAP,
  COORDINATION_LEASE,
  DEPLOYMENT,
  ENDPOINT_SLICE,
  type EndpointSlice,
  NAMESPACE,
  POD,
  SECRET,
  type Secret,
} from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { createOperator, type Operator } from '../../src/operator/operator.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, openClient } from './controllers.ts';

const SYSTEM = 'eppset-system';
const SHOP = 'shop';
const root = fileURLToPath(new URL('../../', import.meta.url));

let api: ApiServer;
let admin: ClosableKubeClient;
let bench: Bench;
let operator: Operator;
let operatorClient: ClosableKubeClient;
let running: Promise<unknown>;
const metrics = new Registry();
const abort = new AbortController();
const clients: ClosableKubeClient[] = [];

/** A client with the token that kubelet would mount into the pod; without a pod, with one of the account alone. */
async function clientOf(namespace: string, account: string, boundPod?: string): Promise<ClosableKubeClient> {
  const config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  const token = await api.tokenFor(namespace, account, boundPod === undefined ? {} : { boundPod });
  const { cert: _cert, key: _key, ...reach } = config;
  const client = createClient({ ...reach, token: async () => token }, { clock, log });
  clients.push(client);
  return client;
}

beforeAll(async () => {
  api = await startApiServer();
  admin = await openClient(api.kubeconfigPath);
  const applied = await api.kubectl(['apply', '--server-side', '-f', `${root}manifests/install.yaml`]);
  expect(applied.stderr).toBe('');
  await admin.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP } });
  bench = new Bench(admin, SHOP);
  const [pod] = await eventually(async () => {
    const { items } = await admin.list(POD, { namespace: SYSTEM });
    expect(items).toHaveLength(2);
    return items;
  });
  const name = pod?.metadata.name ?? '';
  operatorClient = await clientOf(SYSTEM, 'eppset-operator', name);
  operator = createOperator(
    { client: operatorClient, clock, log, metrics },
    {
      identity: name,
      pod: { namespace: SYSTEM, name },
      leaderElection: { namespace: SYSTEM },
      timeScale: 0.05,
    },
  );
  running = operator.run(abort.signal);
});
afterAll(async () => {
  abort.abort(new Error('the test ends'));
  await running?.catch(() => undefined);
  await Promise.all(clients.map((client) => client.close()));
  await admin?.close();
  await api?.stop();
});

describe('the operator', () => {
  it('makes a set with the rights of its service account, of its own image', async () => {
    await bench.registry();
    await bench.set({ name: 'made' });
    await bench.makeReady('made', 2);
    await bench.until(EPP_SET, 'made', 'Ready', 'True PodsReady');
    const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { version: string };
    const deployment = await bench.get(DEPLOYMENT, 'made-adapter');
    expect(deployment.spec?.template.spec?.containers[0]).toMatchObject({
      image: `ghcr.io/eppset/eppset:${version}`,
      imagePullPolicy: 'IfNotPresent',
    });
    await eventually(async () =>
      expect(await bench.events('EppSet', 'made')).toContain('Normal PodsReady: 2 of 2 pods are ready'),
    );
  });

  it('makes the token of the namespace, and no other Secret', async () => {
    await eventually(() => bench.get(SECRET, INTERNAL_TOKEN_SECRET));
    // With one of this kind it would have the rights of any service account.
    const annotations = { 'kubernetes.io/service-account.name': 'default' };
    const stolen: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...bench.key('stolen'), annotations },
      type: 'kubernetes.io/service-account-token',
    };
    await expect(operatorClient.create(SECRET, stolen)).rejects.toThrow(
      'the operator creates eppset-internal-token alone',
    );
    await admin.create(SECRET, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: bench.key('theirs'),
      type: 'Opaque',
    });
    const theirs = await bench.get(SECRET, 'theirs');
    await expect(operatorClient.replace(SECRET, theirs)).rejects.toThrow('forbidden');
    await expect(operatorClient.list(SECRET, { namespace: SHOP })).rejects.toThrow('forbidden');
    await operatorClient.replace(SECRET, await bench.get(SECRET, INTERNAL_TOKEN_SECRET));
  });

  it('says that it is well, and how its accounts are', async () => {
    expect(operator.health.livez()).toBeUndefined();
    expect(operator.health.readyz()).toBeUndefined();
    const text = await metrics.metrics();
    expect(text).toContain(
      `eppset_account_connections{namespace="${SHOP}",registry="verisign",state="limit"} 1000`,
    );
    expect(text).toContain('leader_election_master_status{name="eppset-operator"} 1');
  });

  it('lets go of a set with the same rights', async () => {
    await bench.set({ name: 'short' });
    await bench.makeReady('short', 2);
    await admin.delete(EPP_SET, bench.key('short'));
    await eventually(async () => expect(await admin.get(EPP_SET, bench.key('short'))).toBeUndefined(), {
      timeoutMs: 90_000,
    });
  });
});

describe('the admission policies', () => {
  let pods: KubeObject[];
  let ofPod: ClosableKubeClient;

  const leaseOf = (pod: KubeObject | undefined): EppConnectionLease => ({
    apiVersion: EPP_CONNECTION_LEASE.apiVersion,
    kind: EPP_CONNECTION_LEASE.kind,
    metadata: bench.key(pod?.metadata.uid ?? ''),
    spec: {
      pod: pod?.metadata.name ?? '',
      set: 'made',
      class: 'core',
      fence: 0,
      state: 'None',
      ttlSeconds: 60,
      grants: {},
    },
  });
  const report = async (as: ClosableKubeClient, pod: KubeObject | undefined) => {
    const lease = await bench.get(EPP_CONNECTION_LEASE, pod?.metadata.uid ?? '');
    return await as.replaceStatus(EPP_CONNECTION_LEASE, { ...lease, status: { phase: 'Active', seq: 1 } });
  };
  const ONLY_THE_POD = 'only the pod that a connection lease is named after may report on it';
  const ONLY_THE_OPERATOR = 'connection leases and ledgers are written by the operator alone';

  beforeAll(async () => {
    pods = await bench.pods('made');
    ofPod = await clientOf(SHOP, 'made-adapter', pods[0]?.metadata.name ?? '');
    // The allocator may have made them.
    for (const pod of pods) {
      const there = await admin.get(EPP_CONNECTION_LEASE, bench.key(pod.metadata.uid ?? ''));
      if (there === undefined)
        await operatorClient.create(EPP_CONNECTION_LEASE, leaseOf(pod)).catch(() => undefined);
    }
  });

  it('are understood by the API server', async () => {
    const policy: Resource<KubeObject & { status?: { typeChecking?: { expressionWarnings?: unknown[] } } }> =
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        plural: 'validatingadmissionpolicies',
        namespaced: false,
      };
    await eventually(async () => {
      const { items } = await admin.list(policy);
      expect(items).toHaveLength(5);
      for (const { status } of items) {
        expect(status?.typeChecking).toBeDefined();
        expect(status?.typeChecking?.expressionWarnings ?? []).toEqual([]);
      }
    });
  });

  it('let a pod report on its own lease', async () => {
    await eventually(async () => {
      expect((await report(ofPod, pods[0])).status?.phase).toBe('Active');
    });
  });

  it('keep a pod from the lease of another', async () => {
    await expect(report(ofPod, pods[1])).rejects.toThrow(ONLY_THE_POD);
  });

  it('keep a token without a pod, the operator and an administrator from any report', async () => {
    const unbound = await clientOf(SHOP, 'made-adapter');
    for (const client of [unbound, operatorClient, admin]) {
      await expect(report(client, pods[0])).rejects.toThrow(ONLY_THE_POD);
    }
  });

  it('keep an administrator from making or changing leases and ledgers, but not from their metadata', async () => {
    await expect(
      admin.create(EPP_CONNECTION_LEASE, leaseOf({ ...pods[0], metadata: { name: 'x', uid: 'x' } } as never)),
    ).rejects.toThrow(ONLY_THE_OPERATOR);
    await expect(
      admin.create(EPP_CONNECTION_LEDGER, {
        apiVersion: EPP_CONNECTION_LEDGER.apiVersion,
        kind: EPP_CONNECTION_LEDGER.kind,
        metadata: bench.key('forged'),
        spec: { term: 1, effectiveLimit: 9, cut: 0, seq: 1, learning: false, entries: {} },
      }),
    ).rejects.toThrow(ONLY_THE_OPERATOR);
    const uid = pods[1]?.metadata.uid ?? '';
    const lease = await bench.get(EPP_CONNECTION_LEASE, uid);
    await expect(
      admin.replace(EPP_CONNECTION_LEASE, { ...lease, spec: { ...lease.spec, fence: lease.spec.fence + 1 } }),
    ).rejects.toThrow(/written by the operator alone|object has been modified/);
    await bench.edit(EPP_CONNECTION_LEASE, uid, (object) => {
      object.metadata.annotations = { ...object.metadata.annotations, note: 'seen' };
    });
  });

  it('leave nothing to pods but that', async () => {
    await expect(ofPod.list(SECRET, { namespace: SHOP })).rejects.toThrow('forbidden');
    await expect(ofPod.create(EPP_CONNECTION_LEASE, leaseOf(pods[0]))).rejects.toThrow('forbidden');
    await expect(ofPod.delete(EPP_CONNECTION_LEASE, bench.key('x'))).rejects.toThrow('forbidden');
    expect((await ofPod.list(EPP_CONNECTION_LEASE, { namespace: SHOP })).items.length).toBeGreaterThan(0);
  });
});

describe('a gateway', () => {
  let ofGateway: ClosableKubeClient;

  beforeAll(async () => {
    await bench.gateway({ name: 'front' });
    await bench.gateway({ name: 'other' });
    await bench.makeReady('front', 2, 'eppset.io/gateway');
    await bench.until(EPP_GATEWAY, 'front', 'Ready', 'True PodsReady');
    const [pod] = await bench.pods('front', 'eppset.io/gateway');
    ofGateway = await clientOf(SHOP, 'front-gateway', pod?.metadata.name ?? '');
  });

  it('sees the instances of sets, and its own file by its name', async () => {
    const slices = await ofGateway.list(ENDPOINT_SLICE, { namespace: SHOP });
    expect(slices.items.length).toBeGreaterThan(0);
    const fieldSelector = 'metadata.name=front-gateway';
    const { items, resourceVersion } = await ofGateway.list(CONFIG_MAP, { namespace: SHOP, fieldSelector });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['front-gateway']);
    const ended = new AbortController();
    const watch = ofGateway.watch(
      CONFIG_MAP,
      { namespace: SHOP, fieldSelector, resourceVersion },
      ended.signal,
    );
    const next = watch[Symbol.asyncIterator]().next();
    await bench.edit(EPP_GATEWAY, 'front', ({ spec }) => {
      spec.switches = { query: false };
    });
    const event = (await next).value;
    ended.abort();
    expect(event).toMatchObject({
      type: 'MODIFIED',
      object: { data: { 'gateway.yaml': expect.stringContaining('query: false') } },
    });
  });

  it('may do nothing else', async () => {
    const [pod] = await bench.pods('front', 'eppset.io/gateway');
    const [slice] = (await admin.list(ENDPOINT_SLICE, { namespace: SHOP })).items;
    const [lease] = (await admin.list(EPP_CONNECTION_LEASE, { namespace: SHOP })).items;
    for (const refused of [
      () => ofGateway.get(SECRET, bench.key(INTERNAL_TOKEN_SECRET)),
      () => ofGateway.list(SECRET, { namespace: SHOP }),
      () => ofGateway.list(POD, { namespace: SHOP }),
      () => ofGateway.list(CONFIG_MAP, { namespace: SHOP }),
      () => ofGateway.get(CONFIG_MAP, bench.key('other-gateway')),
      () => ofGateway.list(ENDPOINT_SLICE, { namespace: SYSTEM }),
      () => ofGateway.replace(ENDPOINT_SLICE, slice as KubeObject),
      () => ofGateway.get(EPP_CONNECTION_LEASE, bench.key(lease?.metadata.name ?? 'x')),
      () => ofGateway.list(COORDINATION_LEASE, { namespace: SHOP }),
      () => ofGateway.get(EPP_GATEWAY, bench.key('front')),
      () => ofGateway.delete(POD, bench.key(pod?.metadata.name ?? '')),
    ]) {
      await expect(refused()).rejects.toThrow('forbidden');
    }
  });

  it('may register instances where its callers authenticate; the operator, who gave it that, may not', async () => {
    const slice = {
      apiVersion: ENDPOINT_SLICE.apiVersion,
      kind: ENDPOINT_SLICE.kind,
      metadata: bench.key('eppset-registered-x'),
      addressType: 'IPv4',
      endpoints: [],
      ports: [],
    } as EndpointSlice;
    const lease = { apiVersion: COORDINATION_LEASE.apiVersion, kind: 'Lease', metadata: slice.metadata };
    await expect(ofGateway.create(ENDPOINT_SLICE, slice)).rejects.toThrow('forbidden');
    await bench.secret('callers', ['shop']);
    await bench.edit(EPP_GATEWAY, 'front', ({ spec }) => {
      spec.authentication = { apiKeys: { secretName: 'callers' } };
    });
    await eventually(() => ofGateway.create(COORDINATION_LEASE, lease));
    const made = await ofGateway.create(ENDPOINT_SLICE, slice);
    await ofGateway.replace(ENDPOINT_SLICE, made);
    await ofGateway.list(COORDINATION_LEASE, { namespace: SHOP });
    const RESTRAINT = 'the operator gives this right to gateways';
    await expect(operatorClient.delete(COORDINATION_LEASE, slice.metadata)).rejects.toThrow(RESTRAINT);
    await expect(operatorClient.delete(ENDPOINT_SLICE, slice.metadata)).rejects.toThrow(RESTRAINT);
    await ofGateway.delete(ENDPOINT_SLICE, slice.metadata);
    await ofGateway.delete(COORDINATION_LEASE, slice.metadata);
  });
});

it('the samples apply, and their sets fit their accounts', async () => {
  const applied = await api.kubectl(['apply', '-f', `${root}manifests/samples/`]);
  expect(applied.stderr).toBe('');
  const demo = new Bench(admin, 'eppset-demo');
  for (const registry of ['verisign-sim', 'cnnic-sim']) {
    await demo.secret(`${registry}-credentials`, ['username', 'password']);
    await demo.secret(`${registry}-tls`, ['ca.crt', 'tls.crt', 'tls.key']);
    await demo.secret(`${registry}-ca`, ['ca.crt']);
  }
  for (const set of ['epp-core-bj', 'epp-manage-bj', 'epp-query-bj']) {
    await demo.until(EPP_SET, set, 'BudgetSatisfied', 'True MinimumsFit');
    // The namespace is of the restricted standard: pods that break it would not be made.
    await eventually(async () => expect(await demo.pods(set)).not.toEqual([]));
  }
  await demo.until(EPP_GATEWAY, 'epp-bj', 'RoutesResolved', 'True RegistriesFound');
  await demo.until(EPP_GATEWAY, 'epp-bj', 'AccountsPooled', 'True Pooled');
  await demo.makeReady('epp-bj', 2, 'eppset.io/gateway');
  await demo.until(EPP_GATEWAY, 'epp-bj', 'Ready', 'True PodsReady');
});
