/** Sets on a real API server with its own controllers: no node, so pods stay pending until the test says otherwise. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPP_REGISTRY } from '../../../src/api/v1alpha1/registry.ts';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  POD_DISRUPTION_BUDGET,
  ROLE,
  ROLE_BINDING,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../../src/kube/objects.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { eventually } from '../../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'sets' });
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

const KINDS: [Resource, string][] = [
  [SERVICE_ACCOUNT, 'adapter'],
  [ROLE, 'adapter'],
  [ROLE_BINDING, 'adapter'],
  [CONFIG_MAP, 'adapter'],
  [SERVICE, 'adapter'],
  [SERVICE, 'pods'],
  [POD_DISRUPTION_BUDGET, 'adapter'],
  [DEPLOYMENT, 'adapter'],
];

describe('a set', () => {
  const name = 'made';

  it('becomes objects that it owns, and pods', async () => {
    const set = await bench.set({ name });
    for (const [resource, suffix] of KINDS) {
      const object = await eventually(() => bench.get(resource, `${name}-${suffix}`));
      expect(object.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([set.metadata.uid]);
    }
    await bench.makeReady(name, 2);
    await bench.until(EPP_SET, name, 'Ready', 'True PodsReady');
    expect((await bench.get(EPP_SET, name)).status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      selector: `app.kubernetes.io/component=adapter,eppset.io/set-object=${name}`,
      pools: [{ registry: 'verisign', granted: 0, open: 0, waiting: 0 }],
    });
    expect(await bench.condition(EPP_SET, name, 'Progressing')).toMatchObject({ text: 'False RolledOut' });
    expect(await bench.condition(EPP_SET, name, 'BudgetSatisfied')).toMatchObject({
      text: 'True MinimumsFit',
    });
    await eventually(async () =>
      expect(await bench.events('EppSet', name)).toContain('Normal PodsReady: 2 of 2 pods are ready'),
    );
  });

  it('is scaled by kubectl scale', async () => {
    const { code, stderr } = await api().kubectl([
      '-n',
      namespace(),
      'scale',
      'eppset',
      name,
      '--replicas=3',
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    await bench.makeReady(name, 3);
    await eventually(async () => expect((await bench.get(EPP_SET, name)).status?.readyReplicas).toBe(3));
    await bench.until(EPP_SET, name, 'Ready', 'True PodsReady');
  });

  it('is waited for by kubectl wait', async () => {
    const args = ['-n', namespace(), 'wait', '--for=condition=Ready', `eppset/${name}`, '--timeout=10s'];
    expect(await api().kubectl(args)).toMatchObject({ code: 0 });
  });

  it('rolls its pods when its file changes', async () => {
    const checksum = async () =>
      (await bench.get(DEPLOYMENT, `${name}-adapter`)).spec?.template.metadata?.annotations?.[
        'eppset.io/config-checksum'
      ];
    const before = await checksum();
    await bench.edit(EPP_SET, name, (set) => {
      set.spec.timeouts.queue = '9s';
    });
    await eventually(async () => expect(await checksum()).not.toBe(before));
    expect((await bench.get(CONFIG_MAP, `${name}-adapter`)).data?.['adapter.yaml']).toContain('queue: 9s');
    await bench.until(EPP_SET, name, 'Progressing', 'True RollingOut');
  });
});

describe('what others change', () => {
  const name = 'drift';
  const adapter = `${name}-adapter`;

  beforeAll(async () => {
    await bench.set({ name });
    await eventually(() => bench.get(DEPLOYMENT, adapter));
  });

  it.each<[string, Resource, (object: never) => void, (object: never) => unknown]>([
    [
      'the number of replicas',
      DEPLOYMENT,
      (object: { spec: { replicas: number } }) => {
        object.spec.replicas = 7;
      },
      (object: { spec: { replicas: number } }) => object.spec.replicas,
    ],
    [
      'a right given to pods',
      ROLE,
      (object: { rules: object[] }) => {
        object.rules.push({ apiGroups: [''], resources: ['secrets'], verbs: ['get'] });
      },
      (object: { rules: object[] }) => object.rules,
    ],
    [
      'the file',
      CONFIG_MAP,
      (object: { data: Record<string, string> }) => {
        object.data['adapter.yaml'] = 'gone';
      },
      (object: { data: Record<string, string> }) => object.data,
    ],
    [
      'a Service’s selector',
      SERVICE,
      (object: { spec: { selector: Record<string, string> } }) => {
        object.spec.selector.more = 'x';
      },
      (object: { spec: { selector: Record<string, string> } }) => object.spec.selector,
    ],
    [
      'a label of ours',
      SERVICE_ACCOUNT,
      (object: KubeObject) => {
        delete object.metadata.labels?.['app.kubernetes.io/managed-by'];
      },
      (object: KubeObject) => object.metadata.labels,
    ],
  ] as never)('is set back: %s', async (_what, resource, change, read) => {
    const before = read((await bench.get(resource, adapter)) as never);
    await bench.edit(resource, adapter, change as never);
    await eventually(async () => expect(read((await bench.get(resource, adapter)) as never)).toEqual(before));
  });

  it('is set back when another manager has taken it by force', async () => {
    const theirs = {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: adapter } },
      spec: { replicas: 5, template: { spec: { terminationGracePeriodSeconds: 1 } } },
    };
    const force = ['apply', '--server-side', '--force-conflicts', '--field-manager=somebody', '-f', '-'];
    const applied = await api().kubectl(['-n', namespace(), ...force], JSON.stringify(theirs));
    expect(applied).toMatchObject({ code: 0 });
    await eventually(async () =>
      expect((await bench.get(DEPLOYMENT, adapter)).spec).toMatchObject({
        replicas: 2,
        template: { spec: { terminationGracePeriodSeconds: 75 } },
      }),
    );
    expect(await bench.condition(EPP_SET, name, 'Degraded')).toMatchObject({ text: 'False AsExpected' });
  });

  it('is told', async () => {
    await eventually(async () =>
      expect(await bench.events('EppSet', name)).toContain(
        `Normal DriftCorrected: Deployment ${namespace()}/${adapter} was changed by somebody else: set back`,
      ),
    );
  });

  it('comes back when it was deleted', async () => {
    const comesBack = async ([resource, suffix]: [Resource, string]) => {
      const before = await bench.get(resource, `${name}-${suffix}`);
      await client.delete(resource, bench.key(`${name}-${suffix}`));
      await eventually(
        async () => {
          const after = await bench.get(resource, `${name}-${suffix}`);
          expect(after.metadata.uid).not.toBe(before.metadata.uid);
          expect(after.metadata.deletionTimestamp).toBeUndefined();
        },
        { timeoutMs: 60_000, what: `${resource.kind} is back` },
      );
    };
    await Promise.all(KINDS.map(comesBack));
  });

  it('stays when it is theirs: labels, annotations, fields that we do not set', async () => {
    await bench.edit(DEPLOYMENT, adapter, (object) => {
      object.metadata.labels = { ...object.metadata.labels, team: 'epp' };
      object.metadata.annotations = { ...object.metadata.annotations, note: 'x' };
      if (object.spec) object.spec.minReadySeconds = 5;
      // And something of ours, so that we surely write.
      if (object.spec) object.spec.replicas = 9;
    });
    await eventually(async () => expect((await bench.get(DEPLOYMENT, adapter)).spec?.replicas).toBe(2));
    const { metadata, spec } = await bench.get(DEPLOYMENT, adapter);
    expect(metadata.labels?.team).toBe('epp');
    expect(metadata.annotations?.note).toBe('x');
    expect(spec?.minReadySeconds).toBe(5);
  });
});

describe('a pool', () => {
  it('that is taken out leaves nothing behind', async () => {
    await bench.registry({ name: 'second' });
    const name = 'two-pools';
    const pools = [
      { registry: 'verisign', min: 3, max: 3 },
      { registry: 'second', min: 3, max: 3 },
    ];
    await bench.set({ name, spec: { pools } });
    const volumes = async () =>
      (await bench.get(DEPLOYMENT, `${name}-adapter`)).spec?.template.spec?.volumes?.map(
        (volume) => volume.name,
      );
    await eventually(async () => expect(await volumes()).toContain('second-credentials'));
    await bench.edit(EPP_SET, name, (set) => {
      set.spec.pools = set.spec.pools.filter(({ registry }) => registry !== 'second');
    });
    await eventually(async () =>
      expect(await volumes()).toEqual(['config', 'verisign-credentials', 'verisign-ca', 'internal']),
    );
    const file = (await bench.get(CONFIG_MAP, `${name}-adapter`)).data?.['adapter.yaml'];
    expect(file).not.toContain('second');
    await eventually(async () =>
      expect((await bench.get(EPP_SET, name)).status?.pools?.map(({ registry }) => registry)).toEqual([
        'verisign',
      ]),
    );
  });
});

describe('a refusal', () => {
  const warningOf = async (name: string, reason: string) =>
    await eventually(async () => {
      const found = (await bench.events('EppSet', name)).find((event) =>
        event.startsWith(`Warning ${reason}: `),
      );
      if (found === undefined) throw new Error(`no event ${reason}`);
      return found;
    });

  it('tells of a registry that does not exist, and ends when it comes', async () => {
    const name = 'no-registry';
    await bench.set({ name, spec: { pools: [{ registry: 'late', min: 3, max: 3 }] } });
    const message = await bench.until(EPP_SET, name, 'Degraded', 'True RegistryNotFound');
    expect(message).toBe(
      `EppRegistry late, which a pool names, does not exist in namespace ${namespace()}: create it or remove the pool`,
    );
    expect(await warningOf(name, 'RegistryNotFound')).toContain(message);
    expect(await client.get(DEPLOYMENT, bench.key(`${name}-adapter`))).toBeUndefined();
    await bench.registry({ name: 'late' });
    await bench.until(EPP_SET, name, 'Degraded', 'False AsExpected');
    await eventually(() => bench.get(DEPLOYMENT, `${name}-adapter`));
  });

  it('tells of a Secret that is missing or incomplete, and ends when it is right', async () => {
    const name = 'no-secret';
    const registry = 'secretless';
    await bench.registry({ name: registry, spec: { tls: {} }, credentials: ['username'] });
    const problem = `Secret ${registry}-credentials, named in spec.credentials.secretName, lacks the key password: add what is missing`;
    await eventually(
      async () =>
        expect(await bench.condition(EPP_REGISTRY, registry, 'CredentialsAvailable')).toEqual({
          text: 'False CredentialsMissing',
          message: problem,
        }),
      { timeoutMs: 60_000 },
    );
    await bench.set({ name, spec: { pools: [{ registry, min: 3, max: 3 }] } });
    const message = await bench.until(EPP_SET, name, 'Ready', 'False CredentialsMissing');
    expect(message).toContain(problem);
    expect(await warningOf(name, 'CredentialsMissing')).toContain(problem);
    expect(JSON.stringify(await bench.events('EppRegistry', registry))).not.toContain('secret value');
    await client.delete(SECRET, bench.key(`${registry}-credentials`));
    await bench.secret(`${registry}-credentials`, ['username', 'password']);
    await bench.until(EPP_REGISTRY, registry, 'Ready', 'True Usable');
    await bench.until(EPP_SET, name, 'Degraded', 'False AsExpected');
  });

  it('tells of minimums beyond the limit, and ends when there is room', async () => {
    const registry = 'narrow';
    await bench.registry({ name: registry, spec: { connections: { limit: 4, idleTimeoutSeconds: 60 } } });
    await bench.set({ name: 'fits', spec: { pools: [{ registry, min: 3, max: 4 }] } });
    await bench.set({
      name: 'too-much',
      spec: { class: 'query', set: 'epp.query.bj', pools: [{ registry, min: 2, max: 4 }] },
    });
    const message = await bench.until(EPP_SET, 'too-much', 'BudgetSatisfied', 'False MinimumsExceedLimit');
    expect(message).toContain(registry);
    expect(await warningOf('too-much', 'MinimumsExceedLimit')).toContain(message);
    expect(
      await bench.until(EPP_REGISTRY, registry, 'BudgetSatisfied', 'False MinimumsExceedLimit'),
    ).toContain('too-much');
    await bench.until(EPP_SET, 'fits', 'BudgetSatisfied', 'True MinimumsFit');
    await bench.edit(EPP_SET, 'fits', (set) => {
      set.spec.pools = [{ registry, min: 2, max: 4 }];
    });
    await bench.until(EPP_SET, 'too-much', 'BudgetSatisfied', 'True MinimumsFit');
    await bench.until(EPP_REGISTRY, registry, 'BudgetSatisfied', 'True MinimumsFit');
  });

  it('leaves alone what is somebody else’s', async () => {
    const name = 'taken';
    const theirs = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: bench.key(`${name}-adapter`),
      data: { mine: 'x' },
    };
    await client.create(CONFIG_MAP, theirs);
    await bench.set({ name });
    const message = await bench.until(EPP_SET, name, 'Stalled', 'True NameTaken');
    expect(message).toBe(
      `ConfigMap ${namespace()}/${name}-adapter exists and is not of this set: rename the set, or remove that object`,
    );
    expect((await bench.get(CONFIG_MAP, `${name}-adapter`)).data).toEqual({ mine: 'x' });
    await client.delete(CONFIG_MAP, bench.key(`${name}-adapter`));
    await bench.edit(EPP_SET, name, (set) => {
      set.spec.replicas = 1;
    });
    await bench.until(EPP_SET, name, 'Stalled', 'False AsExpected');
  });

  it('tells what the API says to a write', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: bench.key('no-more-services'),
      spec: { hard: { 'count/poddisruptionbudgets.policy': '0' } },
    };
    const resource: Resource = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      plural: 'resourcequotas',
      namespaced: true,
    };
    await client.create(resource, quota);
    await client.replaceStatus(resource, {
      ...((await client.get(resource, bench.key('no-more-services'))) as KubeObject),
      status: { hard: quota.spec.hard, used: { 'count/poddisruptionbudgets.policy': '0' } },
    } as KubeObject);
    const name = 'over-quota';
    try {
      await bench.set({ name });
      const message = await bench.until(EPP_SET, name, 'Degraded', 'True ApplyFailed');
      expect(message).toContain('exceeded quota');
      expect(await warningOf(name, 'ApplyFailed')).toContain('exceeded quota');
    } finally {
      await client.delete(resource, bench.key('no-more-services'));
    }
    await bench.until(EPP_SET, name, 'Degraded', 'False AsExpected');
  });

  it('stops no other set', async () => {
    await bench.set({ name: 'another' });
    await eventually(() => bench.get(DEPLOYMENT, 'another-adapter'));
    await bench.until(EPP_SET, 'another', 'Degraded', 'False AsExpected');
  });
});

describe('a paused set', () => {
  it('is left as it is until it goes on', async () => {
    const name = 'paused';
    await bench.set({ name });
    await eventually(() => bench.get(DEPLOYMENT, `${name}-adapter`));
    await bench.edit(EPP_SET, name, (set) => {
      set.spec.paused = true;
      set.spec.replicas = 5;
    });
    await bench.until(EPP_SET, name, 'Progressing', 'False Paused');
    await bench.edit(DEPLOYMENT, `${name}-adapter`, (object) => {
      if (object.spec) object.spec.replicas = 3;
    });
    await bench.makeReady(name, 3);
    await bench.until(EPP_SET, name, 'Ready', 'True PodsReady');
    expect((await bench.get(DEPLOYMENT, `${name}-adapter`)).spec?.replicas).toBe(3);
    await bench.edit(EPP_SET, name, (set) => {
      set.spec.paused = false;
    });
    await eventually(async () =>
      expect((await bench.get(DEPLOYMENT, `${name}-adapter`)).spec?.replicas).toBe(5),
    );
  });
});

describe('a set that scales automatically', () => {
  it('keeps the number of pods that it has, and that somebody else gives it', async () => {
    const name = 'autoscaled';
    const replicas = async () => (await bench.get(DEPLOYMENT, `${name}-adapter`)).spec?.replicas;
    await bench.set({ name, spec: { replicas: 4, pools: [{ registry: 'verisign', min: 6, max: 12 }] } });
    await eventually(async () => expect(await replicas()).toBe(4));
    await bench.edit(EPP_SET, name, (set) => {
      set.spec.autoscaling = { minReplicas: 2, maxReplicas: 4, targetPoolUtilization: 70 };
    });
    await bench.until(EPP_SET, name, 'Progressing', 'True RollingOut');
    await eventually(async () => expect((await bench.get(EPP_SET, name)).status?.observedGeneration).toBe(2));
    expect(await replicas()).toBe(4);
    const scale = ['-n', namespace(), 'scale', 'deployment', `${name}-adapter`, '--replicas=2'];
    expect(await api().kubectl(scale)).toMatchObject({ code: 0 });
    // Something else of ours changes, so we surely write.
    await bench.edit(EPP_SET, name, (set) => {
      set.spec.timeouts.queue = '7s';
    });
    await eventually(async () =>
      expect((await bench.get(CONFIG_MAP, `${name}-adapter`)).data?.['adapter.yaml']).toContain('queue: 7s'),
    );
    await eventually(async () => expect((await bench.get(EPP_SET, name)).status?.observedGeneration).toBe(3));
    expect(await replicas()).toBe(2);
  });
});
