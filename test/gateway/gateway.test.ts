import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  answer,
  type Behaviour,
  done,
  type GatewayHarness,
  nobody,
  problem,
  type StandIn,
  standIn,
  startTestGateway,
} from './harness.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function adapter(set: string, behaviour: Behaviour = done): Promise<StandIn> {
  const one = await standIn(set, behaviour);
  open.push({ stop: () => one.kill().catch(() => {}) });
  return one;
}

async function gateway(...args: Parameters<typeof startTestGateway>): Promise<GatewayHarness> {
  const one = await startTestGateway(...args);
  open.push(one);
  return one;
}

const CREATE = { name: 'example.com', authInfo: { pw: 'hunter2' } };
const TWO_ACCOUNTS = [
  {
    tlds: ['com'],
    accounts: [
      { name: 'one-acme', accreditation: 'acme' },
      { name: 'two-bolt', accreditation: 'bolt' },
    ],
  },
];
/** Nothing is ever answered. */
const silent: Behaviour = () => {};
const drop: Behaviour = (_asked, response) => void response.destroy();

describe('a command', () => {
  it('goes to the set of its business in its region, and says so', async () => {
    const core = await adapter('epp.core.bj');
    const query = await adapter('epp.query.bj');
    const g = await gateway([core, query]);
    const check = await g.post('/com/check');
    expect([check.status, check.body]).toEqual([200, { outcome: 'done' }]);
    expect(check.headers.get('x-epp-served-by')).toBe(
      `set=epp.query.bj; level=own; instance=${query.instance.id}; attempts=1`,
    );
    expect(check.headers.get('x-epp-path')).toBe('sets');
    expect(check.headers.get('x-epp-account')).toBe('one-acme');
    await g.post('/com/create', CREATE);
    expect(core.asked.map(({ path }) => path)).toEqual(['/com/create']);
    expect(query.asked.map(({ path }) => path)).toEqual(['/com/check']);
  });

  it('goes with what adapters need, and without what shows who the caller is', async () => {
    const query = await adapter('epp.query.bj');
    const g = await gateway([query]);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const reply = await g.post('/com/check', '{"names":["größe.com"]}', {
      authorization: 'Bearer secret',
      'x-api-key': 'secret',
      'x-eppset-token': 'forged',
      cookie: 'a=b',
      'x-epp-tenant': 'shop',
      'x-epp-timeout': '9s',
      'x-request-id': 'r-1',
      traceparent,
    });
    const [asked] = query.asked;
    if (!asked) throw new Error('the adapter was not asked');
    const { headers, body } = asked;
    expect(body).toBe('{"names":["größe.com"]}');
    expect(Object.keys(headers).sort()).toEqual(
      [
        'content-length',
        'content-type',
        'host',
        'traceparent',
        'x-epp-accreditation',
        'x-epp-tenant',
        'x-epp-timeout',
        'x-request-id',
      ].sort(),
    );
    expect(headers).toMatchObject({
      'x-epp-accreditation': 'acme',
      'x-epp-tenant': 'shop',
      'x-request-id': 'r-1',
    });
    expect(Number(headers['x-epp-timeout'])).toBeLessThanOrEqual(9_000);
    expect(headers.traceparent).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[\da-f]{16}-01$/,
    );
    expect(reply.headers.get('x-request-id')).toBe('r-1');
  });

  it('takes the least of the times of caller, command and gateway', async () => {
    const query = await adapter('epp.query.bj');
    const g = await gateway([query], { timeouts: { request: '8s', commands: { 'domain:check': '4s' } } });
    await g.post('/com/check');
    await g.post('/com/info', { name: 'example.com' });
    await g.post('/com/check', undefined, { 'x-epp-timeout': '2000' });
    const told = query.asked.map(({ headers }) => Math.ceil(Number(headers['x-epp-timeout']) / 1_000));
    expect(told).toEqual([4, 8, 2]);
  });

  it('may name a set, by path or header: that one and no other', async () => {
    const own = await adapter('epp.query.bj');
    const sibling = await adapter('epp.query.sh');
    const g = await gateway([own, sibling]);
    expect((await g.post('/epp.query.sh/com/check')).headers.get('x-epp-served-by')).toContain(
      'set=epp.query.sh; level=named',
    );
    await g.post('/com/check', undefined, { 'x-epp-set': 'epp.query.sh' });
    expect([own.asked.length, sibling.asked.map(({ path }) => path)]).toEqual([
      0,
      ['/com/check', '/com/check'],
    ]);
    const absent = await g.post('/epp.query.gz/com/check');
    expect([absent.status, absent.body.type]).toEqual([503, '/problems/no-route']);
    const contrary = await g.post('/epp.query.sh/com/check', undefined, { 'x-epp-set': 'epp.query.bj' });
    expect(contrary.body.errors[0].field).toBe('x-epp-set');
  });

  it('may be an action, with the TLD of its domain where the path has none', async () => {
    const [core, query] = [await adapter('epp.core.bj'), await adapter('epp.query.bj')];
    const g = await gateway([core, query]);
    await g.post('/com/CheckDomain');
    await g.post('/createdomain', { ...CREATE, name: 'example.co.uk' });
    await g.post('/com/DescribeContact', { id: 'c-1' });
    expect(query.asked.map(({ path }) => path)).toEqual(['/com/check', '/com/contact/info']);
    expect(core.asked.map(({ path }) => path)).toEqual(['/co.uk/create']);
    expect((await g.post('/CheckDomain', { names: [7] })).body.errors[0].field).toBe('name');
    g.take({ actions: false });
    expect((await g.post('/CheckDomain')).status).toBe(404);
  });

  it('as XML belongs to the business of what stands in it', async () => {
    const [core, query] = [await adapter('epp.core.bj'), await adapter('epp.query.bj')];
    const g = await gateway([core, query]);
    const xml = (verb: string) =>
      `<${verb}><domain:${verb} xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>a.com</domain:name></domain:${verb}></${verb}>`;
    await g.post('/com/raw', xml('delete'), { 'content-type': 'application/xml' });
    await g.post('/com/raw', { xml: xml('info') });
    await g.post('/com/raw', '<nonsense');
    expect([core.asked.length, query.asked.length]).toEqual([1, 2]);
  });
});

