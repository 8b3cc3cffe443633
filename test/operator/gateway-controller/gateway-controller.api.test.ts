/** Gateways on a real API server with its own controllers: no node, so pods stay pending until the test says otherwise. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gatewayFile } from '../../../src/api/files/gateway-file.ts';
import { EPP_GATEWAY, type EppGateway } from '../../../src/api/v1alpha1/gateway.ts';
import { EPP_REGISTRY } from '../../../src/api/v1alpha1/registry.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  INGRESS,
  POD_DISRUPTION_BUDGET,
  ROLE,
  ROLE_BINDING,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../../src/kube/client.ts';
import type { Resource } from '../../../src/kube/objects.ts';
import { OWNED_KINDS } from '../../../src/operator/apply/owned-kinds.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { eventually } from '../../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'gateways' });
const LABEL = 'eppset.io/gateway';
const LEGACY = { url: 'http://old-epp:8080' };
let client: ClosableKubeClient;
let bench: Bench;
let controllers: RunningControllers;

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  await bench.registry();
  controllers = await startControllers(api().kubeconfigPath, namespace());
});
afterAll(async () => {
  await controllers?.stop();
  await client?.close();
});

const fileOf = async (name: string) =>
  gatewayFile.parse(parse((await bench.get(CONFIG_MAP, `${name}-gateway`)).data?.['gateway.yaml'] ?? ''));
const editGateway = (name: string, change: (spec: EppGateway['spec']) => void) =>
  bench.edit(EPP_GATEWAY, name, ({ spec }) => change(spec));
/** What a server-side apply of the operator leaves alone, it has not written. */
const versionOf = async (resource: Resource, name: string) =>
  (await bench.get(resource, name)).metadata.resourceVersion;
const gone = (resource: Resource, name: string) =>
  eventually(async () => expect(await client.get(resource, bench.key(name))).toBeUndefined(), {
    timeoutMs: 100_000,
  });

const KINDS: [Resource, string][] = [
  [SERVICE_ACCOUNT, 'gateway'],
  [ROLE, 'gateway'],
  [ROLE_BINDING, 'gateway'],
  [CONFIG_MAP, 'gateway'],
  [SERVICE, 'gateway'],
  [SERVICE, 'gateway-pods'],
  [POD_DISRUPTION_BUDGET, 'gateway'],
  [INGRESS, 'gateway'],
  [DEPLOYMENT, 'gateway'],
];

