import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, type Harness, SET, start } from './harness.ts';

let h: Harness;
beforeAll(async () => {
  h = await start();
});
afterAll(() => h.stop());

const authInfo = { pw: 'transfer-secret' };

describe('commands over HTTP', () => {
  it('carry a domain through its life', async () => {
    const name = 'life.com';
    const check = () => h.post('/com/check', { names: [name] });
    expect((await check()).body.data.cd).toMatchObject([{ name, avail: true }]);
    const created = await h.post('/com/create', { name, period: { value: 2 }, authInfo });
    expect(created).toMatchObject({
      status: 200,
      body: {
        outcome: 'done',
        results: [{ code: 1000 }],
        clTRID: expect.any(String),
        svTRID: expect.any(String),
      },
    });
    expect((await check()).body.data.cd).toMatchObject([{ name, avail: false }]);
    const info = await h.post('/com/info', { name });
    expect(info.body.data).toMatchObject({ name, clID: 'acme' });
    const curExpDate = (info.body.data.exDate as string).slice(0, 10);
    const renewed = await h.post('/com/renew', { name, curExpDate, period: { value: 1 } });
    expect(Number(renewed.body.data.exDate.slice(0, 4))).toBe(Number(curExpDate.slice(0, 4)) + 1);
    expect((await h.post('/com/delete', { name })).status).toBe(200);
    expect(await h.post('/com/info', { name })).toMatchObject({
      status: 404,
      body: { outcome: 'done', results: [{ code: 2303 }] },
    });
  });

  it('say which set and account answered, and what is known', async () => {
    const { headers } = await h.post('/com/check', { names: ['a.com'] });
    expect(headers.get('x-epp-set')).toBe(SET);
    expect(headers.get('x-epp-account')).toBe(ACCOUNT);
    expect(headers.get('x-epp-outcome')).toBe('done');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('take the long form, hosts and contacts', async () => {
    expect((await h.post('/com/domain/check', { names: ['a.com'] })).status).toBe(200);
    expect((await h.post('/com/host/create', { name: 'ns1.elsewhere.org' })).status).toBe(200);
    expect((await h.post('/net/host/info', { name: 'ns1.elsewhere.org' })).body.data.name).toBe(
      'ns1.elsewhere.org',
    );
    const contact = {
      id: 'sh8013',
      postalInfos: [{ type: 'int', name: 'John Doe', addr: { city: 'Dulles', cc: 'US' } }],
      email: 'jdoe@example.com',
      authInfo,
    };
    expect((await h.post('/com/contact/create', contact)).status).toBe(200);
    expect((await h.post('/com/contact/check', { ids: ['sh8013'] })).body.data.cd).toMatchObject([
      { id: 'sh8013', avail: false },
    ]);
  });

  it('treat Unicode, punycode and any case of a name alike', async () => {
    const created = await h.post('/中国/create', { name: '例子.中国', authInfo });
    expect(created.status).toBe(200);
    for (const [tld, name] of [
      ['xn--fiqs8s', 'xn--fsqu00a.xn--fiqs8s'],
      ['XN--FIQS8S', 'XN--FSQU00A.中国'],
      ['%E4%B8%AD%E5%9B%BD', '例子.中国'],
    ]) {
      const info = await h.post(`/${tld}/info`, { name });
      expect(info).toMatchObject({ status: 200, body: { data: { name: 'xn--fsqu00a.xn--fiqs8s' } } });
    }
    expect((await h.post('/COM/check', { names: ['MiXeD.CoM'] })).body.data.cd[0].name).toBe('mixed.com');
  });

  it('tell refusals of the registry by their status and in full', async () => {
    const create = { name: 'twice.com', authInfo };
    await h.post('/com/create', create);
    expect(await h.post('/com/create', create)).toMatchObject({
      status: 409,
      body: { outcome: 'done', results: [{ code: 2302, message: 'Object exists' }] },
    });
  });

  it('give every command a transaction id of its own', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => h.post('/com/info', { name: 'twice.com' })),
    );
    expect(new Set(replies.map(({ body }) => body.clTRID)).size).toBe(20);
  });

  it('give each of many callers its own answer', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `caller-${i}.com`);
    await Promise.all(
      names.filter((_, i) => i % 3 === 0).map((name) => h.post('/com/create', { name, authInfo })),
    );
    const replies = await Promise.all(names.map((name) => h.post('/com/check', { names: [name] })));
    for (const [i, reply] of replies.entries()) {
      expect(reply.body.data.cd).toEqual([expect.objectContaining({ name: names[i], avail: i % 3 !== 0 })]);
    }
    const { highestSessions, overLimitAccepts } = h.registry.stats().accounts.acme ?? {};
    expect(highestSessions).toBeGreaterThan(1);
    expect(highestSessions).toBeLessThanOrEqual(10);
    expect(overLimitAccepts).toBe(0);
    expect(h.budget.highest).toBeLessThanOrEqual(10);
  });
});

describe('service routes', () => {
  it('tell that the process lives and is ready', async () => {
    expect(await h.get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await h.get('/livez')).toMatchObject({ status: 200 });
    expect(await h.get('/readyz')).toMatchObject({ status: 200, body: { ready: true, reasons: [] } });
  });

  it('show the pools', async () => {
    const { body } = await h.get('/debug/pools');
    expect(body).toMatchObject({ set: SET, stage: 'serving', budget: { phase: 'active' } });
    const pool = body.accounts[ACCOUNT];
    expect(pool).toMatchObject({ cap: 10, excess: 0, waiting: 0, states: { busy: 0, opening: 0 } });
    expect(pool.states.idle).toBe(pool.connections.length);
    expect(pool.connections[0]).toMatchObject({ state: 'idle', ageSeconds: expect.any(Number) });
  });

  it('count what happened, with every label', async () => {
    const { body } = await h.get('/metrics');
    const labels = 'set="epp.core.bj",business="core",registry="verisign-acme"';
    expect(body).toContain(`epp_connection_total{${labels}} `);
    expect(body).toContain(`epp_connection_active{${labels}} 0`);
    expect(body).toMatch(new RegExp(`epp_connection_idle{${labels}} [1-9]`));
    expect(body).toContain(`epp_request_queue_size{${labels}} 0`);
    expect(body).toMatch(
      new RegExp(`epp_request_total{${labels},operation="domain:check",status="1000"} [1-9]`),
    );
    expect(body).toMatch(new RegExp(`epp_request_total{${labels},operation="domain:info",status="2303"} 1`));
    expect(body).toContain(
      `epp_request_duration_seconds_count{${labels},operation="domain:create",status="2302"} 1`,
    );
    expect(body).toContain('epp_connection_limit{');
  });
});
