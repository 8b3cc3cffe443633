/** Slow, broken and greedy clients, byte by byte on real sockets. */
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterMetrics } from '../../../src/adapter/adapter-metrics.ts';
import type { PooledAccount } from '../../../src/adapter/command-runner.ts';
import { addCommandRoutes, refuseTransport } from '../../../src/adapter/http/face.ts';
import { TldRouter } from '../../../src/adapter/http/tld-routing.ts';
import type { Answer } from '../../../src/adapter/work.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createHttpServer, listen } from '../../../src/lib/http-server.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { eventually } from '../../support/eventually.ts';

const TIMEOUTS = { headersMs: 300, requestMs: 600, keepAliveMs: 400, checkEveryMs: 20 };
const PLACES = 8;
const ACCOUNT = { name: 'acme-com', accreditation: 'acme', tlds: ['com'] } as unknown as PooledAccount;
const DONE: Answer = { response: { results: [{ code: 1000, message: 'm' }] }, clTRID: 'CL-1' };
const BODY = '{"names": ["a.com"]}';

let app: FastifyInstance;
let port: number;
/** Requests for held.com stand here. */
const held: ((answer: Answer) => void)[] = [];
let ran = 0;

beforeAll(async () => {
  const registry = new Registry();
  const metrics = adapterMetrics(registry, { set: 'epp.core.bj', business: 'core' });
  app = createHttpServer({
    metrics: registry,
    readiness: () => ({ ready: true, reasons: [] }),
    timeouts: TIMEOUTS,
    refuse: refuseTransport('epp.core.bj', metrics),
  });
  addCommandRoutes(app, {
    set: 'epp.core.bj',
    router: new TldRouter([ACCOUNT]),
    runner: {
      run({ work }) {
        ran++;
        const [name] = work.command.body.names as string[];
        return name === 'held.com' ? new Promise((resolve) => held.push(resolve)) : Promise.resolve(DONE);
      },
    },
    metrics,
    clock: systemClock,
    log: silentLog,
    stage: () => 'serving',
    maxConcurrentRequests: PLACES,
    accessLog: 'none',
  });
  ({ port } = await listen(app, { host: '127.0.0.1', port: 0 }));
});
afterAll(() => app.close());

const counted = async (status: string) => {
  const { body } = await app.inject({ method: 'GET', url: '/metrics' });
  return Number(new RegExp(`epp_request_total{.*status="${status}"} (\\d+)`).exec(body)?.[1] ?? 0);
};

interface Client {
  socket: Socket;
  /** All that was received. */
  text(): string;
  closed: Promise<void>;
}

function client(): Client {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  return { socket, text: () => text, closed };
}

/** What stands in the last answer that was received. */
function answer({ text }: Client): { status: number; headers: string; body: Record<string, unknown> } {
  const at = text().lastIndexOf('HTTP/1.1 ');
  const [headers = '', body = ''] = text().slice(at).split('\r\n\r\n');
  return { status: Number(headers.slice(9, 12)), headers, body: body === '' ? {} : JSON.parse(body) };
}

const post = (
  body: string,
  headers = `content-length: ${Buffer.byteLength(body)}\r\n`,
  path = '/com/check',
) => `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${headers}\r\n${body}`;
const check = () =>
  fetch(`http://127.0.0.1:${port}/com/check`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  });

/** Sends a byte of it every 20 ms until the connection is closed. */
function drip({ socket, closed }: Client, text: string): Promise<void> {
  let at = 0;
  const timer = setInterval(() => {
    if (at < text.length && socket.writable) socket.write(text[at++] as string);
  }, 20);
  return closed.finally(() => clearInterval(timer));
}

describe('a client that is too slow', { timeout: 10_000 }, () => {
  it('with its headers is told so, and cut', async () => {
    const slow = client();
    await drip(slow, `POST /com/check HTTP/1.1\r\nx-header: ${'x'.repeat(1_000)}`);
    expect(answer(slow)).toMatchObject({
      status: 408,
      body: { type: '/problems/request-timeout', outcome: 'not-sent', retry: 'after' },
    });
    expect(answer(slow).headers).toContain('content-type: application/problem+json');
    expect(answer(slow).headers).toContain('x-epp-outcome: not-sent');
    expect(await counted('request-timeout')).toBeGreaterThan(0);
  });

  it('with its body is told so, and cut', async () => {
    const slow = client();
    slow.socket.write(post('', `content-length: 1000\r\n`));
    await drip(slow, BODY.padEnd(1_000));
    expect(answer(slow)).toMatchObject({ status: 408, body: { type: '/problems/request-timeout' } });
  });

  it('with its first byte is cut', async () => {
    const mute = client();
    await mute.closed;
    expect(answer(mute).status).toBe(408);
  });

  it('with its next request is cut', async () => {
    const idle = client();
    idle.socket.write(post(BODY));
    await idle.closed;
    expect(answer(idle).status).toBe(200);
    expect(answer(idle).headers).toMatch(/keep-alive: timeout=/i);
  });

  it('takes nobody the place of more than a moment', async () => {
    const crowd = Array.from({ length: 50 }, () => client());
    const before = ran;
    for (const [index, slow] of crowd.entries()) {
      void drip(slow, index % 2 === 0 ? post(BODY.padEnd(1_000)) : 'POST /com/check HTTP/1.1\r\nx: ');
    }
    // bodies under way hold places; as soon as they are cut, others have them
    await eventually(async () => (await check()).status === 200, { what: 'a place' });
    await Promise.all(crowd.map(({ closed }) => closed));
    const answers = await Promise.all(Array.from({ length: PLACES }, check));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: PLACES }, () => 200));
    expect(ran).toBeGreaterThan(before);
  });
});