describe('what is refused', () => {
  it.each([
    ['/zz/check', {}, 404, 'unknown-tld', 'tld'],
    ['/com/check?dryRun=true', {}, 400, 'invalid-request', 'query'],
    ['/com/check', { 'x-epp-timeout': 'soon' }, 400, 'bad-header', 'x-epp-timeout'],
    ['/com/check', { 'x-epp-set': 'epp..bj' }, 400, 'bad-header', 'x-epp-set'],
    ['/com/check', { 'x-epp-accreditation': 'zzz' }, 404, 'unknown-accreditation', 'x-epp-accreditation'],
    ['/com/check', { 'content-encoding': 'gzip' }, 415, 'unsupported-media-type', 'content-encoding'],
    ['/com/check', { 'idempotency-key': 'a b' }, 400, 'bad-header', 'idempotency-key'],
    ['/%zz/check', {}, 400, 'bad-path', undefined],
    ['/a.b.c.d/com/host/check', {}, 400, 'bad-path', undefined],
    ['/com', {}, 404, 'not-found', undefined],
    ['/a/b/c/d/e', {}, 404, 'not-found', undefined],
  ])('%s with %j: %d %s names %s', async (path, headers, status, code, field) => {
    const query = await adapter('epp.query.bj');
    const g = await gateway([query]);
    const reply = await g.post(path, undefined, headers as Record<string, string>);
    expect([reply.status, reply.body.type, reply.body.outcome]).toEqual([
      status,
      `/problems/${code}`,
      'not-sent',
    ]);
    expect(reply.body.errors?.[0].field).toBe(field);
    expect(reply.headers.get('x-epp-outcome')).toBe('not-sent');
    expect(query.asked).toEqual([]);
    expect((await g.get(reply.body.type)).body).toContain(`HTTP status ${status}`);
  });

  it('a body of more than 256 KiB, told or not', async () => {
    const query = await adapter('epp.query.bj');
    const g = await gateway([query]);
    const big = 'x'.repeat(256 * 1024 + 1);
    expect((await g.post('/com/check', big)).body.type).toBe('/problems/body-too-large');
    const status = await new Promise((resolve, reject) => {
      const chunked = request(`${g.gateway.url}/com/check`, { method: 'POST' }, (reply) =>
        resolve(reply.statusCode),
      );
      chunked.on('error', reject);
      chunked.write(big.slice(0, 200_000));
      chunked.write(big.slice(0, 200_000));
    });
    expect([status, query.asked]).toEqual([413, []]);
    const most = JSON.stringify({ names: ['é'.repeat(100_000)] });
    await g.post('/com/check', most);
    expect(query.asked[0]?.body).toBe(most);
  });

  it('other methods, and what is no path of a command', async () => {
    const g = await gateway([]);
    const get = await g.get('/com/check');
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await g.get('/nothing')).status).toBe(404);
  });

  it('a business that is switched off, from one request to the next', async () => {
    const query = await adapter('epp.query.bj');
    const g = await gateway([query]);
    g.take({ switches: { query: false } });
    const off = await g.post('/com/check');
    expect([off.status, off.body.type]).toEqual([503, '/problems/business-off']);
    g.take({ switches: {} });
    expect((await g.post('/com/check')).status).toBe(200);
  });

  it('a command that no business has', async () => {
    const g = await gateway([], { businesses: [{ name: 'core', commands: ['domain:create'] }] });
    const reply = await g.post('/com/check');
    expect([reply.status, reply.body.type]).toEqual([404, '/problems/no-business']);
  });

  it('requests beyond maxConcurrentRequests', async () => {
    const query = await adapter('epp.query.bj', silent);
    const g = await gateway([query], { maxConcurrentRequests: 1 });
    const held = g.post('/com/check').catch(() => 'cut');
    await eventually(() => query.asked.length === 1);
    expect((await g.post('/com/check')).body.type).toBe('/problems/too-many-requests');
    query.behave(done);
    await query.kill();
    await held;
  });
});

