/** The admission policies on a real API server, with tokens as kubelet mounts them: who may write what of leases and ledgers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionPolicies } from '../../scripts/manifests/admission.ts';
import { installValues } from '../../scripts/manifests/install.ts';
import { operatorRole, rbac } from '../../scripts/manifests/rbac.ts';
import { OPERATOR } from '../../scripts/manifests/values.ts';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER, type EppConnectionLedger } from '../../src/api/v1alpha1/connection-ledger.ts';
import { ANNOTATION } from '../../src/api/v1alpha1/labels.ts';
import {
  NAMESPACE,
  POD,
  type Pod,
  ROLE,
  ROLE_BINDING,
  type Role,
  SERVICE_ACCOUNT,
} from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { role } from '../../src/operator/specs/role.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, openClient } from './controllers.ts';
import { aRegistry, aSet, byName } from './samples.ts';

const { api, namespace } = useApiServer({ prefix: 'admission' });
const SOON_GONE = () => `${namespace()}-leaving`;

const ONLY_THE_POD = 'only the pod that a connection lease is named after may report on it';
const ONLY_THE_OPERATOR =
  'connection leases and ledgers are written by the operator alone: change the EppSet or the EppRegistry instead';
const NOT_BY_ITSELF = 'a ledger goes with its EppRegistry: delete that instead';
const BREAK_GLASS = `annotate it first: ${ANNOTATION.breakGlass}=`;

let admin: ClosableKubeClient;
let bench: Bench;
/** The operator's service account. */
let operator: ClosableKubeClient;
/** May do everything in the namespace, as its owner. */
let owner: ClosableKubeClient;
/** Has what `eppset-edit` adds to the cluster's role `edit`. */
let editor: ClosableKubeClient;
let ofPod: ClosableKubeClient;
let pod: Pod;
let other: Pod;
const clients: ClosableKubeClient[] = [];

const OWNER = 'owner';
const ADAPTER = 'adapter';
const userName = (account: string) => `system:serviceaccount:${namespace()}:${account}`;

async function clientOf(account: string, boundPod?: string): Promise<ClosableKubeClient> {
  const {
    cert: _,
    key: __,
    ...reach
  } = await loadClusterConfig({
    kubeconfig: api().kubeconfigPath,
    env: {},
  });
  const token = await api().tokenFor(namespace(), account, boundPod === undefined ? {} : { boundPod });
  const client = createClient({ ...reach, token: async () => token }, { clock, log });
  clients.push(client);
  return client;
}

async function account(name: string, rules: Role['rules'], where = namespace()): Promise<void> {
  const metadata = { name, namespace: where };
  const subject = { kind: 'ServiceAccount', name, namespace: namespace() };
  if (where === namespace())
    await admin.create(SERVICE_ACCOUNT, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await admin.create(ROLE, { apiVersion, kind: 'Role', metadata, ...(rules && { rules }) });
  await admin.create(ROLE_BINDING, {
    apiVersion,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [subject],
  });
}

async function makePod(name: string): Promise<Pod> {
  return await admin.create<Pod>(POD, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: bench.key(name),
    spec: { serviceAccountName: ADAPTER, containers: [{ name: 'adapter', image: 'none' }] },
  });
}

/** The policies of the installation, for the namespaces of this file alone: the API server is shared. */
async function applyPolicies(): Promise<void> {
  for (const raw of admissionPolicies({ ...installValues('0'), namespace: namespace() })) {
    const object = raw as KubeObject & { spec: { policyName?: string } };
    const name = `${namespace()}.${object.metadata.name}`;
    const { policyName } = object.spec;
    const values = [namespace(), SOON_GONE()];
    const namespaceSelector = {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }],
    };
    const spec = {
      ...object.spec,
      ...(policyName && {
        policyName: `${namespace()}.${policyName}`,
        matchResources: { namespaceSelector },
      }),
    };
    const { kind, apiVersion } = object;
    const made: Resource<KubeObject> = {
      kind,
      apiVersion,
      plural:
        kind === 'ValidatingAdmissionPolicy'
          ? 'validatingadmissionpolicies'
          : 'validatingadmissionpolicybindings',
      namespaced: false,
    };
    await admin.apply(made, { kind, apiVersion, metadata: { name }, spec });
  }
}

