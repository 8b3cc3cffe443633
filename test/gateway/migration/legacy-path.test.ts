import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LegacyPath } from '../../../src/gateway/migration/legacy-path.ts';
import type { GatewayAnswer, GatewayRequest } from '../../../src/gateway/request.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { requestOf } from '../protection/fixtures.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

/** An old system that does what a test says. */
class OldSystem {
  readonly seen: Seen[] = [];
  connections = 0;
  answer: (response: ServerResponse, request: IncomingMessage) => void = (response) => response.end('{}');
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method, url, headers } = request;
      this.seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      this.answer(response, request);
    });
    this.#server.on('connection', () => this.connections++);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/old/api/`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function create(more: Partial<GatewayRequest> = {}): GatewayRequest {
  const startMs = systemClock.monotonicMs();
  return requestOf(
    '/com/create?trace=1',
    { name: 'a.com', authInfo: { pw: '2fooBAR' } },
    { startMs, ...more },
  );
}

function info(more: Partial<GatewayRequest> = {}): GatewayRequest {
  return requestOf('/com/info', { name: 'a.com' }, { startMs: systemClock.monotonicMs(), ...more });
}

function problem(answer: GatewayAnswer): unknown {
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'x-epp-path': 'legacy',
  });
  return JSON.parse(answer.body.toString());
}