describe('accounts', () => {
  const moved = (asked: { headers: Record<string, unknown> }) => asked.headers['x-epp-accreditation'];
  /** Only bolt sponsors the domain. */
  const ofBolt =
    (status: number, code: string): Behaviour =>
    (asked, response) =>
      moved(asked) === 'bolt' ? done(asked, response) : problem(status, code, 'done')(asked, response);

  it.each([
    [403, 'epp-2201'],
    [404, 'epp-2303'],
  ])('of an existing domain are asked in order: the next after %d %s', async (status, code) => {
    const core = await adapter('epp.core.bj', ofBolt(status, code));
    const g = await gateway([core], { routes: TWO_ACCOUNTS });
    const reply = await g.post('/com/update', { name: 'a.com' }, { 'idempotency-key': 'k-1' });
    expect([reply.status, reply.headers.get('x-epp-account')]).toEqual([200, 'two-bolt']);
    expect(core.asked.map(moved)).toEqual(['acme', 'bolt']);
    const keys = core.asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['one-acme/k-1', 'two-bolt/k-1']);
  });

  it('are not tried on after any other answer', async () => {
    const core = await adapter('epp.core.bj', problem(409, 'epp-2304', 'done'));
    const g = await gateway([core], { routes: TWO_ACCOUNTS });
    expect((await g.post('/com/update', { name: 'a.com' })).status).toBe(409);
    expect(core.asked.length).toBe(1);
  });

  it('tell rather that another has it than that nobody has', async () => {
    const core = await adapter('epp.core.bj', (asked, response) =>
      (moved(asked) === 'acme' ? problem(403, 'epp-2201', 'done') : problem(404, 'epp-2303', 'done'))(
        asked,
        response,
      ),
    );
    const g = await gateway([core], { routes: TWO_ACCOUNTS });
    expect((await g.post('/com/delete', { name: 'a.com' })).status).toBe(403);
  });

  it('are named by their accreditation: that one alone, with the key as it is', async () => {
    const core = await adapter('epp.core.bj', ofBolt(404, 'epp-2303'));
    const g = await gateway([core], { routes: TWO_ACCOUNTS });
    const headers = { 'x-epp-accreditation': 'acme', 'idempotency-key': 'k-2' };
    expect((await g.post('/com/update', { name: 'a.com' }, headers)).status).toBe(404);
    expect(core.asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['k-2']);
  });

  it('of a create are by weight, and the same again for the same key', async () => {
    const core = await adapter('epp.core.bj');
    const g = await gateway([core], { routes: TWO_ACCOUNTS });
    for (let turn = 0; turn < 40; turn++) {
      await g.post('/com/create', CREATE, { 'idempotency-key': `k-${turn % 8}` });
    }
    const byKey = Map.groupBy(core.asked, ({ headers }) => headers['idempotency-key']);
    for (const asked of byKey.values()) expect(new Set(asked.map(moved)).size).toBe(1);
    expect(new Set(core.asked.map(moved))).toEqual(new Set(['acme', 'bolt']));
  });

  it('of a poll: the first alone, since a message id of one means another message at the other', async () => {
    const query = await adapter('epp.query.bj', problem(404, 'epp-2303', 'done'));
    const g = await gateway([query], { routes: TWO_ACCOUNTS });
    await g.post('/com/poll', { op: 'ack', msgID: '7' });
    expect(query.asked.map(moved)).toEqual(['acme']);
  });
});

