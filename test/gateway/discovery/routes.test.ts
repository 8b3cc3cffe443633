import { once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { InstanceList } from '../../../src/gateway/discovery/instance-list.ts';
import { MemoryRegistrations } from '../../../src/gateway/discovery/memory-registrations.ts';
import { addDiscoveryRoutes, type DiscoveryRoutesOptions } from '../../../src/gateway/discovery/routes.ts';
import type { Instance } from '../../../src/gateway/instance.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createHttpServer, listen } from '../../../src/lib/http-server.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { SetRouter } from '../../../src/routing/set-router.ts';
import { ManualClock } from '../../kube/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';

const instance = (id: string, set: string | undefined, state: Instance['state'] = 'ready'): Instance => ({
  id,
  origin: `http://${id}`,
  set,
  state,
  weight: 100,
  source: 'slice',
});
const BJ = [instance('10.0.0.1:1', 'epp.core.bj'), instance('10.0.0.2:1', 'epp.core.bj', 'dead')];
const ANY = instance('10.0.0.3:1', 'epp.core.*');

let app: FastifyInstance | undefined;
let url = '';
const aborts: AbortController[] = [];
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort();
  await app?.close();
});

async function start(
  instances: readonly Instance[],
  options: Partial<DiscoveryRoutesOptions> = {},
): Promise<InstanceList> {
  const list = new InstanceList();
  list.replace(instances);
  app = createHttpServer({ metrics: new Registry(), readiness: () => ({ ready: true, reasons: [] }) });
  // As a gateway reads the bodies of commands
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  addDiscoveryRoutes(app, {
    source: list,
    route: (query) =>
      new SetRouter(list.instances, { mode: 'default', strict: false, recoverAll: false }).route(query),
    clock: new ManualClock(),
    log: silentLog,
    ...options,
  });
  url = (await listen(app, { host: '127.0.0.1', port: 0 })).url;
  return list;
}

