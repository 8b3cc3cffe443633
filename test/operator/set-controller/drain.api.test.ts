/** The end of sets and accounts: nothing goes while connections may still count at a registry. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../../src/api/v1alpha1/connection-lease.ts';
import {
  EPP_CONNECTION_LEDGER,
  type EppConnectionLedger,
} from '../../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_REGISTRY } from '../../../src/api/v1alpha1/registry.ts';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  NAMESPACE,
  ROLE,
  ROLE_BINDING,
  SERVICE_ACCOUNT,
} from '../../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../../src/kube/objects.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { eventually } from '../../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'drain' });
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

/** What pods need to report, and what they report with. */
const HELD: readonly Resource[] = [SERVICE_ACCOUNT, ROLE, ROLE_BINDING];

/** A lease as the allocator makes one. */
async function lease(on: Bench, name: string, set: string): Promise<EppConnectionLease> {
  return await on.client.create<EppConnectionLease>(EPP_CONNECTION_LEASE, {
    apiVersion: EPP_CONNECTION_LEASE.apiVersion,
    kind: EPP_CONNECTION_LEASE.kind,
    metadata: { ...on.key(name), finalizers: ['eppset.io/connections'] },
    spec: {
      pod: `${set}-1`,
      set,
      class: 'core',
      fence: 1,
      state: 'Bound',
      ttlSeconds: 60,
      grants: { verisign: { slots: 3, gen: 1 } },
    },
  });
}

/** What the allocator does when the connections of a lease are given back. */
async function release(on: Bench, name: string): Promise<void> {
  await on.client.delete(EPP_CONNECTION_LEASE, on.key(name));
  await on.edit(EPP_CONNECTION_LEASE, name, (object) => {
    delete object.metadata.finalizers;
  });
}

async function gone(resource: Resource, name: string, on: Bench = bench): Promise<void> {
  await eventually(async () => expect(await on.client.get(resource, on.key(name))).toBeUndefined(), {
    // The garbage collector looks for new kinds, as ours are to this server, every half a minute.
    timeoutMs: 90_000,
    what: `${resource.kind} ${name} is gone`,
  });
}

async function runningSet(name: string, on: Bench = bench): Promise<void> {
  await on.set({ name });
  await on.makeReady(name, 2);
  await on.until(EPP_SET, name, 'Ready', 'True PodsReady');
}

describe('a set that is deleted', () => {
  it.each(['background', 'foreground'])('in the %s goes when its connections are given back', async (how) => {
    const name = `goes-${how}`;
    await runningSet(name);
    await lease(bench, `lease-of-${name}`, name);
    await api().kubectl(['-n', namespace(), 'delete', 'eppset', name, '--wait=false', `--cascade=${how}`]);

    await gone(DEPLOYMENT, `${name}-adapter`);
    await bench.until(EPP_SET, name, 'Progressing', 'True Draining');
    // Its pods can still report.
    for (const resource of HELD) await bench.get(resource, `${name}-adapter`);
    expect(await bench.condition(EPP_SET, name, 'Ready')).toMatchObject({ text: 'False Draining' });

    await release(bench, `lease-of-${name}`);
    await gone(EPP_SET, name);
    for (const resource of HELD) await gone(resource, `${name}-adapter`);
    await gone(CONFIG_MAP, `${name}-adapter`);
  });

  it('may be made again under the same name at once', async () => {
    const name = 'again';
    await runningSet(name);
    await client.delete(EPP_SET, bench.key(name));
    await gone(EPP_SET, name);
    await runningSet(name);
    expect(await bench.condition(EPP_SET, name, 'Degraded')).toMatchObject({ text: 'False AsExpected' });
  });

  it('without ever having had pods goes at once', async () => {
    await bench.set({ name: 'never', spec: { pools: [{ registry: 'unknown', min: 1, max: 1 }] } });
    await bench.until(EPP_SET, 'never', 'Degraded', 'True RegistryNotFound');
    await client.delete(EPP_SET, bench.key('never'));
    await gone(EPP_SET, 'never');
  });

  it('by force leaves nothing that hangs', async () => {
    const name = 'forced';
    await runningSet(name);
    await lease(bench, 'lease-of-forced', name);
    await client.delete(EPP_SET, bench.key(name));
    await bench.until(EPP_SET, name, 'Progressing', 'True Draining');
    await bench.edit(EPP_SET, name, (set) => {
      delete set.metadata.finalizers;
    });
    for (const resource of HELD) await gone(resource, `${name}-adapter`);
    await release(bench, 'lease-of-forced');
  });
});

describe('a namespace that is deleted', () => {
  it('lets pods report before it goes', async () => {
    const name = `${namespace()}-going`;
    const there = new Bench(client, name);
    await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await there.registry();
    const running = await startControllers(api().kubeconfigPath, name);
    try {
      await runningSet('last', there);
      await lease(there, 'lease-of-last', 'last');
      await client.delete(NAMESPACE, { name });
      await gone(DEPLOYMENT, 'last-adapter', there);
      await there.until(EPP_SET, 'last', 'Progressing', 'True Draining');
      for (const resource of HELD) await there.get(resource, 'last-adapter');
      await there.edit(EPP_CONNECTION_LEASE, 'lease-of-last', (object) => {
        delete object.metadata.finalizers;
      });
      await eventually(async () => expect(await client.get(NAMESPACE, { name })).toBeUndefined(), {
        // Its controller comes back later each time that it finds something left.
        timeoutMs: 120_000,
        what: 'the namespace is gone',
      });
    } finally {
      await running.stop();
    }
  });
});

describe('an account that is deleted', () => {
  it('goes when its ledger has no entries', async () => {
    const name = 'closing';
    await bench.registry({ name });
    await bench.until(EPP_REGISTRY, name, 'Ready', 'True Usable');
    const entry = { lease: 'l', set: 's', fence: 1, state: 'Active' as const, target: 1, gen: 1, charge: 1 };
    await client.create<EppConnectionLedger>(EPP_CONNECTION_LEDGER, {
      apiVersion: EPP_CONNECTION_LEDGER.apiVersion,
      kind: EPP_CONNECTION_LEDGER.kind,
      metadata: bench.key(name),
      spec: { term: 1, effectiveLimit: 20, cut: 0, seq: 1, learning: false, entries: { one: entry } },
    });
    await client.delete(EPP_REGISTRY, bench.key(name));
    await bench.until(EPP_REGISTRY, name, 'Ready', 'False Draining');
    await bench.edit(EPP_CONNECTION_LEDGER, name, (ledger) => {
      ledger.spec.entries = {};
      ledger.spec.seq += 1;
    });
    await gone(EPP_REGISTRY, name);
    await gone(EPP_CONNECTION_LEDGER, name);
  });

  it('is refused to sets meanwhile', async () => {
    const name = 'leaving';
    await bench.registry({ name });
    await bench.edit(EPP_REGISTRY, name, (object: KubeObject) => {
      object.metadata.finalizers = [...(object.metadata.finalizers ?? []), 'example.org/keep'];
    });
    await client.delete(EPP_REGISTRY, bench.key(name));
    await bench.set({ name: 'late', spec: { pools: [{ registry: name, min: 1, max: 1 }] } });
    await bench.until(EPP_SET, 'late', 'Degraded', 'True RegistryDeleting');
    await bench.edit(EPP_REGISTRY, name, (object: KubeObject) => {
      delete object.metadata.finalizers;
    });
    await gone(EPP_REGISTRY, name);
    await bench.until(EPP_SET, 'late', 'Degraded', 'True RegistryNotFound');
  });
});