describe('an instance that fails', () => {
  it('with nobody listening is passed over, for a transform too', async () => {
    const [gone, alive] = [await nobody('epp.core.bj'), await adapter('epp.core.bj')];
    const g = await gateway([gone, alive]);
    for (let turn = 0; turn < 20; turn++) expect((await g.post('/com/create', CREATE)).status).toBe(200);
    expect(alive.asked.length).toBe(20);
  });

  it('of a dead set: requests go to the fallback set of the business, counted', async () => {
    const dead = [await nobody('epp.core.bj'), await nobody('epp.core.bj')];
    const fallback = await adapter('epp.core.*');
    const g = await gateway([...dead, fallback]);
    const reply = await g.post('/com/create', CREATE);
    expect(reply.headers.get('x-epp-served-by')).toContain('set=epp.core.*; level=fallback');
    expect(await g.metrics.metrics()).toContain('epp_failover_total{from="epp.core.bj",to="epp.core.*"} 1');
  });

  it('after it was written to: a transform is told as unknown, and never sent again', async () => {
    const broken = [await adapter('epp.core.bj', drop), await adapter('epp.core.bj', drop)];
    const g = await gateway(broken);
    const reply = await g.post('/com/create', CREATE);
    expect([reply.status, reply.body.outcome, reply.body.retry]).toEqual([502, 'unknown', 'reconcile']);
    expect(broken.flatMap(({ asked }) => asked).length).toBe(1);
  });

  it('after it was written to: a read is asked again elsewhere', async () => {
    const [broken, alive] = [await adapter('epp.query.bj', drop), await adapter('epp.query.bj')];
    const g = await gateway([broken, alive]);
    for (let turn = 0; turn < 10; turn++) expect((await g.post('/com/check')).status).toBe(200);
    expect(broken.asked.length).toBeGreaterThan(0);
  });

  it('on a kept connection: a transform that met its end is unknown, and sent once', async () => {
    const core = await adapter('epp.core.bj');
    const g = await gateway([core]);
    await g.post('/com/create', CREATE);
    core.behave((_asked, response) => void response.socket?.resetAndDestroy());
    expect((await g.post('/com/create', CREATE)).body.outcome).toBe('unknown');
    expect(core.asked.length).toBe(2);
  });

  it('with what was certainly not sent: another instance, a transform too', async () => {
    const draining = problem(503, 'draining', 'not-sent', 'elsewhere');
    const [leaving, alive] = [await adapter('epp.core.bj', draining), await adapter('epp.core.bj')];
    const g = await gateway([leaving, alive]);
    for (let turn = 0; turn < 10; turn++) expect((await g.post('/com/create', CREATE)).status).toBe(200);
    expect(leaving.asked.length).toBeGreaterThan(0);
  });

  it.each([
    ['what only somebody can mend', problem(503, 'account-unavailable', 'not-sent', 'account')],
    ['the answer of a registry', problem(502, 'epp-2400', 'done', 'after')],
    ['an unknown end', problem(504, 'timeout', 'unknown', 'reconcile')],
  ])('with %s: no further transform', async (_what, behaviour) => {
    const core = [await adapter('epp.core.bj', behaviour), await adapter('epp.core.bj', behaviour)];
    const g = await gateway(core);
    const reply = await g.post('/com/create', CREATE);
    expect(core.flatMap(({ asked }) => asked).length).toBe(1);
    expect(reply.status).toBeGreaterThanOrEqual(502);
  });

  it('as often as retries.attempts says, and no more', async () => {
    const full = problem(503, 'queue-full', 'not-sent', 'after');
    const query = await Promise.all(Array.from({ length: 5 }, () => adapter('epp.query.bj', full)));
    const g = await gateway(query, { retries: { attempts: 2 } });
    const reply = await g.post('/com/check');
    expect([reply.status, reply.body.type]).toEqual([503, '/problems/queue-full']);
    expect(reply.headers.get('x-epp-served-by')).toContain('attempts=3');
    expect(query.flatMap(({ asked }) => asked).length).toBe(3);
    g.take({ retries: { budgetPercent: 0 } });
    await g.post('/com/check');
    expect(query.flatMap(({ asked }) => asked).length).toBe(4);
  });

  it('does not count as failed for what a registry answered', async () => {
    const core = await adapter('epp.query.bj', problem(502, 'epp-2400', 'done', 'after'));
    const g = await gateway([core], { ejection: { consecutiveFailures: 1, maxPercent: 100 } });
    for (let turn = 0; turn < 5; turn++) await g.post('/com/check');
    expect((await g.get('/debug/gateway')).body.instances[0].ejected).toBe(false);
    core.behave(problem(500, 'internal', 'unknown'));
    await g.post('/com/check');
    expect((await g.get('/debug/gateway')).body.instances[0].ejected).toBe(true);
  });

  it('that does not know the gateway is no fault of the caller', async () => {
    const strict = await adapter('epp.query.bj', problem(401, 'unauthorized', 'not-sent'));
    const g = await gateway([strict]);
    const reply = await g.post('/com/check');
    expect([reply.status, reply.body.type]).toEqual([503, '/problems/adapter-unreachable']);
  });

  it('without an answer until the deadline: 504 for a transform, sent once', async () => {
    const core = [await adapter('epp.core.bj', silent), await adapter('epp.core.bj', silent)];
    const g = await gateway(core);
    const reply = await g.post('/com/create', CREATE, { 'x-epp-timeout': '150' });
    expect([reply.status, reply.body.type, reply.body.outcome]).toEqual([
      504,
      '/problems/adapter-timeout',
      'unknown',
    ]);
    expect(core.flatMap(({ asked }) => asked).length).toBe(1);
  });

  it('slow with a read: a second one is asked where hedging is on, and counts', async () => {
    const [slow, quick] = [await adapter('epp.query.bj', silent), await adapter('epp.query.bj')];
    const g = await gateway([slow, quick], { retries: { hedgeReadsAfter: '20ms' } });
    for (let turn = 0; turn < 6; turn++) expect((await g.post('/com/check')).status).toBe(200);
    expect(slow.asked.length).toBeGreaterThan(0);
    expect(await g.metrics.metrics()).toContain('kind="hedge"');
  });
});

