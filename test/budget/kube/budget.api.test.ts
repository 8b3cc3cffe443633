import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FINALIZER } from '../../../src/api/v1alpha1/labels.ts';
import { POD } from '../../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../../src/kube/client.ts';
import { loadClusterConfig } from '../../../src/kube/cluster-config.ts';
import { keyOf } from '../../../src/kube/objects.ts';
import { systemClock as clock } from '../../../src/lib/clock.ts';
import { silentLog as log } from '../../../src/lib/log.ts';
import { useApiServer } from '../../cluster/using-api.ts';
import { serveCrds } from '../../embedded/served-crds.ts';
import { eventually } from '../../support/eventually.ts';
import { Cluster, Partition, type Process } from './cluster.ts';

const LIMIT = 8;
const { api, namespace } = useApiServer({ prefix: 'budget' });
let client: ClosableKubeClient;
let cluster: Cluster;
let leader: ReturnType<Cluster['lead']>;

beforeAll(async () => {
  client = await createClient(await loadClusterConfig({ kubeconfig: api().kubeconfigPath, env: {} }), {
    clock,
    log,
  });
  await serveCrds(client);
});
afterAll(async () => await client?.close());

const settled = { timeoutMs: 60_000, everyMs: 50 };

describe('allocator and holders on a real API server', () => {
  beforeAll(async () => {
    cluster = new Cluster(client, namespace(), LIMIT);
    await cluster.createRegistry();
    await cluster.createSet('core', 2, LIMIT);
    await cluster.createSet('query', 1, LIMIT);
    leader = cluster.lead();
  });
  afterAll(async () => await cluster?.stop());
  // Whatever a test did: the registry never counted more than it allows.
  afterEach(() => expect(cluster.registry.peak).toBeLessThanOrEqual(LIMIT));

  const open = (processes: readonly { open: number }[]) =>
    processes.reduce((sum, each) => sum + each.open, 0);

  it('gives a pod a lease that outlasts it, binds its process, and lends it what is idle', async () => {
    const pod = await cluster.createPod('query');
    const query = cluster.start(pod, 20);
    await eventually(() => query.open === LIMIT - 1, { ...settled, what: 'query borrows' });
    const [lease] = await cluster.leases();
    expect(lease).toMatchObject({
      metadata: {
        name: pod.metadata.uid,
        finalizers: [FINALIZER.connections],
        ownerReferences: [{ kind: 'Pod', uid: pod.metadata.uid }],
      },
      spec: {
        pod: pod.metadata.name,
        set: 'query',
        state: 'Bound',
        fence: 1,
        grants: { reg: { slots: LIMIT - 1 } },
      },
    });
    expect(query.holder.trouble).toBeUndefined();
  });

  it('hands connections back to core in no time', async () => {
    const [query] = cluster.processes;
    const core = cluster.start(await cluster.createPod('core'), 5);
    await eventually(() => core.open === 5, { ...settled, what: 'core is served' });
    expect(query!.open).toBeLessThanOrEqual(LIMIT - 5);
  });

  it('quarantines what a killed container may have left open, and serves its successor', async () => {
    const [query] = cluster.processes;
    const pod = await cluster.createPod('query');
    const second = cluster.start(pod, 20);
    await eventually(() => second.open > 0, settled);
    second.kill();
    const third = cluster.start(pod, 20);
    await eventually(async () => {
      const entries = Object.values((await cluster.ledger())?.spec.entries ?? {});
      return entries.some(({ state, charge }) => state === 'Quarantined' && charge > 0);
    }, settled);
    await eventually(() => third.open > 0, { ...settled, what: 'the successor is served' });
    expect(query!.open).toBeGreaterThan(0);
    await eventually(
      async () => {
        const entries = Object.values((await cluster.ledger())?.spec.entries ?? {});
        return entries.every(({ state }) => state === 'Active');
      },
      { ...settled, what: 'the quarantine ends' },
    );
  });

  it('changes its leader without anybody losing a connection, and the former one steps down', async () => {
    const [query, core, , third] = cluster.processes;
    await eventually(
      async () => {
        const entries = Object.values((await cluster.ledger())?.spec.entries ?? {});
        const targetOf = ({ pod }: Process) =>
          entries.find(({ lease }) => lease === pod.metadata.uid)?.target;
        return (
          entries.every(({ target, charge }) => target === charge) &&
          // They take whatever they get.
          [query!, third!].every((process) => process.open === targetOf(process))
        );
      },
      { ...settled, what: 'nothing is on its way from one to another' },
    );
    const before = open([query!, core!]);
    const next = cluster.lead();
    await expect(leader.done).rejects.toThrow('another operator allocates connections');
    leader = next;
    expect((await cluster.ledger())?.spec.term).toBe(2);
    expect(open([query!, core!])).toBe(before);
    core!.load = 6;
    await eventually(() => core!.open === 6, { ...settled, what: 'the new leader serves' });
  });

  it('loses nothing to a pod that lost the API: it stops by itself, and then others get what it had', async () => {
    const [first, core] = cluster.processes;
    core!.load = 1;
    const network = new Partition(client);
    const lost = cluster.start(await cluster.createPod('query'), 20, network);
    await eventually(() => lost.open > 1 && first!.open > 1, settled);
    const together = open(cluster.processes);
    network.cut();
    await eventually(() => lost.open === 0, { ...settled, what: 'its deadline' });
    expect(lost.holder.trouble).toMatch(/^the connection lease was not renewed for \d+ s/);
    await eventually(() => open(cluster.processes) >= together, {
      ...settled,
      what: 'the others get its connections',
    });
    network.heal();
    await eventually(() => lost.open > 0, { ...settled, what: 'it registers anew' });
    lost.kill();
  });

  it('keeps the lease of a deleted pod until its connections are given back', async () => {
    const [query] = cluster.processes;
    const mine = async () => {
      const leases = await cluster.leases();
      return leases.find(({ metadata }) => metadata.name === query!.pod.metadata.uid);
    };
    await client.delete(POD, keyOf(query!.pod), { gracePeriodSeconds: 0 });
    // Its process was not told; it gives back what it has, since nothing is granted any more.
    await eventually(async () => (await mine()) === undefined, {
      // The garbage collector looks for new kinds each 30 s.
      timeoutMs: 90_000,
      what: 'the garbage collector deletes the lease, and the finalizer goes',
    });
    expect(query!.open).toBe(0);
    await eventually(() => query!.holder.phase === 'registering', settled);
  });

  it('releases a pod that is told to end, without any quarantine', async () => {
    const [, core] = cluster.processes;
    const states = new Set<string>();
    const look = async () => {
      const entries = Object.values((await cluster.ledger())!.spec.entries);
      const own = entries.filter(({ lease }) => lease === core!.pod.metadata.uid);
      for (const { state } of own) states.add(state);
      return own.length;
    };
    expect(await look()).toBe(1);
    await core!.terminate();
    // A quarantine would last for over a second and a half. Others may be in one: pods that were killed before.
    await eventually(async () => (await look()) === 0, { ...settled, everyMs: 20 });
    expect([...states]).toEqual(['Active']);
  });

  it('shuts out a password that is refused, and lets everybody in once one pod has proven another', async () => {
    const { registry } = cluster;
    registry.password = 'another';
    const started: Process[] = [];
    for (let n = 0; n < 3; n += 1) started.push(cluster.start(await cluster.createPod('core'), 1));
    await eventually(() => started.every(({ holder }) => holder.account('reg').cap > 0), settled);
    const login = async () => (await cluster.ledger())?.spec.login;
    await eventually(async () => (await login())?.state === 'Refused', settled);
    // Whoever was told that all may had one try; from then on it is one at a time.
    expect(registry.refusals).toBeLessThanOrEqual(started.length + 1);
    expect(open(started)).toBe(0);
    const [first, ...others] = started;
    first!.readPassword('another');
    await eventually(() => first!.open > 0, { ...settled, what: 'the first to read it is let in' });
    for (const process of others) process.readPassword('another');
    await eventually(() => others.every((process) => process.open > 0), settled);
    expect(await login()).toMatchObject({ state: 'Proven', refusals: 0 });
    for (const process of started) await process.terminate();
  });
});