describe('a gateway', () => {
  const name = 'made';

  it('becomes objects that it owns, a file that gateways read, and pods', async () => {
    const gateway = await bench.gateway({
      name,
      spec: { ingress: { host: 'epp.example', tlsSecretName: 'tls', annotations: { 'example.org/a': 'b' } } },
    });
    for (const [resource, suffix] of KINDS) {
      const object = await eventually(() => bench.get(resource, `${name}-${suffix}`));
      expect(object.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([gateway.metadata.uid]);
      expect(object.metadata.finalizers ?? []).toEqual([]);
    }
    expect(await fileOf(name)).toMatchObject({
      name,
      discovery: { mode: 'kubernetes', configMap: 'made-gateway' },
      routes: [
        { tlds: ['com', 'net'], accounts: [{ name: 'verisign', accreditation: 'shop', weight: 100 }] },
      ],
    });
    await bench.makeReady(name, 2, LABEL);
    await bench.until(EPP_GATEWAY, name, 'Ready', 'True PodsReady');
    expect((await bench.get(EPP_GATEWAY, name)).status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      selector: `app.kubernetes.io/component=gateway,eppset.io/gateway=${name}`,
    });
    await bench.until(EPP_GATEWAY, name, 'RoutesResolved', 'True RegistriesFound');
    await eventually(async () =>
      expect(await bench.events('EppGateway', name)).toContain('Normal PodsReady: 2 of 2 pods are ready'),
    );
  });

  it('gets the token of its namespace', async () => {
    await eventually(() => bench.get(SECRET, 'eppset-internal-token'));
  });

  it('tells of accounts that no set has a pool of, until one has', async () => {
    const message = await bench.until(EPP_GATEWAY, name, 'AccountsPooled', 'False NotPooled');
    expect(message).toContain('verisign');
    await bench.set({
      name: 'pooled',
      spec: { set: 'epp.core.*', pools: [{ registry: 'verisign', min: 1, max: 1 }] },
    });
    expect(await bench.until(EPP_GATEWAY, name, 'AccountsPooled', 'True Pooled')).toBe(
      'every account is in a pool of a set; those of business query have none of verisign',
    );
  });

  it('is scaled by kubectl scale, and has a disruption budget from two pods on', async () => {
    const scale = (replicas: number) =>
      api().kubectl(['-n', namespace(), 'scale', 'eppgateway', name, `--replicas=${replicas}`]);
    expect(await scale(1)).toMatchObject({ code: 0, stderr: '' });
    await bench.makeReady(name, 1, LABEL);
    await gone(POD_DISRUPTION_BUDGET, `${name}-gateway`);
    expect(await scale(3)).toMatchObject({ code: 0 });
    await bench.makeReady(name, 3, LABEL);
    await eventually(() => bench.get(POD_DISRUPTION_BUDGET, `${name}-gateway`));
    await eventually(async () => expect((await bench.get(EPP_GATEWAY, name)).status?.readyReplicas).toBe(3));
  });

  it('takes its Ingress away with the wish for it', async () => {
    await editGateway(name, (spec) => {
      delete spec.ingress;
    });
    await gone(INGRESS, `${name}-gateway`);
  });

  it('changes its file and not its pods, whatever may change while they run', async () => {
    const before = (await bench.get(DEPLOYMENT, `${name}-gateway`)).metadata.generation;
    await editGateway(name, (spec) => {
      spec.rollout = { percent: 37, legacy: LEGACY } as never;
      spec.switches = { query: false };
      spec.retries.attempts = 1;
      spec.limits = { perCaller: { concurrent: 7 } };
      spec.timeouts.request = '10m';
    });
    await eventually(async () =>
      expect(await fileOf(name)).toMatchObject({
        rollout: { percent: 37, legacy: LEGACY },
        switches: { query: false },
        retries: { attempts: 1 },
        limits: { perCaller: { concurrent: 7 } },
      }),
    );
    await editGateway(name, (spec) => {
      Object.assign(spec.rollout ?? {}, { aborted: true, overrides: [{ tld: 'com', percent: 100 }] });
    });
    await eventually(async () =>
      expect((await fileOf(name)).rollout).toMatchObject({ percent: 0, overrides: [] }),
    );
    await bench.until(EPP_GATEWAY, name, 'Progressing', 'False RolledOut');
    expect((await bench.get(DEPLOYMENT, `${name}-gateway`)).metadata.generation).toBe(before);
  });

  it('rolls its pods for what they read once, not before its Secret is there', async () => {
    const before = (await bench.get(DEPLOYMENT, `${name}-gateway`)).metadata.generation;
    await editGateway(name, (spec) => {
      spec.authentication = { apiKeys: { secretName: 'callers' } };
    });
    expect(await bench.until(EPP_GATEWAY, name, 'Degraded', 'True SecretMissing')).toMatch(
      /^Secret callers, named in spec\.authentication\.apiKeys\.secretName, does not exist/,
    );
    expect((await fileOf(name)).authentication).toBeUndefined();
    await bench.secret('callers', ['shop']);
    await bench.until(EPP_GATEWAY, name, 'Degraded', 'False AsExpected');
    const { metadata, spec } = await bench.get(DEPLOYMENT, `${name}-gateway`);
    expect(metadata.generation).toBeGreaterThan(before ?? 0);
    expect(spec?.template.spec?.volumes?.map((volume) => volume.secret?.secretName)).toContain('callers');
    expect((await fileOf(name)).authentication).toEqual({ apiKeys: { dir: '../auth/api-keys' } });
  });

  it('is set back when somebody changes what is its own', async () => {
    await bench.edit(ROLE, `${name}-gateway`, (role) => {
      role.rules?.push({ apiGroups: [''], resources: ['secrets'], verbs: ['get'] });
    });
    await eventually(async () =>
      expect(JSON.stringify((await bench.get(ROLE, `${name}-gateway`)).rules)).not.toContain('secrets'),
    );
    await eventually(async () =>
      expect(await bench.events('EppGateway', name)).toContain(
        `Normal DriftCorrected: Role ${namespace()}/${name}-gateway was changed by somebody else: set back`,
      ),
    );
  });

  // The garbage collector looks for new kinds every half a minute.
  it('goes with all that it owns', async () => {
    await client.delete(EPP_GATEWAY, bench.key(name));
    await gone(EPP_GATEWAY, name);
    for (const [resource, suffix] of KINDS) await gone(resource, `${name}-${suffix}`);
  });
});

