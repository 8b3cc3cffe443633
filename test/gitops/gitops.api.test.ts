/** What GitOps tools ask of the custom resources: an empty diff after apply, and a health that is never told too early. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPP_GATEWAY } from '../../src/api/v1alpha1/gateway.ts';
import { FIELD_MANAGER } from '../../src/api/v1alpha1/labels.ts';
import { EPP_REGISTRY } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet } from '../../src/api/v1alpha1/set.ts';
import { CONFIG_MAP } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import { PLANNED_KINDS } from '../../src/plan/state.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../operator/controllers.ts';
import { eventually } from '../support/eventually.ts';
import { argoHealth, healthScripts, installLua, whyNoLua } from './argo-health.ts';
import { type KStatus, kstatus } from './kstatus.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { api, namespace } = useApiServer({ prefix: 'gitops' });
const noLua = await whyNoLua();
let client: ClosableKubeClient;
let bench: Bench;
let controllers: RunningControllers;

beforeAll(async () => {
  if (noLua === undefined) await installLua();
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  controllers = await startControllers(api().kubeconfigPath, namespace());
});
afterAll(async () => {
  await controllers?.stop();
  await client?.close();
});

const kubectl = async (args: readonly string[], input: string) =>
  await api().kubectl([...args, '-f', '-'], input);

async function observed(): Promise<void> {
  await eventually(
    async () => {
      for (const resource of PLANNED_KINDS) {
        for (const { metadata, status } of (await client.list(resource, { namespace: namespace() })).items) {
          expect(status?.observedGeneration, metadata.name).toBe(metadata.generation);
        }
      }
    },
    { timeoutMs: 60_000, everyMs: 50 },
  );
}

/** The files of the samples, and the custom resources of the README, in the namespace of this test. */
function manifestTexts(): [string, string][] {
  const samples = readdirSync(`${root}manifests/samples`)
    .sort()
    .map((file): [string, string] => [file, readFileSync(`${root}manifests/samples/${file}`, 'utf8')]);
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '');
  const resources = blocks.filter((text) => text.includes('apiVersion: eppset.io/'));
  // The samples have the same names.
  return [...samples, ['README.md', resources.join('---\n').replaceAll('name: epp-', 'name: readme-')]];
}

const texts = manifestTexts();

describe('kubectl', () => {
  it('finds the manifests that people are shown', () => {
    expect(texts.map(([name]) => name)).toEqual([
      '10-namespace.yaml',
      '20-simulators.yaml',
      '30-registries.yaml',
      '40-sets.yaml',
      '50-gateway.yaml',
      'README.md',
    ]);
    expect(texts.at(-1)?.[1].match(/kind: Epp(Registry|Set|Gateway)/g)).toHaveLength(3);
  });

  it('has nothing to change after it has applied them, in both ways and from one way to the other', async () => {
    const own = texts.map(([name, text]): [string, string] => [
      name,
      text.replaceAll('eppset-demo', namespace()).replaceAll('namespace: epp ', `namespace: ${namespace()} `),
    ]);
    const all = own.map(([, text]) => text).join('---\n');
    const resources = own.flatMap(([, text]) => (text.includes('kind: Epp') ? [text] : [])).join('---\n');
    const ways = [
      { text: all, how: '--server-side=false' },
      { text: resources, how: '--server-side' },
      { text: resources, how: '--server-side=false' },
    ];
    for (const { text, how } of ways) {
      const applied = await kubectl(['apply', how], text);
      expect(applied, applied.stderr).toMatchObject({ code: 0 });
      await observed();
      const { code, stdout, stderr } = await kubectl(['diff', how], text);
      expect(`${code} ${stderr}${stdout}`, how).toBe('0 ');
    }
    for (const resource of PLANNED_KINDS) {
      for (const { metadata } of (await bench.client.list(resource, { namespace: namespace() })).items) {
        expect(metadata.generation, metadata.name).toBe(1);
        const { managedFields = [] } = metadata as {
          managedFields?: { manager: string; fieldsV1: object }[];
        };
        const owners = managedFields
          .filter(({ fieldsV1 }) => 'f:spec' in fieldsV1)
          .map(({ manager }) => manager);
        expect(owners, metadata.name).not.toContain(FIELD_MANAGER.objects);
        expect(owners, metadata.name).not.toContain(FIELD_MANAGER.status);
      }
    }
  });
});