describe('without a set that serves', () => {
  it('it is said at once, with the reason, and nothing waits', async () => {
    const other = await adapter('epp.core.sh');
    const g = await gateway([other]);
    const replies = await Promise.all(Array.from({ length: 50 }, () => g.post('/com/create', CREATE)));
    for (const { status, body } of replies) {
      expect([status, body.type, body.outcome]).toEqual([503, '/problems/no-route', 'not-sent']);
      expect(body.detail).toMatch(/epp\.core\.bj is absent.*epp\.core\.\* is absent/);
    }
    expect(other.asked).toEqual([]);
    expect((await g.get('/readyz')).status).toBe(200);
    expect(await g.metrics.metrics()).toMatch(
      /epp_request_total\{[^}]*level="none"[^}]*status="no-route"\} 50/,
    );
  });
});

describe('a changed policy', () => {
  it('counts from one request to the next under load, and none fails', async () => {
    const core = await Promise.all([adapter('epp.core.bj'), adapter('epp.core.bj')]);
    const query = await adapter('epp.query.bj');
    const g = await gateway([...core, query]);
    const statuses = new Set<number>();
    let going = true;
    const callers = Array.from({ length: 8 }, async () => {
      while (going) statuses.add((await g.post('/com/check')).status);
    });
    const policies = ['round_robin', 'random', 'least_conn', 'weight', 'hash'] as const;
    for (let turn = 0; turn < 40; turn++) {
      const before = query.asked.length + core.flatMap(({ asked }) => asked).length;
      const business = turn % 2 === 0 ? 'core' : 'query';
      g.take({
        balancing: { policy: policies[turn % policies.length] },
        businesses: [
          { name: business, default: true },
          { name: business === 'core' ? 'query' : 'core', commands: ['domain:create'] },
        ],
      });
      await eventually(() => query.asked.length + core.flatMap(({ asked }) => asked).length > before + 3);
    }
    going = false;
    await Promise.all(callers);
    expect([...statuses]).toEqual([200]);
    expect(core.every(({ asked }) => asked.length > 0)).toBe(true);
  });

  it('that contradicts itself changes nothing', async () => {
    const g = await gateway([await adapter('epp.query.bj')]);
    const routes = [{ tlds: ['not a tld'], accounts: [{ name: 'x', accreditation: 'x' }] }];
    expect(() => g.take({ routes, switches: { query: false } })).toThrow('not a tld');
    expect((await g.post('/com/check')).status).toBe(200);
  });

  it('a new list of instances keeps what is under way', async () => {
    const release: (() => void)[] = [];
    const leaving = await adapter('epp.core.bj', (asked, response) =>
      release.push(() => done(asked, response)),
    );
    const coming = await adapter('epp.core.bj');
    const g = await gateway([leaving]);
    const running = g.post('/com/create', CREATE);
    await eventually(() => release.length === 1);
    g.instances.replace([coming.instance]);
    expect((await g.post('/com/create', CREATE)).status).toBe(200);
    release[0]?.();
    expect((await running).status).toBe(200);
    expect(coming.asked.length).toBe(1);
  });
});