describe('a wrong spec', () => {
  const name = 'wrong';

  it('makes nothing at first, and all of it once it is right', async () => {
    const routes = [{ tlds: ['com'], registries: [{ name: 'later' }] }];
    await bench.gateway({ name, spec: { routes } });
    expect(await bench.until(EPP_GATEWAY, name, 'RoutesResolved', 'False RegistryNotFound')).toBe(
      `EppRegistry later, which spec.routes[0] names, does not exist in namespace ${namespace()}: create it or take it out of the route`,
    );
    for (const [resource, suffix] of KINDS) {
      expect(await client.get(resource, bench.key(`${name}-${suffix}`))).toBeUndefined();
    }
    await bench.registry({ name: 'later' });
    await bench.until(EPP_GATEWAY, name, 'RoutesResolved', 'True RegistriesFound');
    await bench.makeReady(name, 2, LABEL);
    await bench.until(EPP_GATEWAY, name, 'Ready', 'True PodsReady');
  });

  it('leaves the file of a running gateway as it was, and says why', async () => {
    const [before, deployment] = await Promise.all([
      versionOf(CONFIG_MAP, `${name}-gateway`),
      bench.get(DEPLOYMENT, `${name}-gateway`),
    ]);
    await editGateway(name, (spec) => {
      spec.routes.push({ tlds: ['cn'], registries: [{ name: 'nobody' }] });
      spec.replicas = 5;
    });
    const message = await bench.until(EPP_GATEWAY, name, 'Degraded', 'True RegistryNotFound');
    expect(message).toContain('EppRegistry nobody, which spec.routes[1] names');
    expect(await bench.condition(EPP_GATEWAY, name, 'RoutesResolved')).toMatchObject({
      text: 'False RegistryNotFound',
    });
    await eventually(async () =>
      expect(await bench.events('EppGateway', name)).toContain(`Warning RegistryNotFound: ${message}`),
    );
    expect(await versionOf(CONFIG_MAP, `${name}-gateway`)).toBe(before);
    expect((await bench.get(DEPLOYMENT, `${name}-gateway`)).metadata.generation).toBe(
      deployment.metadata.generation,
    );
  });

  it('keeps it also when an account goes that it names, and takes over what is right again', async () => {
    await editGateway(name, (spec) => {
      spec.routes.pop();
      spec.replicas = 2;
    });
    await bench.until(EPP_GATEWAY, name, 'RoutesResolved', 'True RegistriesFound');
    const before = await fileOf(name);
    await client.delete(EPP_REGISTRY, bench.key('later'));
    await bench.until(EPP_GATEWAY, name, 'RoutesResolved', 'False RegistryNotFound');
    expect(await fileOf(name)).toEqual(before);
    await editGateway(name, (spec) => {
      spec.routes = [{ tlds: ['org'], registries: [{ name: 'verisign' }] }];
    });
    await bench.until(EPP_GATEWAY, name, 'RoutesResolved', 'True RegistriesFound');
    await eventually(async () => expect((await fileOf(name)).routes[0]?.tlds).toEqual(['org']));
  });

  it('is told of a name that somebody else has', async () => {
    const metadata = { ...bench.key('theirs-gateway') };
    await client.create(CONFIG_MAP, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } });
    await bench.gateway({ name: 'theirs' });
    expect(await bench.until(EPP_GATEWAY, 'theirs', 'Stalled', 'True NameTaken')).toBe(
      `ConfigMap ${namespace()}/theirs-gateway exists and is not of this gateway: rename the gateway, or remove that object`,
    );
  });
});

describe('a paused gateway', () => {
  it('is left as it is until it goes on', async () => {
    const name = 'paused';
    await bench.gateway({ name });
    await eventually(() => bench.get(DEPLOYMENT, `${name}-gateway`));
    await editGateway(name, (spec) => {
      spec.paused = true;
      spec.actions = false;
    });
    await bench.until(EPP_GATEWAY, name, 'Progressing', 'False Paused');
    expect((await fileOf(name)).actions).toBe(true);
    await editGateway(name, (spec) => {
      spec.paused = false;
    });
    await eventually(async () => expect((await fileOf(name)).actions).toBe(false));
  });
});

it('writes nothing in a steady state', async () => {
  await bench.gateway({ name: 'steady', spec: { ingress: { host: 'epp.example' } } });
  await bench.makeReady('steady', 2, LABEL);
  await bench.until(EPP_GATEWAY, 'steady', 'Ready', 'True PodsReady');
  const versions = async () => {
    const lists = await Promise.all(
      [...OWNED_KINDS, EPP_GATEWAY].map((resource) => client.list(resource, { namespace: namespace() })),
    );
    return lists.flatMap(({ items }) =>
      items.map(({ kind, metadata }) => [kind, metadata.name, metadata.resourceVersion]),
    );
  };
  let [before, writes] = [await versions(), await controllers.writes()];
  await eventually(
    async () => {
      await delay(3_000);
      const [versionsBefore, writesBefore] = [before, writes];
      [before, writes] = [await versions(), await controllers.writes()];
      expect([before, writes]).toEqual([versionsBefore, writesBefore]);
    },
    { timeoutMs: 45_000, what: 'it comes to rest' },
  );
});
