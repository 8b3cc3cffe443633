/** The number of pods follows what their leases report, on a real API server. The test reports in the pods' place. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPP_CONNECTION_LEASE } from '../../../src/api/v1alpha1/connection-lease.ts';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';
import { DEPLOYMENT } from '../../../src/kube/builtin.ts';
import type { ClosableKubeClient } from '../../../src/kube/client.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { eventually } from '../../support/eventually.ts';
import { Bench, openClient, type RunningControllers, startControllers } from '../controllers.ts';

const { api, namespace } = useApiServer({ prefix: 'autoscaling' });
let client: ClosableKubeClient;
let bench: Bench;
let running: RunningControllers;

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  // Periods of 150 ms, and a window of 3 s before there are fewer pods.
  running = await startControllers(api().kubeconfigPath, namespace(), { timeScale: 0.01 });
  await bench.registry();
});
afterAll(async () => {
  await running?.stop();
  await client?.close();
});

const replicas = async (set: string) => (await bench.get(DEPLOYMENT, `${set}-adapter`)).spec?.replicas;

const follows = (set: string, count: number) =>
  eventually(async () => expect(await replicas(set)).toBe(count), {
    timeoutMs: 60_000,
    what: `${count} pods`,
  });

/** What a pod tells: connections that it needs. Tells it once; the lease says that the next word is not due for an hour. */
async function tell(set: string, pod: string, demand: number): Promise<void> {
  const incarnation = 'process';
  const status = (seq: number) => {
    const report = { ackGen: 1, cap: 9, open: 9, connecting: 0, unconfirmed: 0, waiting: 0, limitHits: 0 };
    return {
      incarnation,
      phase: 'Active' as const,
      seq,
      accounts: { verisign: { ...report, demand: demand + 1 } },
    };
  };
  const key = bench.key(`${set}-${pod}`);
  const known = await client.get(EPP_CONNECTION_LEASE, key);
  const lease =
    known ??
    (await client.create(EPP_CONNECTION_LEASE, {
      apiVersion: EPP_CONNECTION_LEASE.apiVersion,
      kind: EPP_CONNECTION_LEASE.kind,
      metadata: key,
      spec: {
        pod,
        set,
        class: 'core',
        incarnation,
        fence: 1,
        state: 'Bound',
        ttlSeconds: 600,
        renewSeconds: 3_600,
        grants: { verisign: { slots: 9, gen: 1 } },
      },
    }));
  await client.replaceStatus(EPP_CONNECTION_LEASE, {
    ...lease,
    status: status((lease.status?.seq ?? 0) + 1),
  });
}

/** 20 connections for 5 pods, of which each is meant to use half: 2. */
const pools = [{ registry: 'verisign', min: 6, max: 20 }];
const autoscaling = { minReplicas: 2, maxReplicas: 5, targetPoolUtilization: 50 };

describe('a set that scales automatically', () => {
  it('has more pods when they need more, and fewer when a while has passed', async () => {
    const name = 'follows';
    await bench.set({ name, spec: { replicas: 1, pools, autoscaling } });
    await follows(name, 2);
    await bench.until(EPP_SET, name, 'ScalingActive', 'False NoReports');
    await tell(name, 'a', 3);
    await tell(name, 'b', 3);
    await follows(name, 3);
    await bench.until(EPP_SET, name, 'ScalingActive', 'True ValidReports');
    await bench.until(EPP_SET, name, 'ScalingLimited', 'False DesiredWithinRange');
    await tell(name, 'a', 30);
    await follows(name, 5);
    expect(await bench.until(EPP_SET, name, 'ScalingLimited', 'True TooManyReplicas')).toContain(
      'maxReplicas',
    );
    // The scale subresource tells the pods that there are.
    await eventually(async () => expect((await bench.get(EPP_SET, name)).status?.replicas).toBe(5));
    for (const pod of ['a', 'b', 'c', 'd', 'e']) await tell(name, pod, 0);
    await follows(name, 2);
    await bench.until(EPP_SET, name, 'ScalingLimited', 'True TooFewReplicas');
    await eventually(async () => {
      const told = await bench.events('EppSet', name);
      const rescales = told.filter((text) => text.startsWith('Normal SuccessfulRescale: from '));
      expect(rescales.some((text) => text.includes('from 2 to 3 pods: its pods need 6 connections'))).toBe(
        true,
      );
      expect(rescales.some((text) => text.includes(' to 2 pods'))).toBe(true);
    });
  });

  it('has no more pods than connections', async () => {
    const name = 'scarce';
    await bench.set({ name, spec: { pools: [{ registry: 'verisign', min: 1, max: 3 }], autoscaling } });
    await follows(name, 2);
    await tell(name, 'a', 50);
    await tell(name, 'b', 50);
    await follows(name, 3);
    const why = await bench.until(EPP_SET, name, 'ScalingLimited', 'True TooFewConnections');
    expect(why).toContain('raise max of the pools');
  });

  it('is switched off and on by kubectl scale', async () => {
    const name = 'switched';
    const scale = async (count: number) => {
      const args = ['-n', namespace(), 'scale', `eppset/${name}`, `--replicas=${count}`];
      expect(await api().kubectl(args)).toMatchObject({ code: 0 });
    };
    await bench.set({ name, spec: { replicas: 3, pools, autoscaling } });
    await follows(name, 3);
    await scale(0);
    await follows(name, 0);
    await bench.until(EPP_SET, name, 'ScalingActive', 'False ScalingDisabled');
    await scale(5);
    await follows(name, 2);
  });

  it('loses its conditions when it scales by itself no more', async () => {
    const name = 'plain-again';
    await bench.set({ name, spec: { replicas: 3, pools, autoscaling } });
    await bench.until(EPP_SET, name, 'ScalingActive', 'False NoReports');
    await bench.edit(EPP_SET, name, (set) => {
      delete set.spec.autoscaling;
      set.spec.replicas = 4;
    });
    await follows(name, 4);
    await bench.until(EPP_SET, name, 'ScalingActive', 'undefined undefined');
  });
});

describe('a set that a HorizontalPodAutoscaler scales', () => {
  it('has what the autoscaler needs: a scale subresource with a number and a selector', async () => {
    const name = 'hpa';
    await bench.set({ name, spec: { replicas: 2, pools } });
    await follows(name, 2);
    await eventually(async () => expect((await bench.get(EPP_SET, name)).status?.replicas).toBe(2));
    const path = `/apis/eppset.io/v1alpha1/namespaces/${namespace()}/eppsets/${name}/scale`;
    const { body } = await api().request('GET', path);
    const { spec, status } = JSON.parse(body);
    expect(spec).toEqual({ replicas: 2 });
    expect(status.replicas).toBe(2);
    const pods = await api().kubectl(['-n', namespace(), 'get', 'pods', '-l', status.selector, '-o', 'name']);
    expect(pods.stdout.trim().split('\n')).toHaveLength(2);
    expect(await api().kubectl(['-n', namespace(), 'scale', `eppset/${name}`, '--replicas=3'])).toMatchObject(
      { code: 0 },
    );
    await follows(name, 3);
  });

  it('may be named by one', async () => {
    const file = new URL('../../../manifests/autoscaling/hpa.yaml', import.meta.url);
    const text = readFileSync(file, 'utf8').replace('namespace: eppset-demo', `namespace: ${namespace()}`);
    const created = await api().kubectl(['create', '--dry-run=server', '-f', '-'], text);
    expect(created).toMatchObject({ code: 0 });
  });
});
