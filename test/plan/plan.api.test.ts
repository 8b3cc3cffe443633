/** What a plan foretells against what running controllers then do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../src/api/v1alpha1/labels.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { CONFIG_MAP } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { OWNED_KINDS } from '../../src/operator/apply/owned-kinds.ts';
import { MANAGED_SELECTOR } from '../../src/operator/specs/labels.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { PLANNED_KINDS } from '../../src/plan/state.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../operator/controllers.ts';
import { gatewayManifest, registryManifest, setManifest } from '../operator/samples.ts';
import { eventually } from '../support/eventually.ts';
import { runPlan, runPlanJson } from './run-plan.ts';

const CHECKSUM = `spec.template.metadata.annotations["${ANNOTATION.configChecksum}"]`;

const { api, namespace } = useApiServer({ prefix: 'plan' });
let client: ClosableKubeClient;
let controllers: RunningControllers;
let folder: string;
/** As in a person's repository. */
let manifests: { registry: Manifest; core: Manifest; auto: Manifest; front: Manifest };

interface Manifest extends KubeObject {
  // biome-ignore lint/suspicious/noExplicitAny: edited as a person would
  spec: any;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-test-'));
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  const bench = new Bench(client, namespace());
  await bench.secret('verisign-credentials', ['username', 'password']);
  await bench.secret('verisign-ca', ['ca.crt']);
  const metadata = { namespace: namespace() };
  const pools = () => [{ registry: 'verisign', min: 4, max: 8 }];
  manifests = {
    registry: registryManifest({ metadata }),
    core: setManifest({ name: 'core', metadata, spec: { pools: pools() } }),
    auto: setManifest({
      name: 'auto',
      metadata,
      spec: {
        set: 'epp.query.bj',
        class: 'query',
        pools: pools(),
        autoscaling: { minReplicas: 1, maxReplicas: 3 },
      },
    }),
    front: gatewayManifest({ metadata }),
  };
  controllers = await startControllers(api().kubeconfigPath, namespace());
});
afterAll(async () => {
  await controllers?.stop();
  await client?.close();
  await rm(folder, { recursive: true, force: true });
});

async function written(): Promise<string> {
  const file = join(folder, 'all.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: Object.values(manifests) }));
  return file;
}

const cluster = (): string[] => [
  '--against-cluster',
  '--kubeconfig',
  api().kubeconfigPath,
  '--image',
  'eppset:test',
];

async function plan(...more: string[]): Promise<Plan & { code: string | number | undefined }> {
  return await runPlanJson('-f', await written(), ...cluster(), ...more);
}

async function apply(...more: string[]): Promise<void> {
  const { code, stderr } = await api().kubectl(['apply', '-f', await written(), ...more]);
  if (code !== 0) throw new Error(stderr);
}

/** What the operator last meant each of its objects to be. */
async function made(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const resource of OWNED_KINDS) {
    const scope = { namespace: namespace(), labelSelector: MANAGED_SELECTOR };
    for (const { kind, metadata } of (await client.list(resource, scope)).items) {
      found.set(
        `${kind} ${metadata.name}`,
        `${metadata.uid} ${metadata.annotations?.[ANNOTATION.intentChecksum]}`,
      );
    }
  }
  return found;
}

/** The controllers have seen all specs, and nothing is left to be done. */
async function converged(...more: string[]): Promise<void> {
  await eventually(
    async () => {
      for (const resource of PLANNED_KINDS) {
        for (const { metadata, status } of (await client.list(resource, { namespace: namespace() })).items) {
          if (status?.observedGeneration !== metadata.generation)
            throw new Error(`${metadata.name} is not seen`);
          if (metadata.deletionTimestamp !== undefined) throw new Error(`${metadata.name} is still there`);
        }
      }
      const { result, objects, refusals } = await plan(...more);
      if (result !== 'NoChanges') throw new Error(JSON.stringify([objects, refusals]));
    },
    { timeoutMs: 90_000, everyMs: 100, what: 'no changes' },
  );
}

function foretold({ objects }: Plan): string[] {
  return objects.map(({ action, kind, name }) => `${action} ${kind} ${name}`).sort();
}

function happened(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const created = [...after.keys()].filter((ref) => !before.has(ref)).map((ref) => `create ${ref}`);
  const deleted = [...before.keys()].filter((ref) => !after.has(ref)).map((ref) => `delete ${ref}`);
  const changed = [...after]
    .filter(([ref, is]) => before.has(ref) && before.get(ref) !== is)
    .map(([ref]) => `change ${ref}`);
  return [...created, ...changed, ...deleted].sort();
}