describe('the end', () => {
  it('is not ready first, serves on, then refuses, and finishes what runs', async () => {
    const release: (() => void)[] = [];
    const core = await adapter('epp.core.bj', (asked, response) => release.push(() => done(asked, response)));
    const g = await gateway([core], {}, { drainGraceMs: 300 });
    const running = g.post('/com/create', CREATE);
    await eventually(() => release.length === 1);
    const drained = g.gateway.drain();
    expect((await g.get('/readyz')).status).toBe(503);
    await eventually(async () => (await g.post('/zz/check')).body.type === '/problems/draining');
    release[0]?.();
    const reply = await running;
    expect([reply.status, reply.headers.get('connection')]).toEqual([200, 'close']);
    await drained;
  });

  it('of a caller cuts its request to the adapter', async () => {
    let closed = false;
    const core = await adapter('epp.core.bj', (_asked, response) => {
      response.on('close', () => {
        closed = true;
      });
    });
    const g = await gateway([core]);
    const socket = connect(g.gateway.port, '127.0.0.1');
    socket.write('POST /com/create HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    await eventually(() => core.asked.length === 1);
    socket.destroy();
    await eventually(() => closed);
    await eventually(async () => (await g.get('/debug/gateway')).body.instances[0].outstanding === 0);
  });
});

describe('the log', () => {
  it('has a line for each transform, with who and how, and no body', async () => {
    const core = await adapter('epp.core.bj');
    const g = await gateway([core]);
    await g.post('/com/create', CREATE, {
      'x-epp-tenant': 'shop',
      'x-request-id': 'r-9',
      authorization: 'Bearer s3cret',
    });
    const line = g
      .logged()
      .split('\n')
      .find((text) => text.includes('transform command'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      requestId: 'r-9',
      caller: 'shop',
      operation: 'domain:create',
      tld: 'com',
      account: 'one-acme',
      set: 'epp.core.bj',
      level: 'own',
      instance: core.instance.id,
      outcome: 'done',
      status: 200,
    });
    expect(g.logged()).not.toMatch(/hunter2|s3cret|example\.com/);
  });
});

it('repeats headers of several values of a part as they are', async () => {
  const g = await gateway([
    await adapter('epp.query.bj', (_a, response) => answer(response, 200, { outcome: 'done' }, { age: '3' })),
  ]);
  expect((await g.post('/com/check')).headers.get('age')).toBe('3');
});