/** Of a ClusterRole of the installation. */
function rulesOf(name: string): NonNullable<Role['rules']> {
  const values = installValues('0');
  const objects = [...operatorRole(values, 'everywhere'), ...rbac(values)] as (KubeObject & Role)[];
  const found = objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === name);
  if (found?.rules === undefined) throw new Error(`the installation has no ClusterRole ${name}`);
  return found.rules;
}

beforeAll(async () => {
  admin = await openClient(api().kubeconfigPath);
  bench = new Bench(admin, namespace());
  await serveCrds(admin);
  await admin.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SOON_GONE() } });
  await applyPolicies();
  await account(ADAPTER, role(aSet(), byName(aRegistry())).rules);
  await account(OPERATOR, rulesOf(OPERATOR));
  await account(OPERATOR, rulesOf(OPERATOR), SOON_GONE());
  await account(OWNER, [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]);
  await account('editor', [...rulesOf('eppset-view'), ...rulesOf('eppset-edit')]);
  operator = await clientOf(OPERATOR);
  owner = await clientOf(OWNER);
  editor = await clientOf('editor');
  pod = await makePod('one');
  other = await makePod('two');
  ofPod = await clientOf(ADAPTER, 'one');
  // A right holds from a moment after it was given.
  for (const [client, where] of [
    [operator, namespace()],
    [operator, SOON_GONE()],
    [owner, namespace()],
    [editor, namespace()],
  ] as const)
    await eventually(() => client.list(EPP_CONNECTION_LEASE, { namespace: where }));
  for (const { metadata } of [pod, other]) await operator.create(EPP_CONNECTION_LEASE, lease(metadata.uid!));
  await eventually(() => ofPod.get(EPP_CONNECTION_LEASE, bench.key(pod.metadata.uid!)));
  await operator.create(EPP_CONNECTION_LEDGER, ledger('verisign'));
  // A policy works from a moment after it was made.
  await eventually(() => expect(report(owner, pod)).rejects.toThrow(ONLY_THE_POD));
  await eventually(() => expect(edit(owner)).rejects.toThrow(ONLY_THE_OPERATOR));
  await eventually(() =>
    expect(owner.delete(EPP_CONNECTION_LEDGER, bench.key('verisign'))).rejects.toThrow(NOT_BY_ITSELF),
  );
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await api().kubectl(['delete', 'namespace', SOON_GONE(), '--wait=false', '--ignore-not-found']);
  await admin.close();
});

function lease(name: string): EppConnectionLease {
  return {
    apiVersion: EPP_CONNECTION_LEASE.apiVersion,
    kind: EPP_CONNECTION_LEASE.kind,
    metadata: bench.key(name),
    spec: { pod: 'p', set: 's', class: 'core', fence: 1, state: 'None', ttlSeconds: 60, grants: {} },
  };
}

function ledger(name: string, where = namespace()): EppConnectionLedger {
  const entry = { set: 's', fence: 1, gen: 1, charge: 4 } as const;
  return {
    apiVersion: EPP_CONNECTION_LEDGER.apiVersion,
    kind: EPP_CONNECTION_LEDGER.kind,
    metadata: { name, namespace: where },
    spec: {
      term: 1,
      effectiveLimit: 9,
      cut: 0,
      seq: 1,
      learning: false,
      entries: {
        lives: { ...entry, lease: 'x', state: 'Active', target: 4 },
        died: { ...entry, lease: 'y', state: 'Quarantined', target: 0, remainingSeconds: 7_000 },
      },
    },
  };
}

async function report(as: ClosableKubeClient, { metadata }: Pod, spec: object = {}) {
  const there = await bench.get(EPP_CONNECTION_LEASE, metadata.uid!);
  const seq = (there.status?.seq ?? 0) + 1;
  return await as.replaceStatus(EPP_CONNECTION_LEASE, {
    ...there,
    spec: { ...there.spec, ...spec },
    status: { phase: 'Active', seq },
  });
}