const get = async (path: string) => {
  const answer = await fetch(url + path);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const ids = (body: Record<string, unknown>) => (body.instances as Instance[]).map(({ id }) => id);

describe('the sets', () => {
  it('are listed with how many of each are in which state', async () => {
    await start([...BJ, ANY, instance('10.0.0.4:1', undefined, 'draining')]);
    expect(await get('/discovery/v1/sets')).toEqual({
      status: 200,
      body: {
        synced: true,
        sets: [
          { set: null, instances: { ready: 0, draining: 1, dead: 0 } },
          { set: 'epp.core.*', instances: { ready: 1, draining: 0, dead: 0 } },
          { set: 'epp.core.bj', instances: { ready: 1, draining: 0, dead: 1 } },
        ],
      },
    });
  });
});

describe('the instances of a set', () => {
  it('are those that a caller of the set would be given', async () => {
    const list = await start([...BJ, ANY]);
    const own = await get('/discovery/v1/sets/epp.core.bj/instances');
    expect(own.body).toMatchObject({
      level: 'own',
      strategy: 'fallback',
      caller: 'epp.core.bj',
      synced: true,
    });
    expect(ids(own.body)).toEqual(['10.0.0.1:1']);
    expect((own.body.instances as object[])[0]).toEqual({
      id: '10.0.0.1:1',
      origin: 'http://10.0.0.1:1',
      set: 'epp.core.bj',
      state: 'ready',
      weight: 100,
      source: 'slice',
    });
    list.replace([instance('10.0.0.1:1', 'epp.core.bj', 'dead'), ANY]);
    const spilled = await get('/discovery/v1/sets/epp.core.bj/instances');
    expect([spilled.body.level, ids(spilled.body)]).toEqual(['fallback', ['10.0.0.3:1']]);
    const elsewhere = await get('/discovery/v1/sets/epp.core.bj/instances?caller=epp.core.gz');
    expect([elsewhere.body.level, ids(elsewhere.body)]).toEqual(['fallback', ['10.0.0.3:1']]);
    const none = await get('/discovery/v1/sets/epp.other.bj/instances');
    expect([none.status, none.body.level, ids(none.body)]).toEqual([200, 'none', []]);
    expect(none.body.reason).toContain('epp.other.bj');
  });

  it('are those of the set alone with exact, and all that are known with all', async () => {
    await start([...BJ, ANY]);
    const exact = await get('/discovery/v1/sets/epp.core.bj/instances?strategy=exact');
    expect([exact.body.level, ids(exact.body)]).toEqual(['named', ['10.0.0.1:1']]);
    const missing = await get('/discovery/v1/sets/epp.core.gz/instances?strategy=exact');
    expect([missing.body.level, ids(missing.body)]).toEqual(['none', []]);
    const all = await get('/discovery/v1/sets/epp.core.bj/instances?strategy=all');
    expect(ids(all.body)).toEqual(['10.0.0.1:1', '10.0.0.2:1']);
    const fallback = await get('/discovery/v1/sets/epp.core.*/instances?strategy=all');
    expect(ids(fallback.body)).toEqual(['10.0.0.3:1']);
  });

  it.each([
    ['/discovery/v1/sets/core/instances', 'set'],
    ['/discovery/v1/sets/epp.core.bj/instances?caller=x', 'caller'],
    ['/discovery/v1/sets/epp.core.bj/instances?strategy=best', 'strategy'],
    ['/discovery/v1/sets/epp.core.bj/instances?starteby=all', 'starteby'],
    ['/discovery/v1/sets/epp.core.bj/instances?caller=epp.core.bj&caller=epp.core.gz', 'caller'],
    ['/discovery/v1/watch?set=core', 'set'],
  ])('%s is refused, naming %s', async (path, field) => {
    await start([]);
    const { status, body } = await get(path);
    expect(status).toBe(400);
    expect((body.errors as { field: string }[]).map((error) => error.field)).toEqual([field]);
  });
});

interface Event {
  event: string;
  id: string;
  data: { instances?: Instance[]; upserted?: Instance[]; removed?: string[]; synced?: boolean };
}

/** Opens a watch; `events` grows. */
async function watch(path = '', lastEventId?: string) {
  const abort = new AbortController();
  aborts.push(abort);
  const answer = await fetch(`${url}/discovery/v1/watch${path}`, {
    signal: abort.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  const events: Event[] = [];
  const seen = { comments: 0, ended: false };
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s)));
        if (block.startsWith(':')) seen.comments += 1;
        else if (fields.data) events.push({ ...fields, data: JSON.parse(fields.data) } as Event);
      }
    }
  };
  void read()
    .catch(() => undefined)
    .then(() => {
      seen.ended = true;
    });
  return { answer, events, seen, close: () => abort.abort() };
}

