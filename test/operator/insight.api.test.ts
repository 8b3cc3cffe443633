/** What people see of an account while things happen to it: columns, status, events, metrics. The whole operator, and real lease holders. */
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_REGISTRY } from '../../src/api/v1alpha1/registry.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { createOperator } from '../../src/operator/operator.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { serveCrds } from '../embedded/served-crds.ts';
import { eventually } from '../support/eventually.ts';
import { BusyAdapter } from './busy-adapter.ts';
import { Bench, openClient } from './controllers.ts';

/** TTL of class core 12 s, of manage 6 s; the quarantine of this registry a quarter of an hour: it does not end here. */
const TIME_SCALE = 0.02;
const CONNECTIONS = { limit: 12, externalReserved: 2, idleTimeoutSeconds: 900, lateDeliverySeconds: 0 };
const ACCOUNT = 'verisign';

const { api, namespace } = useApiServer({ prefix: 'insight' });
let client: ClosableKubeClient;
let bench: Bench;
let running: Promise<unknown>;
let core: BusyAdapter;
let manage: BusyAdapter;
const abort = new AbortController();
const metrics = new Registry();
const settled = { timeoutMs: 60_000, everyMs: 100 };

beforeAll(async () => {
  client = await openClient(api().kubeconfigPath);
  await serveCrds(client);
  bench = new Bench(client, namespace());
  await bench.registry({ name: ACCOUNT, spec: { connections: CONNECTIONS } });
  const operator = createOperator(
    { client, clock, log, metrics },
    { identity: 'test', leaderElection: false, image: 'x', namespace: namespace(), timeScale: TIME_SCALE },
  );
  running = operator.run(abort.signal);
  core = await adapterOf('core', 3);
  manage = await adapterOf('manage', 40);
});
afterAll(async () => {
  for (const adapter of [core, manage]) adapter?.holder.stop();
  abort.abort(new Error('the test ends'));
  await running;
  await client?.close();
});

async function adapterOf(name: 'core' | 'manage', queued: number): Promise<BusyAdapter> {
  const pools = [{ registry: ACCOUNT, min: 1, max: 10 }];
  await bench.set({ name, spec: { set: `epp.${name}.bj`, class: name, replicas: 1, pools } });
  await bench.makeReady(name, 1);
  const [pod] = await bench.pods(name);
  return new BusyAdapter({
    client,
    pod: pod!,
    account: ACCOUNT,
    connections: CONNECTIONS,
    timeScale: TIME_SCALE,
    queued,
  });
}

/** A row of `kubectl get -o wide`, by column. No value has a space in it. */
async function columns(): Promise<Record<string, string>> {
  const { stdout } = await api().kubectl(['get', 'eppreg', ACCOUNT, '-n', namespace(), '-o', 'wide']);
  const [names = '', values = ''] = stdout.trim().split('\n');
  const starts = [...names.matchAll(/\S+(?: \S+)*/g)];
  const cells = starts.map(({ 0: name, index }, n) => [
    name,
    values.slice(index, starts[n + 1]?.index).trim(),
  ]);
  return Object.fromEntries(cells);
}

const status = async () => (await bench.get(EPP_REGISTRY, ACCOUNT)).status;

/** `{ "state=open": 3, … }` of this account, by the labels that are left. */
async function gauge(name: string): Promise<Record<string, number>> {
  // As a scrape does: in the order in which they were made.
  const found = (await metrics.getMetricsAsJSON()).find((metric) => metric.name === name);
  const values = (found?.values ?? []) as { value: number; labels: Record<string, string> }[];
  return Object.fromEntries(
    values.map(({ value, labels: { namespace: _, registry: __, ...labels } }) => [
      Object.values(labels).join(' '),
      value,
    ]),
  );
}