describe('a place', { timeout: 10_000 }, () => {
  it('is held by a body that comes slowly, and given back when it breaks off', async () => {
    const slow = Array.from({ length: PLACES }, () => client());
    for (const { socket } of slow) socket.write(post('', 'content-length: 1000\r\n'));
    await eventually(async () => (await check()).status === 503, { what: 'no place' });
    for (const { socket } of slow) socket.destroy();
    await eventually(async () => (await check()).status === 200, { what: 'a place' });
  });

  it('is given back by a caller that goes while its command is at work', async () => {
    const leavers = Array.from({ length: PLACES }, () => client());
    for (const { socket } of leavers) socket.write(post('{"names": ["held.com"]}'));
    await eventually(() => held.length === PLACES);
    expect((await check()).status).toBe(503);
    for (const { socket } of leavers) socket.destroy();
    await eventually(async () => (await check()).status === 200, { what: 'a place' });
    for (const resolve of held.splice(0)) resolve(DONE);
  });
});

describe('what is no HTTP', { timeout: 10_000 }, () => {
  it.each([
    ['garbage', 'EPP says hello\r\n\r\n', 400, 'bad-request'],
    ['a TLS handshake', '\u0016\u0003\u0001\u0002\u0000\u0001', 400, 'bad-request'],
    [
      'headers of 20 KiB',
      `POST /com/check HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['a path of 20 KiB', `POST /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431, 'headers-too-large'],
    ['two lengths', post(BODY, 'content-length: 20\r\ncontent-length: 21\r\n'), 400, 'bad-request'],
    [
      'a length and chunks',
      post(BODY, 'content-length: 20\r\ntransfer-encoding: chunked\r\n'),
      400,
      'bad-request',
    ],
    ['a length that is none', post(BODY, 'content-length: twenty\r\n'), 400, 'bad-request'],
    ['a chunk that is none', post('zz\r\n', 'transfer-encoding: chunked\r\n'), 400, 'bad-request'],
    ['a header with a line break', post(BODY, 'x: a\nb\r\ncontent-length: 20\r\n'), 400, 'bad-request'],
  ])('is refused: %s', async (_name, text, status, code) => {
    const before = ran;
    const bad = client();
    bad.socket.write(text, 'latin1');
    await bad.closed;
    expect(answer(bad)).toMatchObject({
      status,
      body: { type: `/problems/${code}`, outcome: 'not-sent', retry: 'never' },
    });
    expect(ran).toBe(before);
  });

  it('has no answer behind a command that is at work: it would be taken for the answer to that', async () => {
    const bad = client();
    bad.socket.write(post('{"names": ["held.com"]}'));
    await eventually(() => held.length === 1);
    bad.socket.write('garbage\r\n\r\n');
    await bad.closed;
    expect(bad.text()).toBe('');
    held.shift()?.(DONE);
  });

  it('has no answer, either, where it only comes too slowly', async () => {
    const slow = client();
    slow.socket.write(post('{"names": ["held.com"]}'));
    await eventually(() => held.length === 1);
    slow.socket.write('POST /com/check HTTP/1.1\r\n');
    await slow.closed;
    expect(slow.text()).toBe('');
    held.shift()?.(DONE);
  });
});

describe('a body', { timeout: 10_000 }, () => {
  it.each([
    ['by its length', post('', `content-length: ${300 * 1024}\r\n`)],
    [
      'by its chunks',
      post(
        `${(300 * 1024).toString(16)}\r\n${'x'.repeat(300 * 1024)}\r\n0\r\n\r\n`,
        'transfer-encoding: chunked\r\n',
      ),
    ],
  ])('over 256 KiB is refused %s', async (_name, text) => {
    const greedy = client();
    greedy.socket.write(text);
    await eventually(() => greedy.text().includes('\r\n\r\n'));
    expect(answer(greedy)).toMatchObject({
      status: 413,
      body: { type: '/problems/body-too-large', errors: [{ field: 'body' }] },
    });
    greedy.socket.destroy();
  });

  it('shorter than its length is never a command', async () => {
    const before = ran;
    const short = client();
    short.socket.end(post(BODY, 'content-length: 21\r\n'));
    await short.closed;
    expect(ran).toBe(before);
  });
});