describe('a watch', () => {
  it('tells the whole, then each change, and goes on where it was', async () => {
    const list = await start(BJ);
    const { answer, events, close } = await watch();
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    await eventually(() => events.length === 1);
    expect([events[0]?.event, events[0]?.data.synced]).toEqual(['instances', true]);
    expect(events[0]?.data.instances?.map(({ id }) => id)).toEqual(BJ.map(({ id }) => id));
    list.replace([BJ[0] as Instance, ANY]);
    await eventually(() => events.length === 2);
    expect(events[1]?.event).toBe('change');
    expect(events[1]?.data.upserted?.map(({ id }) => id)).toEqual([ANY.id]);
    expect(events[1]?.data.removed).toEqual([BJ[1]?.id]);
    close();
    list.replace([ANY]);
    list.replace([]);
    const again = await watch('', events[1]?.id);
    await eventually(() => again.events.length === 2);
    expect(again.events.map(({ data }) => data.removed)).toEqual([[BJ[0]?.id], [ANY.id]]);
    for (const stranger of ['nonsense', '0123456789ab-1', `${events[1]?.id}999`, '']) {
      const anew = await watch('', stranger);
      await eventually(() => anew.events.length === 1);
      expect(anew.events[0]?.event).toBe('instances');
    }
  });

  it('tells the whole again where that is less than what was missed', async () => {
    const list = await start([]);
    const { events } = await watch();
    await eventually(() => events.length === 1);
    for (let round = 0; round < 40; round += 1) list.replace(BJ.map((one) => ({ ...one, weight: round })));
    const again = await watch('', events[0]?.id);
    await eventually(() => again.events.length === 1);
    expect(again.events[0]?.event).toBe('instances');
  });

  it('of a set tells what concerns it alone', async () => {
    const list = await start([...BJ, ANY]);
    const { events } = await watch('?set=epp.core.*');
    await eventually(() => events.length === 1);
    expect(events[0]?.data.instances?.map(({ id }) => id)).toEqual([ANY.id]);
    list.replace([ANY]);
    list.replace([{ ...ANY, set: 'epp.core.bj' }]);
    await eventually(() => events.length === 2);
    expect(events[1]?.data).toEqual({ upserted: [], removed: [ANY.id] });
  });

  it('is kept alive by comments', async () => {
    const clock = new ManualClock();
    await start(BJ, { clock });
    const { events, seen } = await watch();
    await eventually(() => events.length === 1);
    await clock.advance(15_000);
    await eventually(() => seen.comments === 1);
    await clock.advance(15_000);
    await eventually(() => seen.comments === 2);
  });

  it('is refused where as many watch as may, until one has gone', async () => {
    await start(BJ, { watchers: { max: 2 } });
    const first = await watch();
    await watch();
    const third = await get('/discovery/v1/watch');
    expect([third.status, third.body.type]).toEqual([503, '/problems/too-many-requests']);
    first.close();
    await eventually(async () => {
      const { answer, close } = await watch();
      if (answer.status !== 200) close();
      return answer.status === 200;
    });
  });

  it('has no HEAD, which would not end', async () => {
    await start(BJ);
    expect((await fetch(`${url}/discovery/v1/watch`, { method: 'HEAD' })).status).toBe(404);
  });

  it('ends when the server closes', async () => {
    await start(BJ);
    const { events, seen } = await watch();
    await eventually(() => events.length === 1);
    await app?.close();
    await eventually(() => seen.ended);
  });

  it.each(['changes', 'heartbeats'])(
    'is cut when nobody reads its %s, while others read on',
    async (what) => {
      const clock = new ManualClock();
      const many = Array.from({ length: 2_000 }, (_, i) =>
        instance(`10.1.${i >> 8}.${i & 255}:1`, 'epp.core.bj'),
      );
      const maxUnreadBytes = what === 'changes' ? 64 * 1024 : 1e9;
      const list = await start(many, { clock, watchers: { maxUnreadBytes } });
      const reader = await watch();
      const { port } = new URL(url);
      const sleeper = connect(Number(port), '127.0.0.1');
      await once(sleeper, 'connect');
      sleeper.pause();
      const ended = once(sleeper, 'close');
      sleeper.on('error', () => undefined);
      sleeper.write('GET /discovery/v1/watch HTTP/1.1\r\nhost: x\r\n\r\n');
      await eventually(async () => (await connections()) === 2);
      // Whole lists go by until the buffers of the system are full
      for (let round = 2; (await connections()) > 1; round += 1) {
        list.replace(many.map((one) => ({ ...one, weight: round })));
        await eventually(() => reader.events.length === round);
        if (what === 'heartbeats') await clock.advance(15_000);
      }
      sleeper.destroy();
      await ended;
      expect(reader.seen.ended).toBe(false);
    },
  );
});

