import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_MAP, type ConfigMap, EVENT, NAMESPACE } from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { type EventRecorderOptions, KubeEventRecorder } from '../../src/kube/event-recorder.ts';
import { keyOf } from '../../src/kube/objects.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { ManualClock } from './manual-clock.ts';

let api: ApiServer;
let client: ClosableKubeClient;

beforeAll(async () => {
  // The least that a namespace needs: other controllers would put objects of their own into it.
  api = await startApiServer({ controllers: ['serviceaccount-controller'] });
  const config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  client = createClient(config, { clock: systemClock, log: silentLog });
});
afterAll(async () => {
  await client?.close();
  await api?.stop();
});

let count = 0;
async function setUp(options: Partial<EventRecorderOptions> = {}) {
  count += 1;
  const namespace = `events-${count}`;
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const about: ConfigMap = await client.create(CONFIG_MAP, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name: 'thing' },
  });
  const warnings: object[] = [];
  const log: Log = { ...silentLog, warn: (fields: object) => warnings.push(fields), child: () => log };
  const clock = new ManualClock();
  const recorder = new KubeEventRecorder({
    client,
    clock,
    log,
    component: 'eppset-operator',
    instance: 'pod-1',
    ...options,
  });
  const events = async () => (await client.list(EVENT, { namespace })).items;
  return { about, recorder, clock, events, warnings, namespace };
}

describe('KubeEventRecorder', () => {
  it('writes an event that kubectl shows with its object', async () => {
    const { about, recorder, events, namespace } = await setUp();
    recorder.event(about, 'Warning', 'BudgetExceeded', 'minimums are above the limit');
    await recorder.flush();
    expect(await events()).toEqual([
      expect.objectContaining({
        type: 'Warning',
        reason: 'BudgetExceeded',
        message: 'minimums are above the limit',
        count: 1,
        involvedObject: expect.objectContaining({
          kind: 'ConfigMap',
          name: 'thing',
          uid: about.metadata.uid,
        }),
        reportingComponent: 'eppset-operator',
        source: { component: 'eppset-operator' },
      }),
    ]);
    const shown = await api.kubectl(['-n', namespace, 'events', '--for', 'configmap/thing']);
    expect(shown.stdout).toMatch(
      /Warning\s+BudgetExceeded\s+ConfigMap\/thing\s+minimums are above the limit/,
    );
  });

  it('counts repeats, whether they come before or after the first was written', async () => {
    const { about, recorder, clock, events } = await setUp();
    const say = () => recorder.event(about, 'Normal', 'Scaled', 'to 3');
    say();
    say();
    await recorder.flush();
    await clock.advance(60_000);
    say();
    recorder.event(about, 'Normal', 'Scaled', 'to 4');
    await recorder.flush();
    const written = (await events()).map(({ message, count: n, firstTimestamp, lastTimestamp }) => ({
      message,
      n,
      seconds: (Date.parse(lastTimestamp) - Date.parse(firstTimestamp)) / 1000,
    }));
    expect(written.sort((a, b) => (a.message < b.message ? -1 : 1))).toEqual([
      { message: 'to 3', n: 3, seconds: 60 },
      { message: 'to 4', n: 1, seconds: 0 },
    ]);
  });

  it('begins anew after a while, and when the API has forgotten the event', async () => {
    const { about, recorder, clock, events } = await setUp();
    const say = () => recorder.event(about, 'Normal', 'Scaled', 'to 3');
    say();
    await recorder.flush();
    await client.delete(EVENT, keyOf((await events())[0] as never));
    say();
    await recorder.flush();
    expect((await events()).map(({ count: n }) => n)).toEqual([2]);
    await clock.advance(11 * 60_000);
    say();
    await recorder.flush();
    expect((await events()).map(({ count: n }) => n).sort()).toEqual([1, 2]);
  });

  it('writes no more about one object than its allowance, but counts on', async () => {
    const { about, recorder, clock, events } = await setUp({ burst: 3, refillMs: 60_000 });
    for (let i = 0; i < 10; i += 1) {
      recorder.event(about, 'Warning', 'Flapping', 'again');
      await recorder.flush();
    }
    recorder.event(about, 'Warning', 'Other', 'is over the allowance too');
    await recorder.flush();
    expect((await events()).map(({ count: n }) => n)).toEqual([3]);
    await clock.advance(60_000);
    recorder.event(about, 'Warning', 'Flapping', 'again');
    await recorder.flush();
    expect((await events()).map(({ count: n }) => n)).toEqual([11]);
  });

  it('puts events of objects without a namespace into `default`', async () => {
    const { recorder, namespace } = await setUp();
    const about = await client.get(NAMESPACE, { name: namespace });
    recorder.event(about as never, 'Normal', 'Seen', namespace);
    await recorder.flush();
    const inDefault = await client.list(EVENT, { namespace: 'default', fieldSelector: 'reason=Seen' });
    expect(inDefault.items.map(({ message }) => message)).toEqual([namespace]);
  });

  it('never throws: what could not be written is logged, and a long message is cut', async () => {
    const { about, recorder, events, warnings } = await setUp({ maxQueued: 2 });
    const nowhere = { ...about, metadata: { ...about.metadata, namespace: 'does-not-exist' } };
    recorder.event(nowhere, 'Normal', 'Lost', 'in a namespace that is not there');
    recorder.event(about, 'Normal', 'Long', 'x'.repeat(5000));
    await recorder.flush();
    expect(warnings).toEqual([expect.objectContaining({ event: 'Lost', object: 'ConfigMap thing' })]);
    expect((await events()).map(({ message }) => message.length)).toEqual([1024]);
    // The first is under way, two wait, the others are too many.
    for (let i = 0; i < 5; i += 1) recorder.event(about, 'Normal', 'Many', `number ${i}`);
    await recorder.flush();
    expect((await events()).filter(({ reason }) => reason === 'Many').length).toBe(3);
    expect(warnings.length).toBe(3);
  });
});