describe('a plan against a cluster', () => {
  it('foretells what first manifests become, and then has nothing to say', async () => {
    const before = await made();
    const told = await plan();
    expect(told).toMatchObject({ code: 2, result: 'Changes', refusals: [] });
    expect(told.resources.map(({ action, name }) => `${action} ${name}`)).toEqual([
      'create verisign',
      'create core',
      'create auto',
      'create front',
    ]);
    await apply();
    await converged();
    expect(foretold(told)).toEqual(happened(before, await made()));
    expect(await runPlan('-f', await written(), ...cluster())).toMatchObject({
      code: 0,
      output: expect.stringMatching(/\nno changes\n$/),
      errors: '',
    });
  });

  /** Each is applied on top of those before it. */
  const EDITS: {
    what: string;
    edit(): void;
    how?: string[];
    objects: string[];
    fields?: string[];
    pods?: object[];
  }[] = [
    {
      what: 'more pods',
      edit: () => {
        manifests.core.spec.replicas = 3;
      },
      objects: ['change Deployment core-adapter'],
      fields: ['spec.replicas'],
      pods: [{ name: 'core', before: 2, after: 3, replaced: 0 }],
    },
    {
      what: 'another maximum',
      edit: () => {
        manifests.core.spec.pools[0].max = 9;
      },
      objects: ['change ConfigMap core-adapter', 'change Deployment core-adapter'],
      fields: ['data["adapter.yaml"].accounts.verisign.pool.max', CHECKSUM],
      pods: [{ name: 'core', before: 3, after: 3, replaced: 3 }],
    },
    {
      what: 'another minimum, which no pod has to know',
      edit: () => {
        manifests.core.spec.pools[0].min = 5;
      },
      objects: [],
    },
    {
      what: 'a minimum that is too low for new pods first',
      edit: () => {
        manifests.core.spec.pools[0].min = 3;
      },
      objects: ['change Deployment core-adapter'],
      fields: ['spec.strategy.rollingUpdate.maxSurge', 'spec.strategy.rollingUpdate.maxUnavailable'],
      pods: [],
    },
    {
      what: 'a place for pods',
      edit: () => {
        manifests.core.spec.template = { nodeSelector: { zone: 'a' }, annotations: { 'example.org/a': 'b' } };
      },
      objects: ['change Deployment core-adapter'],
      fields: ['spec.template.metadata.annotations["example.org/a"]', 'spec.template.spec.nodeSelector'],
      pods: [{ name: 'core', before: 3, after: 3, replaced: 3 }],
    },
    {
      what: 'that place taken out again, by server-side apply',
      edit: () => {
        delete manifests.core.spec.template;
      },
      how: ['--server-side'],
      objects: ['change Deployment core-adapter'],
      fields: ['spec.template.metadata.annotations["example.org/a"]', 'spec.template.spec.nodeSelector'],
      pods: [{ name: 'core', before: 3, after: 3, replaced: 3 }],
    },
    {
      what: 'a field that comes and goes by server-side apply',
      edit: () => {
        manifests.core.spec.transformReservePercent = 30;
      },
      how: ['--server-side'],
      objects: ['change ConfigMap core-adapter', 'change Deployment core-adapter'],
      fields: ['data["adapter.yaml"].transformReservePercent', CHECKSUM],
    },
    {
      what: 'and is its default again',
      edit: () => {
        delete manifests.core.spec.transformReservePercent;
      },
      how: ['--server-side'],
      objects: ['change ConfigMap core-adapter', 'change Deployment core-adapter'],
      fields: ['data["adapter.yaml"].transformReservePercent', CHECKSUM],
    },
    {
      what: 'another host of the registry',
      edit: () => {
        manifests.registry.spec.endpoint.host = 'other.example';
      },
      objects: [
        'change ConfigMap auto-adapter',
        'change ConfigMap core-adapter',
        'change Deployment auto-adapter',
        'change Deployment core-adapter',
      ],
      fields: ['data["adapter.yaml"].accounts.verisign.endpoint.host', CHECKSUM],
    },
    {
      what: 'another route, which pods take over as they run',
      edit: () => {
        manifests.front.spec.routes[0].tlds.push('org');
      },
      objects: ['change ConfigMap front-gateway'],
      pods: [],
    },
    {
      what: 'one gateway less, and an ingress',
      edit: () => {
        manifests.front.spec.replicas = 1;
        manifests.front.spec.ingress = { host: 'epp.example' };
      },
      objects: [
        'change Deployment front-gateway',
        'create Ingress front-gateway',
        'delete PodDisruptionBudget front-gateway',
      ],
      fields: ['spec.replicas'],
      pods: [{ name: 'front', before: 2, after: 1, replaced: 0 }],
    },
  ];
  it.each(EDITS)('foretells $what', async ({ edit, how = [], objects, fields, pods }) => {
    edit();
    const before = await made();
    const told = await plan();
    expect(told.code).toBe(2);
    expect(foretold(told)).toEqual(objects);
    const paths = new Set(told.objects.flatMap((change) => change.fields.map(({ path }) => path)));
    if (fields) expect([...paths]).toEqual(fields);
    if (pods) expect(told.pods).toMatchObject(pods);
    await apply(...how);
    await converged();
    expect(happened(before, await made())).toEqual(objects);
  });

  it('says what will not be done, and is right', async () => {
    const before = await made();
    const { secretName } = manifests.registry.spec.credentials;
    manifests.registry.spec.credentials.secretName = 'none';
    manifests.core.spec.replicas = 1;
    const told = await plan();
    expect(told).toMatchObject({ code: 1, result: 'Refused', objects: [], pods: [] });
    expect(told.refusals).toMatchObject([
      {
        name: 'core',
        reason: 'CredentialsMissing',
        isNew: true,
        message: expect.stringContaining('create it'),
      },
      { name: 'auto', reason: 'CredentialsMissing', isNew: true },
    ]);
    await apply();
    const bench = new Bench(client, namespace());
    await bench.until(EPP_SET, 'core', 'Degraded', 'True CredentialsMissing');
    expect(await made()).toEqual(before);
    expect(await plan()).toMatchObject({ code: 0, refusals: [{ isNew: false }, { isNew: false }] });
    manifests.registry.spec.credentials.secretName = secretName;
    manifests.core.spec.replicas = 3;
    expect(await plan()).toMatchObject({ code: 2, refusals: [] });
    await apply();
    await converged();
  });

  it('says what somebody else has changed', async () => {
    await controllers.stop();
    const [kind, name] = ['Service', 'core-adapter'];
    const patch = '{"spec":{"ports":[{"port":8080,"name":"http","targetPort":9999}]}}';
    const patched = await api().kubectl(['patch', kind, name, '-n', namespace(), '-p', patch]);
    expect(patched).toMatchObject({ code: 0 });
    expect((await plan()).objects).toMatchObject([
      {
        action: 'change',
        kind,
        name,
        fields: [{ path: 'spec.ports.http.targetPort', before: 9999, after: 'http' }],
      },
    ]);
    controllers = await startControllers(api().kubeconfigPath, namespace());
    await converged();
  });

  it('lets go with --prune what is not in the manifests', async () => {
    const { auto: _, ...rest } = manifests;
    manifests = rest as typeof manifests;
    expect(await plan()).toMatchObject({ code: 0 });
    const told = await plan('--prune');
    expect(told).toMatchObject({ code: 2, pods: [{ name: 'auto', after: 0 }] });
    const own = [...(await made()).keys()].filter((ref) => ref.includes(' auto-'));
    expect(own.length).toBeGreaterThan(7);
    expect(foretold(told)).toEqual(own.map((ref) => `delete ${ref}`).sort());
  });

  it('says where a name is taken', async () => {
    const metadata = new Bench(client, namespace()).key('core-2-adapter');
    await client.create(CONFIG_MAP, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    const file = join(folder, 'taken.json');
    const { set: _, ...spec } = manifests.core.spec;
    const second = setManifest({ name: 'core-2', metadata: { namespace: namespace() }, spec });
    await writeFile(file, JSON.stringify(second));
    expect(await runPlanJson('-f', file, ...cluster())).toMatchObject({
      code: 1,
      objects: [],
      refusals: [{ name: 'core-2', reason: 'NameTaken', message: expect.stringContaining('core-2-adapter') }],
    });
  });

  it('says before the API server what may not be changed', async () => {
    manifests.core.spec.set = 'epp.manage.bj';
    const { code, errors } = await runPlan('-f', await written(), ...cluster());
    expect(code).toBe(1);
    expect(errors).toMatch(/^eppset: EppSet .*\/core: spec\.set .*create another EppSet and delete this one/);
  });
});
