import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmbeddedStore } from '../../src/embedded/store.ts';
import { isConflict, isGone } from '../../src/kube/api-error.ts';
import { CONFIG_MAP, type ConfigMap, EVENT, NAMESPACE } from '../../src/kube/builtin.ts';
import { Informer } from '../../src/kube/informer.ts';
import type { WatchEvent } from '../../src/kube/interfaces.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { configMap } from '../kube/contract-objects.ts';
import { eventually } from '../support/eventually.ts';

const open = (historyLimit?: number) =>
  new EmbeddedStore({ clock: systemClock, log: silentLog, ...(historyLimit && { historyLimit }) });
const map = (name: string, data: Record<string, string> = {}) => configMap('default', name, data);

/** Everything that a watch tells until there is nothing more to tell. */
async function told(store: EmbeddedStore, resourceVersion: string): Promise<WatchEvent<ConfigMap>[]> {
  const abort = new AbortController();
  const events: WatchEvent<ConfigMap>[] = [];
  const { resourceVersion: last } = await store.list(CONFIG_MAP);
  const end = (async () => {
    for await (const event of store.watch(CONFIG_MAP, { resourceVersion }, abort.signal)) events.push(event);
  })().catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  // A change of our own marks the end.
  await store.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `end-${last}` } });
  for (let turn = 0; turn < 5; turn++) await store.get(CONFIG_MAP, { namespace: 'default', name: 'none' });
  abort.abort();
  await end;
  return events;
}

type Op = { op: 'put' | 'delete'; name: string; value: string };
const ops = fc.array(
  fc.record({
    op: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
    name: fc.constantFrom('a', 'b', 'c'),
    value: fc.constantFrom('1', '2', '3'),
  }),
  { maxLength: 30 },
);

async function carryOut(store: EmbeddedStore, { op, name, value }: Op): Promise<void> {
  if (op === 'delete') await store.delete(CONFIG_MAP, { namespace: 'default', name });
  else await store.apply(CONFIG_MAP, map(name, { k: value }));
}

const content = (objects: Iterable<ConfigMap>) =>
  [...objects].map(({ metadata: { name, uid, resourceVersion }, data }) => ({
    name,
    uid,
    resourceVersion,
    data,
  }));