function connections(): Promise<number> {
  return new Promise((resolve, reject) =>
    app?.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

describe('registration', () => {
  const registration = { set: 'epp.core.bj', address: '10.0.0.9', port: 8080, ttlSeconds: 10 };
  const send = (method: string, path = '', body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/discovery/v1/instances${path}`, {
      method,
      headers: { authorization: 'Bearer good', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  async function enabled() {
    let ids = 0;
    const store = new MemoryRegistrations({
      fixed: [],
      clock: systemClock,
      newId: () => (++ids).toString(16).padStart(16, '0'),
    });
    await start([], {
      source: store.source,
      registration: {
        store,
        prefix: 'epp',
        mayRegister: async (headers) => {
          if (headers.authorization === 'broken') throw new Error('keys cannot be read');
          return headers.authorization === 'Bearer good';
        },
      },
    });
    return store;
  }

  it('is not there unless it is enabled', async () => {
    await start([]);
    for (const [method, path] of [
      ['POST', ''],
      ['PUT', '/0'],
      ['DELETE', '/0'],
      ['GET', '/0'],
      ['POST', '/0/heartbeat'],
    ] as const) {
      const answer = await send(method, path, method === 'GET' ? undefined : registration);
      expect(answer.status).toBe(404);
      expect(((await answer.json()) as { detail: string }).detail).toContain('not enabled');
    }
  });

  it.each(['x', 'broken'])('takes one who may, not %s', async (authorization) => {
    const store = await enabled();
    for (const [method, path] of [
      ['POST', ''],
      ['PUT', '/0000000000000001'],
      ['DELETE', '/0000000000000001'],
      ['GET', '/0000000000000001'],
      ['POST', '/0000000000000001/heartbeat'],
    ] as const) {
      const answer = await send(method, path, method === 'GET' ? undefined : registration, {
        authorization,
      });
      expect(answer.status).toBe(401);
    }
    expect(store.source.instances).toEqual([]);
    store.stop();
  });

  it('goes from the first word to the last', async () => {
    const store = await enabled();
    const created = await send('POST', '', registration);
    expect(created.status).toBe(201);
    const { id, ...rest } = (await created.json()) as Record<string, unknown>;
    expect(rest).toEqual({ ...registration, weight: 100, state: 'ready' });
    expect(created.headers.get('location')).toBe(`/discovery/v1/instances/${id}`);
    expect((await send('POST', `/${id}/heartbeat`)).status).toBe(204);
    // As some clients send a POST without a body
    expect(
      (await send('POST', `/${id}/heartbeat`, undefined, { 'content-type': 'application/json' })).status,
    ).toBe(204);
    const updated = await send('PUT', `/${id}`, { ...registration, weight: 5 });
    expect(await updated.json()).toMatchObject({ id, weight: 5 });
    expect(await (await send('GET', `/${id}`)).json()).toMatchObject({ id, weight: 5, state: 'ready' });
    expect(store.source.instances.map(({ weight }) => weight)).toEqual([5]);
    expect((await send('DELETE', `/${id}`)).status).toBe(204);
    for (const [method, path] of [
      ['DELETE', ''],
      ['GET', ''],
      ['POST', '/heartbeat'],
    ] as const)
      expect((await send(method, `/${id}${path}`)).status).toBe(404);
    expect((await send('PUT', `/${id}`, registration)).status).toBe(404);
    store.stop();
  });

  it.each([
    ['POST', '', { ...registration, address: 'a.example' }, 400, ['address']],
    ['POST', '', { ...registration, set: 'epp.core', port: 0 }, 400, ['set', 'port']],
    ['POST', '', '{', 400, undefined],
    ['POST', '', '', 400, undefined],
    ['POST', '', '[]', 400, ['body']],
    ['POST', '', JSON.stringify('x'.repeat(5_000)), 413, undefined],
    ['GET', '/..%2Fx', undefined, 400, ['id']],
    ['DELETE', '/leader', undefined, 400, ['id']],
  ])('%s %s with %j is refused', async (method, path, body, status, fields) => {
    const store = await enabled();
    const answer = await send(method, path, body);
    const problem = (await answer.json()) as { errors?: { field: string }[] };
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(problem.errors?.map(({ field }) => field)).toEqual(fields);
    store.stop();
  });

  it('says that it cannot be reached, without a word of why', async () => {
    const away = () => Promise.reject(new Error('connect ECONNREFUSED secret-host'));
    await start([], {
      registration: {
        store: { register: away, update: away, heartbeat: away, remove: away, get: away },
        prefix: 'epp',
        mayRegister: () => true,
      },
    });
    const answer = await send('POST', '', registration);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.text()).not.toContain('secret-host');
  });
});