/** Closes each connection as soon as something came on it. */
async function hangUp(): Promise<{ url: URL; requests: () => number; stop: () => Promise<void> }> {
  let requests = 0;
  const server = createTcpServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      requests++;
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    requests: () => requests,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A port at which nobody listens. */
async function closedPort(): Promise<URL> {
  const { url, stop } = await hangUp();
  await stop();
  return url;
}

describe('LegacyPath', () => {
  const old = new OldSystem();
  let legacy: LegacyPath;

  beforeEach(async () => {
    old.seen.length = 0;
    old.connections = 0;
    old.answer = (response) => response.end('{}');
    await old.start();
    legacy = new LegacyPath({ clock: systemClock, maxAnswerBytes: 100_000 });
  });

  afterEach(async () => {
    await legacy.close();
    await old.stop();
  });

  it('sends a request as it came: path and query below the path of the URL, headers, body', async () => {
    const headers = {
      host: 'gateway.example',
      'content-type': 'application/json; charset=utf-8',
      'content-length': '999',
      authorization: 'Bearer of-the-old-system',
      'x-own': 'kept',
      'x-request-id': 'theirs',
      connection: 'keep-alive, x-hop',
      'x-hop': 'of this connection',
      'keep-alive': 'timeout=5',
      'transfer-encoding': 'chunked',
      te: 'trailers',
      expect: '100-continue',
      'x-eppset-token': 'ours',
    };
    await legacy.send(create({ headers }), old.url);
    const [seen] = old.seen;
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/old/api/com/create?trace=1',
      body: '{"name":"a.com","authInfo":{"pw":"2fooBAR"}}',
    });
    const { connection: _, ...arrived } = seen?.headers ?? {};
    expect(arrived).toEqual({
      host: old.url.host,
      'content-type': 'application/json; charset=utf-8',
      'content-length': '44',
      authorization: 'Bearer of-the-old-system',
      'x-own': 'kept',
      'x-request-id': 'theirs',
    });
  });

  it('gives a request without an id the one that the gateway made', async () => {
    await legacy.send(create({ headers: {}, requestId: 'made' }), old.url);
    expect(old.seen[0]?.headers['x-request-id']).toBe('made');
  });

  it('brings an answer back as it is, and says which path it took', async () => {
    const bytes = Buffer.from([0x1f, 0x8b, 0, 255, 1]);
    old.answer = (response) => {
      response.writeHead(418, {
        'content-type': 'application/octet-stream',
        'content-encoding': 'gzip',
        'set-cookie': ['a=1', 'b=2'],
        'x-old': 'yes',
        connection: 'x-hop',
        'x-hop': '1',
      });
      response.end(bytes);
    };
    const { status, headers, body } = await legacy.send(create(), old.url);
    const { date: _, ...rest } = headers;
    expect(status).toBe(418);
    expect(rest).toEqual({
      'content-type': 'application/octet-stream',
      'content-encoding': 'gzip',
      'set-cookie': ['a=1', 'b=2'],
      'x-old': 'yes',
      'x-epp-path': 'legacy',
    });
    expect(body).toEqual(bytes);
  });

  it('keeps connections for the next request', async () => {
    for (let n = 0; n < 20; n++) await legacy.send(create(), old.url);
    expect(old.connections).toBeLessThan(5);
  });

  it('says that nothing was sent where no connection can be made', async () => {
    const answer = await legacy.send(create(), await closedPort());
    expect(problem(answer)).toEqual({
      type: '/problems/legacy-unreachable',
      title: 'Legacy system is away',
      status: 503,
      outcome: 'not-sent',
      retry: 'after',
      detail: 'the legacy system did not answer: ECONNREFUSED',
    });
    expect(answer.headers).toMatchObject({ 'x-epp-outcome': 'not-sent', 'retry-after': '1' });
  });

  it('sends a transform once, and says that its outcome is unknown where the connection ends', async () => {
    const server = await hangUp();
    const answer = await legacy.send(create(), server.url);
    expect(server.requests()).toBe(1);
    expect(problem(answer)).toMatchObject({
      type: '/problems/legacy-lost',
      status: 502,
      outcome: 'unknown',
      retry: 'reconcile',
    });
    expect(answer.headers['retry-after']).toBeUndefined();
    await server.stop();
  });

  it('asks a read once more where the connection ended, and no more often', async () => {
    const server = await hangUp();
    expect(problem(await legacy.send(info(), server.url))).toMatchObject({
      outcome: 'unknown',
      retry: 'after',
    });
    expect(server.requests()).toBe(2);
    await server.stop();

    old.answer = (response, { socket }) => (old.seen.length === 1 ? socket.destroy() : response.end('{}'));
    expect(await legacy.send(info(), old.url)).toMatchObject({ status: 200 });
  });

  it('gives up at the deadline: what was written is unknown', async () => {
    old.answer = () => {};
    const answer = await legacy.send(create({ deadlineMs: systemClock.monotonicMs() + 200 }), old.url);
    expect(problem(answer)).toMatchObject({
      type: '/problems/legacy-timeout',
      status: 504,
      outcome: 'unknown',
      retry: 'reconcile',
    });
    expect(old.seen).toHaveLength(1);
  });

  it('sends nothing of a request whose time is over before it has a connection', async () => {
    const narrow = new LegacyPath({ clock: systemClock, connections: 1 });
    const reached = Promise.withResolvers<ServerResponse>();
    old.answer = (response) => reached.resolve(response);
    const first = narrow.send(info(), old.url);
    const response = await reached.promise;
    for (const leftMs of [-1, 50]) {
      const late = await narrow.send(create({ deadlineMs: systemClock.monotonicMs() + leftMs }), old.url);
      expect(problem(late)).toMatchObject({
        type: '/problems/legacy-unreachable',
        status: 503,
        outcome: 'not-sent',
      });
    }
    old.answer = (other) => other.end('{}');
    response.end('{}');
    await first;
    // those that were given up stood before it in the queue
    expect(await narrow.send(info(), old.url)).toMatchObject({ status: 200 });
    expect(old.seen.map(({ url }) => url)).toEqual(['/old/api/com/info', '/old/api/com/info']);
    await narrow.close();
  });

  it('does not pass on an answer that is larger than it may be, nor asks again', async () => {
    old.answer = (response) => response.end(Buffer.alloc(100_001));
    expect(problem(await legacy.send(info(), old.url))).toMatchObject({
      type: '/problems/legacy-lost',
      status: 502,
      outcome: 'unknown',
      detail: "the legacy system's answer has more than 100000 bytes",
    });
    expect(old.seen).toHaveLength(1);
  });

  it('passes an answer on that is as large as it may be', async () => {
    old.answer = (response) => response.end(Buffer.alloc(100_000));
    expect((await legacy.send(info(), old.url)).body).toHaveLength(100_000);
  });

  it('says unknown where an answer breaks off', async () => {
    old.answer = async (response, { socket }) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"outcome":');
      await delay(20);
      socket.destroy();
    };
    expect(problem(await legacy.send(create(), old.url))).toMatchObject({ status: 502, outcome: 'unknown' });
  });

  it('ends what is on its way when it is closed', async () => {
    const reached = Promise.withResolvers<void>();
    old.answer = () => reached.resolve();
    const answer = legacy.send(create(), old.url);
    await reached.promise;
    await legacy.close();
    expect(problem(await answer)).toMatchObject({ outcome: 'unknown' });
    expect(problem(await legacy.send(create(), old.url))).toMatchObject({ outcome: 'not-sent' });
  });
});