describe('compare-and-swap', () => {
  it('loses no update, however many write at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 }),
        async (writers) => {
          const store = open();
          await store.create(CONFIG_MAP, map('counter', { n: '0' }));
          const increment = async (): Promise<void> => {
            const live = await store.get(CONFIG_MAP, { namespace: 'default', name: 'counter' });
            if (live === undefined) throw new Error('gone');
            try {
              await store.replace(CONFIG_MAP, { ...live, data: { n: String(Number(live.data?.n) + 1) } });
            } catch (error) {
              if (!isConflict(error)) throw error;
              await increment();
            }
          };
          const work = writers.map(async (times) => {
            for (let time = 0; time < times; time++) await increment();
          });
          await Promise.all(work);
          const total = writers.reduce((sum, times) => sum + times, 0);
          const live = await store.get(CONFIG_MAP, { namespace: 'default', name: 'counter' });
          expect(live?.data?.n).toBe(String(total));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('watches', () => {
  it('from any version lead to the present state', async () => {
    await fc.assert(
      fc.asyncProperty(ops, fc.nat(30), async (plan, cut) => {
        const store = open();
        for (const step of plan.slice(0, cut)) await carryOut(store, step);
        const start = await store.list(CONFIG_MAP);
        for (const step of plan.slice(cut)) await carryOut(store, step);
        const state = new Map(start.items.map((item) => [item.metadata.name, item]));
        for (const event of await told(store, start.resourceVersion)) {
          if (event.type === 'BOOKMARK') continue;
          const { name } = event.object.metadata;
          expect(state.has(name)).toBe(event.type !== 'ADDED');
          if (event.type === 'DELETED') state.delete(name);
          else state.set(name, event.object);
        }
        const present = await store.list(CONFIG_MAP);
        const sorted = [...state.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
        expect(content(sorted)).toEqual(content(present.items));
      }),
      { numRuns: 100 },
    );
  });

  it('say so when the history has moved past them', async () => {
    const store = open(10);
    const { resourceVersion } = await store.list(CONFIG_MAP);
    for (let n = 0; n < 25; n++) await store.apply(CONFIG_MAP, map('a', { n: String(n) }));
    const watch = store.watch(CONFIG_MAP, { resourceVersion }, AbortSignal.timeout(5_000));
    const error = await (async () => {
      for await (const event of watch) return event;
    })().catch((reason: unknown) => reason);
    expect(isGone(error)).toBe(true);
  });

  it('that are quiet are kept in the present by bookmarks', async () => {
    const store = open();
    const { resourceVersion } = await store.list(CONFIG_MAP);
    const events = (async () => {
      for await (const event of store.watch(CONFIG_MAP, { resourceVersion }, AbortSignal.timeout(10_000)))
        return event;
    })();
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'busy' } };
    for (let n = 0; n < 600; n++)
      await store.apply(NAMESPACE, { ...namespace, metadata: { name: 'busy', labels: { n: String(n) } } });
    const event = await events;
    expect(event).toMatchObject({ type: 'BOOKMARK' });
    expect(Number((event as { resourceVersion: string }).resourceVersion)).toBeGreaterThan(
      Number(resourceVersion),
    );
  });

  it('serve an informer through all of it', async () => {
    const store = open(5);
    const abort = new AbortController();
    const options = { client: store, resource: CONFIG_MAP, clock: systemClock, log: silentLog };
    const informer = new Informer({ ...options, backoff: { baseMs: 1, maxMs: 5 } });
    const run = informer.run(abort.signal);
    await informer.synced();
    const plan: Op[] = Array.from({ length: 200 }, (_, n) => ({
      op: n % 5 === 4 ? 'delete' : 'put',
      name: 'abc'.charAt(n % 3),
      value: String(n),
    }));
    await Promise.all(plan.map((step) => carryOut(store, step)));
    await eventually(async () => {
      expect(content(informer.list())).toEqual(content((await store.list(CONFIG_MAP)).items));
    });
    abort.abort();
    await run;
  });
});

it('nobody changes a stored object but by a write', async () => {
  const store = open();
  const sent = map('a', { k: 'v' });
  const made = await store.create(CONFIG_MAP, sent);
  sent.data!.k = 'sender';
  made.data!.k = 'receiver';
  const listed = (await store.list(CONFIG_MAP)).items[0]!;
  listed.data!.k = 'lister';
  for await (const event of store.watch(
    CONFIG_MAP,
    { resourceVersion: '1002' },
    AbortSignal.timeout(5_000),
  )) {
    if (event.type !== 'BOOKMARK') event.object.data!.k = 'watcher';
    break;
  }
  expect((await store.get(CONFIG_MAP, { namespace: 'default', name: 'a' }))?.data).toEqual({ k: 'v' });
});

it('old events are forgotten', async () => {
  const store = open();
  const event = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: 'default', name },
    involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a' },
    reason: 'Test',
    message: 'of many',
    type: 'Normal' as const,
    count: 1,
    firstTimestamp: '2026-01-31T12:00:00Z',
    lastTimestamp: '2026-01-31T12:00:00Z',
    source: { component: 'test' },
    reportingComponent: 'test',
    reportingInstance: 'test',
  });
  await Promise.all(Array.from({ length: 1_100 }, (_, n) => store.create(EVENT, event(`e${n}`))));
  await store.settled();
  const { items } = await store.list(EVENT);
  expect(items.length).toBeLessThanOrEqual(1_000);
  expect(items.map((item) => item.metadata.name)).toContain('e1099');
});
