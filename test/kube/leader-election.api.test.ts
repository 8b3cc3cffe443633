import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CONFIG_MAP,
  COORDINATION_LEASE,
  type ConfigMap,
  type CoordinationLease,
  NAMESPACE,
} from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { type ClusterConfig, loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { guardedClient, NotLeaderError } from '../../src/kube/guarded-client.ts';
import { Informer } from '../../src/kube/informer.ts';
import { LeaderElection, type LeaderElectionOptions, microTime } from '../../src/kube/leader-election.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { eventually } from '../support/eventually.ts';
import { FaultProxy } from './fault-proxy.ts';
import { ManualClock, settle } from './manual-clock.ts';

let api: ApiServer;
let proxy: FaultProxy;
/** Straight to the API server. */
let client: ClosableKubeClient;
let proxied: ClosableKubeClient;
let namespace: string;
let stop: AbortController;
const ending: Promise<unknown>[] = [];

beforeAll(async () => {
  // The least that a namespace needs: other controllers would put objects of their own into it.
  api = await startApiServer({ controllers: ['serviceaccount-controller'] });
  const config: ClusterConfig = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  proxy = new FaultProxy(config);
  client = createClient(config, { clock: systemClock, log: silentLog });
  proxied = createClient(await proxy.start(), { clock: systemClock, log: silentLog });
});
afterAll(async () => {
  await Promise.all([client?.close(), proxied?.close()]);
  await proxy?.stop();
  await api?.stop();
});

let count = 0;
beforeEach(async () => {
  count += 1;
  namespace = `election-${count}`;
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  proxy.fault = () => undefined;
  proxy.requests.length = 0;
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort(new Error('the test has ended'));
  await Promise.all(ending.splice(0));
});

const key = () => ({ namespace, name: 'election' });
const readLease = async () => {
  const lease = await client.get(COORDINATION_LEASE, key());
  if (lease === undefined) throw new Error('there is no lease');
  return lease;
};

/** Writes the lease as another process would. */
async function writeLease(spec: CoordinationLease['spec']): Promise<void> {
  const lease: CoordinationLease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...key() },
    ...(spec && { spec }),
  };
  const found = await client.get(COORDINATION_LEASE, key());
  if (found === undefined) await client.create(COORDINATION_LEASE, lease);
  else await client.replace(COORDINATION_LEASE, { ...found, ...(spec && { spec }) });
}

/** Renewed often, but with patience for a server that is slow to answer. */
const FAST = { leaseDurationMs: 9_000, renewDeadlineMs: 6_000, retryPeriodMs: 100 };

const newElection = (identity: string, options: Partial<LeaderElectionOptions> = {}) =>
  new LeaderElection({
    client,
    clock: systemClock,
    log: silentLog,
    namespace,
    name: 'election',
    identity,
    ...FAST,
    ...options,
  });

/** Campaigns; as leader it waits until its signal is aborted. */
function campaign(election: LeaderElection, signal = stop.signal) {
  const state = { leading: false, aborted: undefined as unknown, leaders: [] as string[] };
  const onStarted = (s: AbortSignal) =>
    new Promise<void>((resolve) => {
      state.leading = true;
      const end = () => {
        state.aborted = s.reason;
        resolve();
      };
      if (s.aborted) end();
      else s.addEventListener('abort', end, { once: true });
    });
  const ended = election.run(signal, { onStarted, onNewLeader: (identity) => state.leaders.push(identity) });
  ending.push(ended);
  return { state, ended };
}