/** What ends a quarantine by hand. */
async function edit(as: ClosableKubeClient, name = 'verisign'): Promise<EppConnectionLedger> {
  const { spec, ...rest } = await bench.get(EPP_CONNECTION_LEDGER, name);
  const { died: _, ...entries } = spec.entries;
  return await as.replace(EPP_CONNECTION_LEDGER, { ...rest, spec: { ...spec, entries } });
}

const annotate = (name: string, user: string) =>
  bench.edit(EPP_CONNECTION_LEDGER, name, ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, [ANNOTATION.breakGlass]: user };
  });

describe('the status of a lease', () => {
  it('is its pod’s to write', async () => {
    expect((await report(ofPod, pod)).status?.phase).toBe('Active');
  });

  it('is not another pod’s, nor that of a later pod of the same name', async () => {
    await expect(report(ofPod, other)).rejects.toThrow(ONLY_THE_POD);
    await admin.delete(POD, bench.key('two'), { gracePeriodSeconds: 0 });
    await eventually(async () => expect(await admin.get(POD, bench.key('two'))).toBeUndefined());
    await makePod('two');
    const again = await clientOf(ADAPTER, 'two');
    await expect(report(again, other)).rejects.toThrow(ONLY_THE_POD);
  });

  it('is nobody else’s: not of a token without a pod, the operator, the owner of the namespace, an administrator', async () => {
    for (const client of [await clientOf(ADAPTER), operator, owner, admin])
      await expect(report(client, pod)).rejects.toThrow(ONLY_THE_POD);
    const { metadata } = pod;
    const patched = await api().kubectl([
      ...['patch', 'epplease', metadata.uid!, '-n', namespace(), '--subresource=status'],
      ...['--type=merge', '-p', '{"status":{"phase":"Released"}}'],
    ]);
    expect(patched.stderr).toContain(ONLY_THE_POD);
  });
});

describe('the spec of a lease', () => {
  it('does not change with the pod’s report', async () => {
    await report(ofPod, pod, { fence: 7 });
    expect((await bench.get(EPP_CONNECTION_LEASE, pod.metadata.uid!)).spec.fence).toBe(1);
  });

  it('is the operator’s alone', async () => {
    const there = await bench.get(EPP_CONNECTION_LEASE, pod.metadata.uid!);
    const bound = { ...there, spec: { ...there.spec, fence: there.spec.fence + 1 } };
    await expect(ofPod.replace(EPP_CONNECTION_LEASE, bound)).rejects.toThrow('cannot update resource');
    for (const client of [owner, admin])
      await expect(client.replace(EPP_CONNECTION_LEASE, bound)).rejects.toThrow(ONLY_THE_OPERATOR);
    const { metadata } = await operator.replace(EPP_CONNECTION_LEASE, bound);
    expect(metadata.uid).toBe(there.metadata.uid);
  });

  it('is not opened by an annotation', async () => {
    const uid = pod.metadata.uid!;
    const opened = await bench.edit(EPP_CONNECTION_LEASE, uid, ({ metadata }) => {
      metadata.annotations = { [ANNOTATION.breakGlass]: userName(OWNER) };
    });
    const raised = { ...opened, spec: { ...opened.spec, fence: 99 } };
    await expect(owner.replace(EPP_CONNECTION_LEASE, raised)).rejects.toThrow(ONLY_THE_OPERATOR);
    await expect(report(owner, pod)).rejects.toThrow(ONLY_THE_POD);
  });
});