/** What kstatus says of each version of a set from this one on, until `end`. */
async function statusesUntil(name: string, from: EppSet, end: KStatus): Promise<KStatus[]> {
  const seen: KStatus[] = [kstatus(from)];
  const signal = AbortSignal.timeout(60_000);
  const options = { namespace: namespace(), fieldSelector: `metadata.name=${name}` };
  const resourceVersion = from.metadata.resourceVersion ?? '';
  for await (const event of client.watch(EPP_SET, { ...options, resourceVersion }, signal)) {
    if (event.type === 'BOOKMARK') continue;
    const status = kstatus(event.object);
    if (status !== seen.at(-1)) seen.push(status);
    if (status === end) return seen;
  }
  throw new Error(`the watch ended before ${end}`);
}

describe('kstatus', () => {
  beforeAll(async () => {
    await bench.registry();
  });

  it('has a fresh set in progress, and current when its pods are ready', async () => {
    const pools = [{ registry: 'verisign', min: 6, max: 12 }];
    const fresh = await bench.set({ name: 'fresh', spec: { pools } });
    const told = statusesUntil('fresh', fresh, 'Current');
    await bench.makeReady('fresh', 2);
    expect(await told).toEqual(['InProgress', 'Current']);
    const scaled = await bench.edit(EPP_SET, 'fresh', ({ spec }) => {
      spec.replicas = 3;
    });
    const retold = statusesUntil('fresh', scaled, 'Current');
    await bench.makeReady('fresh', 3);
    expect(await retold).toEqual(['InProgress', 'Current']);
  });

  it('has an account current when its Secrets are there, and never before', async () => {
    const { status: _, ...manifest } = await bench.get(EPP_REGISTRY, 'verisign');
    expect(kstatus(await bench.get(EPP_REGISTRY, 'verisign'))).toBe('Current');
    const created = await client.create(EPP_REGISTRY, {
      ...manifest,
      metadata: bench.key('later'),
      spec: { ...manifest.spec, credentials: { secretName: 'later' } },
    });
    expect(kstatus(created)).toBe('InProgress');
    await bench.until(EPP_REGISTRY, 'later', 'Ready', 'False CredentialsMissing');
    expect(kstatus(await bench.get(EPP_REGISTRY, 'later'))).toBe('InProgress');
  });

  it('waits for what another object mends, and gives up where nothing but an edit helps', async () => {
    await bench.set({ name: 'early', spec: { pools: [{ registry: 'none', min: 1, max: 1 }] } });
    await bench.until(EPP_SET, 'early', 'Ready', 'False RegistryNotFound');
    expect(kstatus(await bench.get(EPP_SET, 'early'))).toBe('InProgress');
    await client.create(CONFIG_MAP, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: bench.key('taken-adapter'),
    });
    await bench.set({ name: 'taken', spec: { pools: [{ registry: 'verisign', min: 1, max: 1 }] } });
    await bench.until(EPP_SET, 'taken', 'Stalled', 'True NameTaken');
    expect(kstatus(await bench.get(EPP_SET, 'taken'))).toBe('Failed');
  });

  it('has a gateway in progress until its pods are ready', async () => {
    const fresh = await bench.gateway();
    expect(kstatus(fresh)).toBe('InProgress');
    await bench.until(EPP_GATEWAY, 'front', 'Ready', 'False PodsNotReady');
    expect(kstatus(await bench.get(EPP_GATEWAY, 'front'))).toBe('InProgress');
    await bench.makeReady('front', 2, 'eppset.io/gateway');
    await eventually(async () => expect(kstatus(await bench.get(EPP_GATEWAY, 'front'))).toBe('Current'));
  });
});

const condition = (type: string, status: string, reason = 'Because', message = `${type} says so`) => ({
  type,
  status,
  reason,
  message,
});
const judged = (...conditions: object[]) => ({ observedGeneration: 2, conditions });