describe('leader election', () => {
  it('makes one of several the leader, and another at once when it hands the lease back', async () => {
    const metrics = new Registry();
    const firstStop = new AbortController();
    const first = newElection('first', { metrics });
    const a = campaign(first, firstStop.signal);
    await eventually(() => first.isLeader());
    const second = newElection('second');
    const b = campaign(second);
    await eventually(() => b.state.leaders.length === 1);
    expect(b.state).toMatchObject({ leading: false, leaders: ['first'] });
    expect(await metrics.metrics()).toContain('leader_election_master_status{name="election"} 1');
    const lease = await readLease();
    expect(lease.spec).toMatchObject({
      holderIdentity: 'first',
      leaseDurationSeconds: 9,
      leaseTransitions: 0,
    });
    expect(lease.spec?.renewTime).toMatch(/\.\d{6}Z$/);
    const from = performance.now();
    firstStop.abort(new Error('stopping'));
    expect(await a.ended).toBe('stopped');
    await eventually(() => second.isLeader());
    // Nobody waited for it to expire.
    expect(performance.now() - from).toBeLessThan(FAST.leaseDurationMs);
    expect(first.isLeader()).toBe(false);
    expect(await metrics.metrics()).toContain('leader_election_master_status{name="election"} 0');
    expect((await readLease()).spec).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 });
  });

  it('goes by how long it saw the lease unchanged, whatever the times in it say', async () => {
    for (const renewTime of ['2001-01-01T00:00:00.000000Z', '2099-01-01T00:00:00.000000Z']) {
      await writeLease({ holderIdentity: `ghost of ${renewTime}`, leaseDurationSeconds: 15, renewTime });
      const clock = new ManualClock();
      let asked = 0;
      const counting = {
        ...{ create: client.create.bind(client), replace: client.replace.bind(client) },
        get: async (...args: Parameters<typeof client.get>) => {
          const found = await client.get(...args);
          asked += 1;
          return found;
        },
      };
      const election = newElection('living', {
        client: counting as unknown as LeaderElectionOptions['client'],
        clock,
        ...{ leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
      });
      const own = new AbortController();
      const { ended } = campaign(election, own.signal);
      const turn = async () => {
        const before = asked;
        await clock.advance(4_400);
        await eventually(() => asked > before);
        await settle();
      };
      await eventually(() => asked === 1);
      for (let i = 0; i < 3; i += 1) await turn();
      // It lives after all: 13.2 s were for nothing.
      await writeLease({
        holderIdentity: 'ghost',
        leaseDurationSeconds: 15,
        renewTime: microTime(new Date()),
      });
      for (let i = 0; i < 4; i += 1) await turn();
      expect(election.isLeader()).toBe(false);
      await turn();
      await eventually(() => election.isLeader());
      own.abort(new Error('next'));
      await ended;
    }
  });

  it('takes a lease that it wrote itself although the reply was lost', async () => {
    let lost = 0;
    proxy.fault = ({ method }) => {
      if (method === 'GET' || lost >= 2) return undefined;
      lost += 1;
      return 'lose-reply';
    };
    const election = newElection('a', { client: proxied });
    campaign(election);
    // The first create and the first replace happen, but nobody hears of it.
    await eventually(() => election.isLeader());
    expect(lost).toBe(2);
    const transitions = (await readLease()).spec?.leaseTransitions;
    proxy.fault = ({ method }) => (method === 'PUT' && lost++ < 5 ? 'lose-reply' : undefined);
    await eventually(() => lost >= 6);
    const { metadata } = await readLease();
    await eventually(async () => (await readLease()).metadata.resourceVersion !== metadata.resourceVersion);
    expect(election.isLeader()).toBe(true);
    expect((await readLease()).spec?.leaseTransitions).toBe(transitions);
  });

  it('stops its work in time when the API cannot be reached, and its liveness fails when the work does not end', async () => {
    const times = { leaseDurationMs: 5_000, renewDeadlineMs: 2_000 };
    const election = newElection('a', { client: proxied, ...times });
    let finish = () => {};
    let abortedMs: number | undefined;
    const ended = election.run(stop.signal, {
      onStarted: (signal) =>
        new Promise((resolve) => {
          finish = resolve;
          signal.addEventListener('abort', () => {
            abortedMs = performance.now();
          });
        }),
    });
    await eventually(() => election.isLeader());
    proxy.fault = () => 'hang';
    const from = performance.now();
    await eventually(() => abortedMs !== undefined);
    // The last renewal may have been sent 100 ms before, or some more when the server is slow: not after the first failure, but before
    // another could take the lease.
    expect((abortedMs as number) - from).toBeGreaterThan(times.renewDeadlineMs / 2);
    expect((abortedMs as number) - from).toBeLessThan(times.leaseDurationMs);
    expect(election.isLeader()).toBe(false);
    expect(election.isAlive()).toBe(true);
    await eventually(() => !election.isAlive());
    finish();
    expect(await ended).toBe('lost');
  });

  it.each([
    { how: 'somebody else takes the lease', act: () => writeLease({ holderIdentity: 'usurper' }) },
    { how: 'the lease is deleted', act: () => client.delete(COORDINATION_LEASE, key()) },
  ])('loses at once when $how', async ({ act }) => {
    const election = newElection('a');
    const { state, ended } = campaign(election);
    await eventually(() => election.isLeader());
    await act();
    expect(await ended).toBe('lost');
    expect(election.isLeader()).toBe(false);
    expect(String(state.aborted)).toMatch(/leadership lost: (usurper holds the lease|the lease was deleted)/);
  });

  it.each(['paused', 'suspended with its machine'])('knows on waking up that it was %s', async (how) => {
    const clock = new ManualClock();
    let boot = 0;
    const times = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
    const election = newElection('a', { clock, bootMs: () => boot, ...times });
    const { state, ended } = campaign(election);
    await eventually(() => election.isLeader());
    const guarded = guardedClient(client, election.isLeader, stop.signal);
    const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'work' } };
    const written = await guarded.create(CONFIG_MAP, object);
    if (how === 'paused') clock.wakeAfter(10_000);
    else boot += 10_000;
    // No timer has fired yet: the clock alone says it.
    for (const write of [
      () => guarded.apply(CONFIG_MAP, object),
      () => guarded.applyStatus(CONFIG_MAP, object),
      () => guarded.create(CONFIG_MAP, object),
      () => guarded.replace(CONFIG_MAP, written),
      () => guarded.replaceStatus(CONFIG_MAP, written),
      () => guarded.delete(CONFIG_MAP, { namespace, name: 'work' }),
    ])
      await expect(write()).rejects.toThrow(NotLeaderError);
    expect(state.aborted).toBeInstanceOf(Error);
    await clock.advance(2_000);
    expect(await ended).toBe('lost');
    expect(await client.get(CONFIG_MAP, { namespace, name: 'work' })).toEqual(written);
  });

  it('hands the lease back also when its work fails, and tells the failure', async () => {
    const election = newElection('a');
    const work = { onStarted: () => Promise.reject(new Error('the work is broken')) };
    await expect(election.run(stop.signal, work)).rejects.toThrow('the work is broken');
    expect((await readLease()).spec?.holderIdentity).toBeUndefined();
  });

  it('hands the lease back although the stop broke off a renewal', async () => {
    const election = newElection('a', { client: proxied });
    const own = new AbortController();
    const { ended } = campaign(election, own.signal);
    await eventually(() => election.isLeader());
    // The next renewal is carried out, but its reply takes for ever.
    let puts = 0;
    proxy.fault = ({ method }) => (method === 'PUT' && puts++ === 0 ? 'hold-reply' : undefined);
    await eventually(() => proxy.heldReplies === 1);
    own.abort(new Error('stopping'));
    expect(await ended).toBe('stopped');
    expect(puts).toBe(3);
    expect((await readLease()).spec?.holderIdentity).toBeUndefined();
  });

  it('renews until the work has ended, however long that takes after the stop', async () => {
    const election = newElection('a');
    const own = new AbortController();
    let finish = () => {};
    const ended = election.run(own.signal, { onStarted: () => new Promise((resolve) => (finish = resolve)) });
    await eventually(() => election.isLeader());
    own.abort(new Error('stopping'));
    const { spec } = await readLease();
    await eventually(async () => (await readLease()).spec?.renewTime !== spec?.renewTime);
    expect(election.isLeader()).toBe(true);
    finish();
    expect(await ended).toBe('stopped');
  });
});

class LeaderProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;

  constructor(identity: string) {
    const script = fileURLToPath(new URL('./leader-process.ts', import.meta.url));
    const args = [script, api.kubeconfigPath, namespace, identity];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let rest = '';
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
    });
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

describe('a leader that is stopped with SIGSTOP', () => {
  it('is replaced, and writes nothing more when it goes on', async () => {
    const stale = new LeaderProcess('stale');
    let successor: LeaderProcess | undefined;
    try {
      await eventually(() => stale.lines.filter((line) => line === 'wrote').length > 5);
      // It stops itself between two writes: what was handed out before is not what is promised here.
      stale.signal('SIGUSR2');
      successor = new LeaderProcess('successor');
      const { lines } = successor;
      await eventually(() => lines.filter((line) => line === 'wrote').length > 5, { timeoutMs: 60_000 });

      // Every state of the ConfigMap from now on.
      const writers = new Set<string | undefined>();
      let changes = 0;
      const informer = new Informer({
        client,
        resource: CONFIG_MAP,
        namespace,
        fieldSelector: 'metadata.name=work',
        clock: systemClock,
        log: silentLog,
      });
      informer.onEvent(({ object }) => {
        writers.add(object.data?.by);
        changes += 1;
      });
      ending.push(informer.run(stop.signal));
      await informer.synced();

      const before = stale.lines.length;
      stale.signal('SIGCONT');
      await eventually(() => stale.ended);
      const after = changes;
      await eventually(() => changes > after + 5);
      expect([...writers]).toEqual(['successor']);
      // A reply from before the pause may come in; then comes the refusal, and the end.
      expect(stale.lines.slice(before).filter((line) => line === 'wrote').length).toBeLessThanOrEqual(1);
      expect(stale.lines).toEqual(expect.arrayContaining(['aborted', 'refused', 'lost']));
      expect(successor.lines).not.toContain('refused');
      successor.signal('SIGTERM');
      await eventually(() => successor?.ended === true);
      expect(successor.lines.at(-1)).toBe('stopped');
    } finally {
      stale.signal('SIGKILL');
      successor?.signal('SIGKILL');
    }
  });
});