describe('an account that is used up', () => {
  it('shows in its columns what is granted, open, quarantined, free, and what waits', async () => {
    await eventually(async () => {
      expect(await columns()).toMatchObject({
        LIMIT: '12',
        USABLE: '10',
        GRANTED: '10',
        OPEN: '10',
        QUARANTINED: '0',
        FREE: '0',
        WAITING: '43',
      });
    }, settled);
  });

  it('tells in its status and in the metrics who has how many', async () => {
    // A connection may be on its way from one to the other.
    await eventually(async () => {
      const { sets = [], connections } = (await status()) ?? {};
      expect(connections).toMatchObject({ limit: 10, granted: 10, open: 10, free: 0, waiting: 43 });
      expect(sets).toEqual([
        { set: 'epp.core.bj', name: 'core', class: 'core', ...open(core), waiting: 3, quarantined: 0 },
        {
          ...{ set: 'epp.manage.bj', name: 'manage', class: 'manage', ...open(manage) },
          ...{ waiting: 40, quarantined: 0 },
        },
      ]);
      expect(core.open + manage.open).toBe(10);
      expect(await gauge('eppset_account_connections')).toEqual({
        limit: 10,
        cut: 0,
        granted: 10,
        open: 10,
        quarantined: 0,
        free: 0,
        waiting: 43,
      });
      expect(await gauge('eppset_set_connections')).toMatchObject({
        'epp.core.bj open': core.open,
        'epp.core.bj waiting': 3,
        'epp.manage.bj granted': manage.open,
        'epp.manage.bj quarantined': 0,
      });
      expect(await gauge('eppset_account_learning')).toEqual({ '': 0 });
    }, settled);
  });
});

const open = (adapter: BusyAdapter) => ({ granted: adapter.open, open: adapter.open });

it('tells of a limit that the registry does not keep, by event, status and metrics', async () => {
  core.holder.limitHit(ACCOUNT);
  await eventually(async () => {
    expect(await bench.events('EppRegistry', ACCOUNT)).toContainEqual(
      expect.stringMatching(/^Warning LimitReached: .* using at most 9 for now$/),
    );
    expect(await gauge('eppset_allocator_events_total')).toMatchObject({ ' LimitReached': 1 });
  }, settled);
  // It comes back after 12 s, which events tell; who looks in between sees it.
  await eventually(async () => {
    expect(await bench.events('EppRegistry', ACCOUNT)).toContainEqual(
      expect.stringMatching(/^Normal LimitRecovered: .* up to 10 connections again$/),
    );
  }, settled);
});

it('tells of a pod that fell silent: fenced, and what it had is in quarantine', async () => {
  // All is given out again.
  await eventually(async () => {
    expect(await columns()).toMatchObject({ GRANTED: '10', OPEN: '10' });
    expect((await status())?.sets?.find(({ name }) => name === 'manage')).toMatchObject(open(manage));
  }, settled);
  const had = manage.open;
  expect(had).toBeGreaterThan(0);
  const [pod] = await bench.pods('manage');
  manage.holder.stop();
  await eventually(async () => {
    expect(await bench.events('EppConnectionLease', pod?.metadata.uid ?? '')).toContainEqual(
      `Warning Fenced: pod ${pod?.metadata.name} did not renew its lease in time and is fenced; what it held at ${ACCOUNT} goes to quarantine`,
    );
    expect(await bench.events('EppRegistry', ACCOUNT)).toContainEqual(
      expect.stringMatching(
        new RegExp(`^Warning Quarantined: ${had} connections of a pod of manage may still be counted`),
      ),
    );
  }, settled);
  await eventually(async () => {
    expect((await columns()).QUARANTINED).toBe(String(had));
    expect((await status())?.sets?.find(({ name }) => name === 'manage')).toMatchObject({
      granted: 0,
      quarantined: had,
    });
    expect(await gauge('eppset_set_connections')).toMatchObject({ 'epp.manage.bj quarantined': had });
    expect(await gauge('eppset_account_connections')).toMatchObject({ quarantined: had });
    expect(await gauge('eppset_allocator_events_total')).toMatchObject({
      'manage Fenced': 1,
      'manage Quarantined': 1,
    });
    expect(await gauge('eppset_quarantined_connections_total')).toEqual({ manage: had });
  }, settled);
});

it('tells of a ledger that was lost: it learns', async () => {
  await client.delete(EPP_CONNECTION_LEDGER, bench.key(ACCOUNT));
  await eventually(async () => {
    expect(await gauge('eppset_account_learning')).toEqual({ '': 1 });
    expect((await bench.condition(EPP_REGISTRY, ACCOUNT, 'Degraded')).text).toBe('True Learning');
    expect(await gauge('eppset_condition')).toMatchObject({
      [`EppRegistry ${ACCOUNT} Degraded`]: 1,
      [`EppRegistry ${ACCOUNT} Stalled`]: 0,
    });
  }, settled);
});
