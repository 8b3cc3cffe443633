/** The face on a real port, in front of a runner that holds what the test wants held; and clients that write byte by byte. */
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { adapterMetrics } from '../../../src/adapter/adapter-metrics.ts';
import type { PooledAccount } from '../../../src/adapter/command-runner.ts';
import { addCommandRoutes, type HttpFaceOptions, refuseTransport } from '../../../src/adapter/http/face.ts';
import type { Answer } from '../../../src/adapter/work.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createHttpServer, type HttpTimeouts, listen } from '../../../src/lib/http-server.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { TldRouter } from '../../../src/routing/tld-routing.ts';

export const TIMEOUTS = { headersMs: 300, requestMs: 600, keepAliveMs: 400, checkEveryMs: 20 };
/** Requests at once. */
export const PLACES = 8;
export const DONE: Answer = { response: { results: [{ code: 1000, message: 'm' }] }, clTRID: 'CL-1' };
export const BODY = '{"names": ["a.com"]}';
/** Its check stands in `held`. */
export const HELD_BODY = '{"names": ["held.com"]}';

const ACCOUNT = {
  name: 'acme-com',
  accreditation: 'acme',
  tlds: ['com'],
  pool: { capacity: 7 },
} as unknown as PooledAccount;

export interface SocketFace {
  app: FastifyInstance;
  port: number;
  held: { answer(answer: Answer): void; gone: AbortSignal; idempotencyKey: string | undefined }[];
  /** Commands that were run so far. */
  ran: number;
  stage: ReturnType<HttpFaceOptions['stage']>;
  client(): Client;
  check(): Promise<Response>;
  /** Requests that ended so, by the metrics. */
  counted(status: string): Promise<number>;
}

export async function startSocketFace(
  options: { timeouts?: HttpTimeouts; unreadMs?: number } = {},
): Promise<SocketFace> {
  const registry = new Registry();
  const metrics = adapterMetrics(registry, { set: 'epp.core.bj', business: 'core' });
  const app = createHttpServer({
    metrics: registry,
    readiness: () => ({ ready: true, reasons: [] }),
    timeouts: options.timeouts ?? TIMEOUTS,
    refuse: refuseTransport('epp.core.bj', metrics),
  });
  const face: SocketFace = {
    app,
    port: 0,
    held: [],
    ran: 0,
    stage: 'serving',
    client: () => client(face.port),
    check: () =>
      fetch(`http://127.0.0.1:${face.port}/com/check`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: BODY,
      }),
    async counted(status) {
      const { body } = await app.inject({ method: 'GET', url: '/metrics' });
      return Number(new RegExp(`epp_request_total{.*status="${status}"} (\\d+)`).exec(body)?.[1] ?? 0);
    },
  };
  addCommandRoutes(app, {
    set: 'epp.core.bj',
    router: new TldRouter([ACCOUNT]),
    runner: {
      run({ work, idempotencyKey }, gone) {
        face.ran++;
        const [name] = work.command.body.names as string[];
        if (name !== 'held.com') return Promise.resolve(DONE);
        return new Promise((answer) => face.held.push({ answer, gone, idempotencyKey }));
      },
    },
    metrics,
    clock: systemClock,
    log: silentLog,
    stage: () => face.stage,
    maxConcurrentRequests: PLACES,
    accessLog: 'none',
    ...(options.unreadMs === undefined ? {} : { unreadMs: options.unreadMs }),
  });
  face.port = (await listen(app, { host: '127.0.0.1', port: 0 })).port;
  return face;
}

export interface Client {
  socket: Socket;
  /** All that was received. */
  text(): string;
  closed: Promise<void>;
}

function client(port: number): Client {
  // half open: who has said all may still listen
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  return { socket, text: () => text, closed };
}

export interface Answered {
  status: number;
  headers: string;
  body: Record<string, unknown>;
}

/** What stands in each answer that was received. */
export function answers({ text }: Pick<Client, 'text'>): Answered[] {
  return text()
    .split(/(?=HTTP\/1\.1 \d)/)
    .filter((part) => part.startsWith('HTTP/1.1 '))
    .map((part) => {
      const [headers = '', body = ''] = part.split('\r\n\r\n');
      return { status: Number(headers.slice(9, 12)), headers, body: body === '' ? {} : JSON.parse(body) };
    });
}

/** In the last. */
export function answer(client: Pick<Client, 'text'>): Answered {
  return answers(client).at(-1) ?? { status: 0, headers: '', body: {} };
}

/** A request as it stands on the wire. @param headers with their line ends */
export const post = (
  body: string,
  headers = `content-length: ${Buffer.byteLength(body)}\r\n`,
  path = '/com/check',
) => `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${headers}\r\n${body}`;

/** Sends a byte of it every 20 ms until the connection is closed. */
export function drip({ socket, closed }: Client, text: string): Promise<void> {
  let at = 0;
  const timer = setInterval(() => {
    if (at < text.length && socket.writable) socket.write(text[at++] as string);
  }, 20);
  return closed.finally(() => clearInterval(timer));
}