describe('a ledger', () => {
  const DELETE_ALL = () => `/apis/eppset.io/v1alpha1/namespaces/${namespace()}/eppconnectionledgers`;

  it('is not seen to by who may edit sets and registries: RBAC gives him nothing but reading', async () => {
    expect((await editor.list(EPP_CONNECTION_LEDGER, { namespace: namespace() })).items).toHaveLength(1);
    await expect(edit(editor)).rejects.toThrow('cannot update resource');
    await expect(editor.create(EPP_CONNECTION_LEDGER, ledger('forged'))).rejects.toThrow(
      'cannot create resource',
    );
    await expect(editor.delete(EPP_CONNECTION_LEDGER, bench.key('verisign'))).rejects.toThrow(
      'cannot delete resource',
    );
  });

  it('is not made by the owner of the namespace or by an administrator, annotated or not', async () => {
    for (const [client, user] of [
      [owner, userName(OWNER)],
      [admin, await whoami()],
    ] as const) {
      const forged = ledger('forged');
      await expect(client.create(EPP_CONNECTION_LEDGER, forged)).rejects.toThrow(ONLY_THE_OPERATOR);
      const annotated = {
        ...forged,
        metadata: { ...forged.metadata, annotations: { [ANNOTATION.breakGlass]: user } },
      };
      await expect(client.create(EPP_CONNECTION_LEDGER, annotated)).rejects.toThrow(ONLY_THE_OPERATOR);
    }
  });

  it('is not changed by them, and they are told what to do', async () => {
    for (const [client, user] of [
      [owner, userName(OWNER)],
      [admin, await whoami()],
    ] as const) {
      await expect(edit(client)).rejects.toThrow(
        `${ONLY_THE_OPERATOR}; in an emergency, ${BREAK_GLASS}${user}`,
      );
    }
    const patched = await api().kubectl([
      ...['patch', 'eppledger', 'verisign', '-n', namespace()],
      ...['--type=merge', '-p', '{"spec":{"effectiveLimit":900}}'],
    ]);
    expect(patched.stderr).toContain(ONLY_THE_OPERATOR);
  });

  it('is not deleted by them, one by one or all at once', async () => {
    await expect(owner.delete(EPP_CONNECTION_LEDGER, bench.key('verisign'))).rejects.toThrow(
      BREAK_GLASS + userName(OWNER),
    );
    const { body } = await api().request('DELETE', DELETE_ALL());
    expect(body).toContain(NOT_BY_ITSELF);
    await bench.get(EPP_CONNECTION_LEDGER, 'verisign');
  });

  it('may bear whatever metadata somebody likes', async () => {
    await bench.edit(EPP_CONNECTION_LEDGER, 'verisign', ({ metadata }) => {
      metadata.labels = { seen: 'yes' };
    });
  });

  it('is written and deleted by the operator', async () => {
    await operator.create(EPP_CONNECTION_LEDGER, ledger('cnnic'));
    expect(Object.keys((await edit(operator, 'cnnic')).spec.entries)).toEqual(['lives']);
    expect(await operator.delete(EPP_CONNECTION_LEDGER, bench.key('cnnic'))).toBe(true);
  });

  it('is opened by an annotation for the one user whom it names, who then can end a quarantine, or delete it', async () => {
    await annotate('verisign', userName(OWNER));
    await expect(edit(admin)).rejects.toThrow(ONLY_THE_OPERATOR);
    expect(Object.keys((await edit(owner)).spec.entries)).toEqual(['lives']);
    const { body } = await api().request('DELETE', DELETE_ALL());
    expect(body).toContain(NOT_BY_ITSELF);
    expect(await owner.delete(EPP_CONNECTION_LEDGER, bench.key('verisign'))).toBe(true);
  });

  it('goes with its namespace', async () => {
    await operator.create(EPP_CONNECTION_LEDGER, ledger('verisign', SOON_GONE()));
    await admin.delete(NAMESPACE, { name: SOON_GONE() });
    await eventually(
      async () => expect(await admin.get(NAMESPACE, { name: SOON_GONE() })).toBeUndefined(),
      // The controller that empties it looks for new kinds now and then, and waits longer after each refusal.
      { timeoutMs: 120_000, everyMs: 100 },
    );
  });
});

async function whoami(): Promise<string> {
  const { stdout } = await api().kubectl(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}']);
  return stdout;
}