describe.skipIf(noLua !== undefined)(`Argo CD${noLua ? ` (${noLua})` : ''}`, () => {
  const TABLE: [what: string, kind: string, object: { spec?: object; status?: object }, health: string][] = [
    ['what nobody has looked at', 'EppSet', {}, 'Progressing'],
    ['what the operator has not seen', 'EppSet', { status: { observedGeneration: -1 } }, 'Progressing'],
    [
      'an older generation',
      'EppSet',
      { status: { observedGeneration: 1, conditions: [condition('Ready', 'True')] } },
      'Progressing',
    ],
    ['no conditions', 'EppRegistry', { status: judged() }, 'Progressing'],
    ['what is ready', 'EppRegistry', { status: judged(condition('Ready', 'True')) }, 'Healthy'],
    ['what is not ready', 'EppGateway', { status: judged(condition('Ready', 'False')) }, 'Progressing'],
    [
      'what is ready and degraded',
      'EppRegistry',
      { status: judged(condition('Ready', 'True'), condition('Degraded', 'True', 'LoginsRefused')) },
      'Degraded',
    ],
    [
      'what another object mends',
      'EppSet',
      {
        status: judged(condition('Ready', 'False'), condition('Degraded', 'True', 'RegistryNotFound')),
      },
      'Progressing',
    ],
    [
      'what only an edit mends',
      'EppSet',
      { status: judged(condition('Ready', 'True'), condition('Stalled', 'True', 'InvalidSpec')) },
      'Degraded',
    ],
    ['what is left alone', 'EppSet', { spec: { paused: true }, status: judged() }, 'Suspended'],
    [
      'a rollout that went back',
      'EppGateway',
      {
        status: {
          ...judged(condition('Ready', 'True')),
          rollout: { phase: 'RolledBack', message: 'too slow' },
        },
      },
      'Degraded',
    ],
    [
      'a rollout that stands still',
      'EppGateway',
      { status: { ...judged(condition('Ready', 'True')), rollout: { phase: 'Paused' } } },
      'Suspended',
    ],
    [
      'a rollout that goes on',
      'EppGateway',
      { status: { ...judged(condition('Ready', 'True')), rollout: { phase: 'Progressing' } } },
      'Healthy',
    ],
  ];

  it('tells health by status', async () => {
    const objects = TABLE.map(([, kind, object]) => ({
      kind,
      metadata: { name: 'x', generation: 2 },
      ...object,
    }));
    const told = await argoHealth(objects);
    expect(TABLE.map(([what], index) => [what, told[index]?.status])).toEqual(
      TABLE.map(([what, , , health]) => [what, health]),
    );
    expect(told.every(({ message }) => message !== '')).toBe(true);
  });

  it('tells it of real objects as kstatus does', async () => {
    const objects = [
      await bench.get(EPP_SET, 'fresh'),
      await bench.get(EPP_SET, 'early'),
      await bench.get(EPP_SET, 'taken'),
      await bench.get(EPP_REGISTRY, 'later'),
      await bench.get(EPP_GATEWAY, 'front'),
    ];
    expect(await argoHealth(objects)).toEqual([
      { status: 'Healthy', message: '3 of 3 pods are ready' },
      { status: 'Progressing', message: expect.stringContaining('EppRegistry none') },
      { status: 'Degraded', message: expect.stringContaining('taken-adapter') },
      { status: 'Progressing', message: expect.stringContaining('Secret later') },
      { status: 'Healthy', message: '2 of 2 pods are ready' },
    ]);
  });

  it('has the same script for all kinds, by the command of the document', async () => {
    const [command = ''] =
      /kubectl patch configmap argocd-cm .*/.exec(readFileSync(`${root}docs/gitops.md`, 'utf8')) ?? [];
    expect(readFileSync(`${root}manifests/argocd/health.yaml`, 'utf8')).toContain(command);
    await client.create(CONFIG_MAP, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: bench.key('argocd-cm'),
      data: { url: 'https://argocd.example' },
    });
    const [, ...args] = command
      .replace('--namespace argocd', `--namespace ${namespace()}`)
      .replace('manifests/argocd/', `${root}manifests/argocd/`)
      .split(' ');
    const patched = await api().kubectl(args);
    expect(patched, patched.stderr).toMatchObject({ code: 0 });
    const scripts = await healthScripts();
    expect([...scripts.keys()].sort()).toEqual(['EppGateway', 'EppRegistry', 'EppSet']);
    expect(new Set(scripts.values()).size).toBe(1);
    expect((await bench.get(CONFIG_MAP, 'argocd-cm')).data).toEqual({
      url: 'https://argocd.example',
      ...Object.fromEntries(
        [...scripts].map(([kind, script]) => [`resource.customizations.health.eppset.io_${kind}`, script]),
      ),
    });
  });
});
