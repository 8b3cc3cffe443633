/** The face alone, in front of a runner that tells what it was asked. */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { adapterMetrics } from '../../../src/adapter/adapter-metrics.ts';
import type { CommandRunner, PooledAccount } from '../../../src/adapter/command-runner.ts';
import type { ReadRequest } from '../../../src/adapter/http/command-request.ts';
import { addCommandRoutes, type HttpFaceOptions, refuseTransport } from '../../../src/adapter/http/face.ts';
import type { Answer } from '../../../src/adapter/work.ts';
import { createHttpServer } from '../../../src/lib/http-server.ts';
import { createLog, type LogLevel } from '../../../src/lib/log.ts';
import { TldRouter } from '../../../src/routing/tld-routing.ts';
import { ManualClock } from '../manual-clock.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ACCOUNT = {
  name: 'acme-com',
  accreditation: 'acme',
  tlds: ['com'],
  pool: { capacity: 7 },
} as unknown as PooledAccount;
const DONE: Answer = {
  response: { results: [{ code: 1000, message: 'm' }], svTRID: 'SV-1' },
  clTRID: 'CL-1',
};

interface Face {
  app: FastifyInstance;
  asked: ReadRequest<PooledAccount>[];
  lines(): Record<string, unknown>[];
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
}

let app: FastifyInstance | undefined;
afterEach(() => app?.close());

