import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ACCOUNT, CLIENT_ID, type Harness, type HarnessOptions, HELD, type Reply, start } from './harness.ts';

let h: Harness;
const setUp = async (options: HarnessOptions = {}) => {
  h = await start(options);
};
afterEach(() => h.stop());

const check = (name = 'a.com') => h.post('/com/check', { names: [name] });
const create = (name: string) => h.post('/com/create', { name, authInfo: { pw: 'transfer-secret' } });
const pool = async () => (await h.get('/debug/pools')).body.accounts[ACCOUNT];
const stats = () => h.registry.stats().accounts[CLIENT_ID];

describe('drain', () => {
  it('finishes a create in flight and what waits, then logs everything out', async () => {
    await setUp({ cap: 2, registry: { latencyMs: { commands: { 'domain:create': HELD } } } });
    const creates = ['one.com', 'two.com', 'three.com'].map(create);
    await eventually(() => h.held() === 2);
    await eventually(async () => (await pool()).waiting === 1);
    const drained = h.adapter.drain();
    expect(h.adapter.drain()).toBe(drained);
    expect(await h.get('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, reasons: ['this adapter is shutting down'] },
    });
    await eventually(async () => (await h.get('/debug/pools')).body.stage === 'refusing');
    expect(h.budget.held).toBe(2);
    h.release();
    await drained;
    for (const reply of await Promise.all(creates)) expect(reply).toMatchObject({ status: 200 });
    await eventually(() => stats()?.sessions === 0);
    expect(stats()).toMatchObject({ uncleanEnds: 0, logouts: stats()?.logins });
    expect(h.budget).toMatchObject({ held: 0, phase: 'draining' });
    expect(new Set(h.budget.ends)).toEqual(new Set(['confirmed']));
  });

  it('goes on serving at first and asks callers to leave, then refuses', async () => {
    await setUp({ adapter: { drainGraceMs: 1_000 } });
    const drained = h.adapter.drain();
    const leaving = await check();
    expect(leaving.status).toBe(200);
    expect(leaving.headers.get('connection')).toBe('close');
    await drained;
    const refused = await check();
    expect(refused).toMatchObject({
      status: 503,
      body: { outcome: 'not-sent', type: '/problems/draining' },
    });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await h.get('/healthz')).status).toBe(200);
  });

  it('under load loses nothing: every caller has its answer or a plain refusal', async () => {
    await setUp({
      cap: 5,
      registry: { latencyMs: { commands: { 'domain:create': 10 } } },
      adapter: { drainGraceMs: 50 },
    });
    const replies: { name: string; reply: Reply }[] = [];
    let running = true;
    const callers = Array.from({ length: 20 }, async (_, caller) => {
      for (let i = 0; running && i < 500; i++) {
        const name = `c${caller}-${i}.com`;
        replies.push({ name, reply: await create(name) });
        if (replies.at(-1)?.reply.status === 503) return;
      }
    });
    await eventually(() => replies.length > 50);
    await h.adapter.drain();
    running = false;
    await Promise.all(callers);
    const statuses = new Set(replies.map(({ reply }) => reply.status));
    expect(statuses).toEqual(new Set([200, 503]));
    // what was told as done is there, what was told as not sent is not
    for (const { name, reply } of replies)
      expect(h.registry.store.domains.has(name)).toBe(reply.status === 200);
    await eventually(() => stats()?.sessions === 0);
    expect(stats()).toMatchObject({ uncleanEnds: 0 });
  });

  it('waits for a connection that is being opened, and closes it in order', async () => {
    await setUp({ unready: true, registry: { latencyMs: { commands: { login: HELD } } } });
    await eventually(() => h.held() === 1);
    const drained = h.adapter.drain();
    await eventually(async () => (await h.get('/debug/pools')).body.stage === 'refusing');
    h.release();
    await drained;
    expect(h.budget.ends).toEqual(['confirmed']);
    await eventually(() => stats()?.sessions === 0);
    expect(stats()).toMatchObject({ logins: 1, logouts: 1, uncleanEnds: 0 });
  });

  it('with nothing open ends at once', async () => {
    await setUp({ cap: 0, unready: true });
    await h.adapter.drain();
    expect(stats()?.logins).toBe(0);
  });

  it('close() cuts what is left and tells its callers', async () => {
    await setUp({ registry: { latencyMs: { commands: { 'domain:create': HELD } } } });
    const cut = create('cut.com');
    await eventually(() => h.held() === 1);
    await h.adapter.close();
    await eventually(() => h.budget.held === 0);
    // it learns what to reconcile by
    const reply = await cut;
    expect(reply).toMatchObject({
      status: 502,
      body: { outcome: 'unknown', retry: 'reconcile', clTRID: expect.any(String) },
    });
    expect(reply.headers.get('connection')).toBe('close');
    await expect(h.get('/healthz')).rejects.toThrow();
  });
});
