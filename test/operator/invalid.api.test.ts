/**
 * Objects that this version would not let in: stored under another version's CRD, or with its rules switched off. Each is told what is
 * wrong with it, and stops nobody else.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPP_GATEWAY, type EppGateway } from '../../src/api/v1alpha1/gateway.ts';
import { EPP_REGISTRY, type EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet } from '../../src/api/v1alpha1/set.ts';
import { CONFIG_MAP, DEPLOYMENT, NAMESPACE } from '../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from './controllers.ts';
import { gatewayManifest, registryManifest, setManifest } from './samples.ts';

interface Crd extends KubeObject {
  spec: { versions: { schema: { openAPIV3Schema: { properties: Record<string, unknown> } } }[] };
}
const CRD: Resource<Crd> = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const NAME = 'shop';

let api: ApiServer;
let client: ClosableKubeClient;
let bench: Bench;
let controllers: RunningControllers;

/** Takes any spec from now on. */
async function relax(plural: string): Promise<void> {
  await eventually(async () => {
    const crd = structuredClone((await client.get(CRD, { name: `${plural}.eppset.io` })) as Crd);
    for (const { schema } of crd.spec.versions) {
      schema.openAPIV3Schema.properties.spec = {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
      };
    }
    await client.replace(CRD, crd);
  });
}

beforeAll(async () => {
  api = await startApiServer();
  client = await openClient(api.kubeconfigPath);
  await serveCrds(client);
  await relax('eppsets');
  await relax('eppregistries');
  await relax('eppgateways');
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAME } });
  bench = new Bench(client, NAME);
  controllers = await startControllers(api.kubeconfigPath, NAME);
});
afterAll(async () => {
  await controllers?.stop();
  await client?.close();
  await api?.stop();
});

/** The CRD's new schema takes a moment to be served. */
async function createSet(name: string, spec: object): Promise<void> {
  const manifest = setManifest({ name, spec, metadata: { namespace: NAME } });
  await eventually(() => client.create(EPP_SET, manifest as unknown as EppSet), { timeoutMs: 60_000 });
}

describe('an invalid set', () => {
  it.each<[string, object, RegExp]>([
    ['its name', { set: 'epp-core' }, /^the spec is not valid: spec\.set must be prefix\.business\.region/],
    ['its class', { class: 'gold' }, /^the spec is not valid: spec\.class .*core/],
    [
      'a pool',
      { pools: [{ registry: 'a', min: 9, max: 3 }] },
      /spec\.pools\[0\]\.max must not be lower than min \(9\)/,
    ],
    ['no pools at all', { pools: 'none' }, /spec\.pools/],
  ])('is told about %s', async (what, spec, message) => {
    const name = what.replaceAll(' ', '-');
    await createSet(name, spec);
    expect(await bench.until(EPP_SET, name, 'Stalled', 'True InvalidSpec')).toMatch(message);
    expect(await bench.condition(EPP_SET, name, 'Ready')).toMatchObject({ text: 'False InvalidSpec' });
    await eventually(async () =>
      expect(await bench.events('EppSet', name)).toEqual([
        expect.stringMatching(/^Warning InvalidSpec: the spec is not valid: /),
      ]),
    );
    await client.delete(EPP_SET, bench.key(name));
    await eventually(async () => expect(await client.get(EPP_SET, bench.key(name))).toBeUndefined());
  });
});

describe('an invalid registry', () => {
  const name = 'from-the-future';

  beforeAll(async () => {
    const manifest = registryManifest({ name, spec: { profile: 'martian' }, metadata: { namespace: NAME } });
    await eventually(() => client.create(EPP_REGISTRY, manifest as unknown as EppRegistry), {
      timeoutMs: 60_000,
    });
  });

  it('is told about its unknown profile', async () => {
    const message = await bench.until(EPP_REGISTRY, name, 'Stalled', 'True InvalidSpec');
    expect(message).toMatch(/^the spec is not valid: spec\.profile .*generic/);
    await eventually(async () =>
      expect(await bench.events('EppRegistry', name)).toEqual([`Warning InvalidSpec: ${message}`]),
    );
  });

  it('is told to the sets that name it', async () => {
    await createSet('martian', { pools: [{ registry: name, min: 1, max: 1 }] });
    const message = await bench.until(EPP_SET, 'martian', 'Degraded', 'True RegistryInvalid');
    expect(message).toMatch(/^EppRegistry from-the-future is not valid: spec\.profile /);
    expect(await client.get(DEPLOYMENT, bench.key('martian-adapter'))).toBeUndefined();
  });

  it('stops no other set, and its own begin when it is right', async () => {
    await bench.registry();
    await createSet('sound', {});
    await bench.makeReady('sound', 2);
    await bench.until(EPP_SET, 'sound', 'Ready', 'True PodsReady');
    await bench.secret(`${name}-credentials`, ['username', 'password']);
    await bench.secret(`${name}-ca`, ['ca.crt']);
    await bench.edit(EPP_REGISTRY, name, (registry) => {
      registry.spec.profile = 'generic';
    });
    await bench.until(EPP_SET, 'martian', 'Degraded', 'False AsExpected');
    await bench.makeReady('martian', 2);
  });

  it('takes nothing from sets that run when it becomes invalid, and is let go of in the end', async () => {
    const before = await bench.get(DEPLOYMENT, 'martian-adapter');
    await bench.edit(EPP_REGISTRY, name, (registry) => {
      registry.spec = { connections: 'many' } as never;
    });
    await bench.until(EPP_SET, 'martian', 'Degraded', 'True RegistryInvalid');
    expect((await bench.get(DEPLOYMENT, 'martian-adapter')).metadata.uid).toBe(before.metadata.uid);
    await client.delete(EPP_REGISTRY, bench.key(name));
    await eventually(async () => expect(await client.get(EPP_REGISTRY, bench.key(name))).toBeUndefined());
  });
});

describe('an invalid gateway', () => {
  const name = 'front';

  it('is told about it, and made when it is right', async () => {
    const { spec } = gatewayManifest();
    const manifest = gatewayManifest({ name, metadata: { namespace: NAME }, spec: { region: 'any' } });
    await eventually(() => client.create(EPP_GATEWAY, manifest as unknown as EppGateway), {
      timeoutMs: 20_000,
    });
    const message = await bench.until(EPP_GATEWAY, name, 'Stalled', 'True InvalidSpec');
    expect(message).toMatch(/^the spec is not valid: spec\.region must not be 'any'/);
    await eventually(async () =>
      expect(await bench.events('EppGateway', name)).toEqual([`Warning InvalidSpec: ${message}`]),
    );
    expect(await client.get(DEPLOYMENT, bench.key(`${name}-gateway`))).toBeUndefined();
    await bench.edit(EPP_GATEWAY, name, (gateway) => {
      gateway.spec = spec as never;
    });
    await eventually(() => bench.get(DEPLOYMENT, `${name}-gateway`));
  });

  it('keeps what runs when it becomes invalid', async () => {
    const before = await bench.get(CONFIG_MAP, `${name}-gateway`);
    await bench.edit(EPP_GATEWAY, name, (gateway) => {
      gateway.spec = { routes: 'none' } as never;
    });
    await bench.until(EPP_GATEWAY, name, 'Degraded', 'True InvalidSpec');
    expect(await bench.condition(EPP_GATEWAY, name, 'RoutesResolved')).toMatchObject({
      text: 'Unknown NotJudged',
    });
    expect((await bench.get(CONFIG_MAP, `${name}-gateway`)).metadata.resourceVersion).toBe(
      before.metadata.resourceVersion,
    );
  });
});