function face(
  options: Partial<HttpFaceOptions> & { run?: CommandRunner['run']; level?: LogLevel } = {},
): Face {
  const registry = new Registry();
  const metrics = adapterMetrics(registry, { set: 'epp.core.bj', business: 'core' });
  const asked: ReadRequest<PooledAccount>[] = [];
  const lines: string[] = [];
  const { run = async () => DONE, level = 'info', ...more } = options;
  const made = createHttpServer({
    metrics: registry,
    readiness: () => ({ ready: true, reasons: [] }),
    refuse: refuseTransport('epp.core.bj', metrics),
  });
  app = made;
  addCommandRoutes(made, {
    set: 'epp.core.bj',
    router: new TldRouter([ACCOUNT]),
    runner: {
      run(request, gone) {
        asked.push(request);
        return run(request, gone);
      },
    },
    metrics,
    clock: new ManualClock(),
    log: createLog({ level, name: 'test', destination: { write: (line) => void lines.push(line) } }),
    stage: () => 'serving',
    maxConcurrentRequests: 10,
    accessLog: 'transforms',
    ...more,
  });
  return {
    app: made,
    asked,
    lines: () => lines.map((line) => JSON.parse(line)),
    post: (url, body, headers = {}) =>
      made.inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', ...headers },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

const check = { names: ['a.com'] };
const create = { name: 'a.com', authInfo: { pw: 'hunter2' } };

describe('headers', () => {
  it('go with the work: tenant, deadline, trace, and the idempotency key beside it', async () => {
    const { post, asked } = face();
    await post('/com/create', create, {
      'x-epp-tenant': 'shop',
      'x-epp-timeout': '5s',
      'idempotency-key': 'key-1',
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
      tracestate: 'a=b',
    });
    expect(asked[0]).toMatchObject({
      account: { name: 'acme-com' },
      operation: 'domain:create',
      idempotencyKey: 'key-1',
      work: {
        transform: true,
        tenant: 'shop',
        deadlineMs: new ManualClock().monotonicMs() + 5_000,
        trace: { traceId: TRACE, spanId: expect.stringMatching(/^[\da-f]{16}$/), state: 'a=b' },
      },
    });
  });

  it('that are absent leave nothing behind', async () => {
    const { post, asked } = face();
    await post('/com/check', check);
    const given = [...Object.keys(asked[0] ?? {}), ...Object.keys(asked[0]?.work ?? {})];
    for (const absent of ['idempotencyKey', 'tenant', 'deadlineMs', 'trace'])
      expect(given).not.toContain(absent);
  });

  it('of the answer name set, account, outcome and request, and the trace goes on', async () => {
    const { post } = face();
    const { headers } = await post('/com/check', check, {
      'x-request-id': 'caller-1',
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-epp-set': 'epp.core.bj',
      'x-epp-account': 'acme-com',
      'x-epp-capacity': '7',
      'x-epp-outcome': 'done',
      'x-request-id': 'caller-1',
      traceparent: expect.stringMatching(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[\\da-f]{16}-01$`)),
    });
  });

  it('are there whatever is answered, with a request id that is made where none is sane', async () => {
    const { post, app } = face();
    const answers = [
      await post('/com/check', check),
      await post('/com/check', check, { 'x-request-id': 'not sane' }),
      await post('/com/check', 'not json'),
      await post('/org/check', check),
      await post('/com/check/too/long', check),
      await app.inject({ method: 'GET', url: '/com/check' }),
      await post('/com/check', check, { 'x-epp-timeout': 'soon' }),
    ];
    const ids = answers.map(({ headers }) => headers['x-request-id']);
    expect(new Set(ids).size).toBe(answers.length);
    for (const { headers, statusCode, body } of answers) {
      expect(headers['x-request-id']).toMatch(/^[\da-f]{12}-\w+$/);
      expect(headers['x-epp-set']).toBe('epp.core.bj');
      expect(headers.traceparent).toBeUndefined();
      if (statusCode === 200) continue;
      expect(headers['content-type']).toMatch(/^application\/problem\+json(;|$)/);
      expect(headers['x-epp-outcome']).toBe('not-sent');
      expect(JSON.parse(body)).toMatchObject({
        status: statusCode,
        type: expect.stringMatching(/^\/problems\//),
      });
    }
  });

  it('tell that an answer was given before, and how old it is', async () => {
    const { post } = face({ run: async () => ({ ...DONE, replayed: true, ageMs: 3_000 }) });
    expect((await post('/com/check', check)).headers).toMatchObject({
      'idempotency-replayed': 'true',
      age: '3',
    });
  });
});

describe('problems', () => {
  it('lead to a page that tells what they mean', async () => {
    const { post, app } = face();
    const { type } = (await post('/org/check', check)).json<{ type: string }>();
    const page = await app.inject({ method: 'GET', url: type });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(page.body).toContain('unknown-tld: TLD is not served here');
    expect((await app.inject({ method: 'GET', url: '/problems/none' })).statusCode).toBe(404);
  });

  it('of what nobody foresaw tell nothing of it, and that nothing is known', async () => {
    const { post, lines } = face({
      run: async () => {
        throw new TypeError('cannot read hunter2');
      },
    });
    const reply = await post('/com/create', create);
    expect(reply.statusCode).toBe(500);
    expect(reply.json()).toMatchObject({
      type: '/problems/internal',
      outcome: 'unknown',
      retry: 'reconcile',
    });
    expect(reply.body).not.toContain('hunter2');
    expect(lines()[0]).toMatchObject({ level: 50, error: 'cannot read hunter2' });
  });
});

describe('the log of requests', () => {
  const said = (found: Record<string, unknown>[]) => found.map(({ msg }) => msg);
  const three = async ({ post }: Face) => {
    await post('/com/create', create, { 'x-epp-tenant': 'shop', 'x-request-id': 'caller-1' });
    await post('/com/check', check);
    await post('/com/check', { names: [7] });
  };

  it.each([
    ['transforms', 'info', ['transform command']],
    ['transforms', 'debug', ['transform command', 'query command', 'request refused']],
    ['all', 'info', ['transform command', 'query command', 'request refused']],
    ['none', 'debug', []],
    ['all', 'warn', []],
  ] as const)('with %s at level %s has %j', async (accessLog, level, wanted) => {
    const made = face({ accessLog, level });
    await three(made);
    expect(said(made.lines())).toEqual(wanted);
  });

  it('says who asked what, by which ids, and how it ended; never a body', async () => {
    const made = face({ accessLog: 'all' });
    await three(made);
    await made.post('/com/create', create, { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` });
    const [transform, query, refused, traced] = made.lines();
    expect(transform).toMatchObject({
      requestId: 'caller-1',
      account: 'acme-com',
      operation: 'domain:create',
      tenant: 'shop',
      object: 'a.com',
      status: 200,
      outcome: 'done',
      code: '1000',
      clTRID: 'CL-1',
      svTRID: 'SV-1',
      ms: 0,
    });
    expect(query).toMatchObject({ operation: 'domain:check', objects: 1 });
    expect(refused).toMatchObject({ status: 400, outcome: 'not-sent', fields: ['names[0]'] });
    expect(traced).toMatchObject({ trace_id: TRACE, span_id: expect.stringMatching(/^[\da-f]{16}$/) });
    expect(JSON.stringify(made.lines())).not.toContain('hunter2');
  });
});

describe('a request over the limit of those at once', () => {
  it('is refused at once, and its place is free when another has been answered', async () => {
    const held: ((answer: Answer) => void)[] = [];
    const made = face({
      maxConcurrentRequests: 2,
      run: () => new Promise((resolve) => held.push(resolve)),
    });
    const first = [made.post('/com/check', check), made.post('/com/check', check)];
    await expect.poll(() => held.length).toBe(2);
    const refused = await made.post('/com/check', check);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json()).toMatchObject({
      type: '/problems/too-many-requests',
      outcome: 'not-sent',
      retry: 'after',
    });
    expect((await made.app.inject({ method: 'GET', url: '/livez' })).statusCode).toBe(200);
    held.shift()?.(DONE);
    await first[0];
    const next = made.post('/com/check', check);
    await expect.poll(() => held.length).toBe(2);
    for (const answer of held) answer(DONE);
    expect((await next).statusCode).toBe(200);
    expect((await first[1])?.statusCode).toBe(200);
    expect(made.asked.length).toBe(3);
  });
});

describe('XML', () => {
  const XML =
    '<create><domain:create xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>a.com</domain:name></domain:create></create>';

  it.each([
    ['application/json', JSON.stringify({ xml: XML })],
    ['application/xml', XML],
    ['text/xml; charset=utf-8', XML],
    ['application/epp+xml', XML],
  ])('is taken as %s', async (type, payload) => {
    const { post, asked } = face();
    expect((await post('/com/raw', payload, { 'content-type': type })).statusCode).toBe(200);
    expect(asked[0]).toMatchObject({
      operation: 'raw:create',
      work: { transform: true, command: { command: 'raw', body: { xml: `<command>${XML}</command>` } } },
    });
  });

  it('is no body of any other command', async () => {
    const { post } = face();
    const reply = await post('/com/check', XML, { 'content-type': 'application/xml' });
    expect(reply.json()).toMatchObject({ status: 415, errors: [{ field: 'content-type' }] });
  });

  it('is a query where its verb is, unless its caller says more', async () => {
    const { post, asked } = face();
    const xml = XML.replaceAll('create', 'check');
    await post('/com/raw', { xml });
    await post('/com/raw', { xml, transform: true });
    expect(asked.map(({ work, operation }) => [operation, work.transform])).toEqual([
      ['raw:check', false],
      ['raw:check', true],
    ]);
  });
});
