/** The HTTP face that every long-running subcommand has: liveness, readiness and metrics, on fastify. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';

export interface Readiness {
  ready: boolean;
  /** Why not, for people; empty when ready. */
  reasons: readonly string[];
}

/** What goes wrong before any route is found. */
export type TransportFault = 'bad-path' | 'bad-request' | 'request-timeout' | 'headers-too-large';

export interface Refusal {
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** In milliseconds. A client that is slower is answered 408, or cut where nothing can be answered. */
export interface HttpTimeouts {
  /** For the headers of a request, and for the first byte of a connection. Default 5 s. */
  headersMs?: number;
  /** For headers and body. Default 10 s; at least headersMs. */
  requestMs?: number;
  /** Between requests of one connection. Default 65 s: longer than the usual clients keep theirs. */
  keepAliveMs?: number;
  /** How often connections are looked at. Default 1 s. */
  checkEveryMs?: number;
}

export interface HttpServerOptions {
  /** Prometheus metrics to show at /metrics. */
  metrics: Registry;
  readiness(): Readiness;
  /** Why the process should be started anew, in a sentence; undefined while it is alive. Alive as long as it answers by default. */
  sickness?(): string | undefined;
  /** Largest request body in bytes. Default 256 KiB. */
  bodyLimit?: number;
  timeouts?: HttpTimeouts;
  /** The answer where no route was found. A line of JSON by default. */
  refuse?(fault: TransportFault): Refusal;
}

/** Longest parameter in a path: a domain name in percent-encoded UTF-8. */
const MAX_PARAM_LENGTH = 1_024;
export const MAX_HEADER_BYTES = 16 * 1024;
export const MAX_BODY_BYTES = 256 * 1024;

/** For answers that are on their way when the server closes. */
const CLOSE_MS = 1_000;

const STATUS_OF_FAULT: Readonly<Record<TransportFault, number>> = {
  'bad-path': 400,
  'bad-request': 400,
  'request-timeout': 408,
  'headers-too-large': 431,
};

/**
 * A server with `GET /livez`, `/healthz` (the process runs and is not sick), `/readyz` (200, or 503 with the reasons) and `/metrics`. It does
 * not listen yet: add routes, then `listen`.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const refuse = options.refuse ?? plainRefusal;
  const { headersMs = 5_000, requestMs = 10_000, keepAliveMs = 65_000 } = options.timeouts ?? {};
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyLimit ?? MAX_BODY_BYTES,
    // What is being answered when the server closes still is: see `cutWhenClosing`
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    http: {
      headersTimeout: headersMs,
      connectionsCheckingInterval: options.timeouts?.checkEveryMs ?? 1_000,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    frameworkErrors: (_error, _request, reply) => {
      const { headers, body } = refuse('bad-path');
      (reply as FastifyReply).code(400).headers(headers).send(body);
    },
    clientErrorHandler: (error, socket) => onClientError(error, socket, refuse),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
  });
  // Bounded by their bytes. More than node's 2000 would be left out silently, an idempotency key among them
  app.server.maxHeadersCount = 0;
  cutWhenClosing(app);
  const alive = (_request: unknown, reply: FastifyReply) => {
    const reason = options.sickness?.();
    return reason === undefined ? { status: 'ok' } : reply.code(503).send({ status: 'sick', reason });
  };
  app.get('/livez', alive);
  app.get('/healthz', alive);
  app.get('/readyz', (_request, reply) => {
    const readiness = options.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', options.metrics.contentType);
    return options.metrics.metrics();
  });
  return app;
}

/** Answers get out when the server closes; who has none by then, or is still writing, is cut. */
function cutWhenClosing(app: FastifyInstance): void {
  let cut: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS);
    done();
  });
  app.addHook('onClose', (_instance, done) => {
    clearTimeout(cut);
    done();
  });
}

function plainRefusal(fault: TransportFault): Refusal {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error: fault }) };
}

/** Of a response that node has not finished yet: undocumented, and used by node's own handler of this event. */
type HttpSocket = Socket & { _httpMessage?: ServerResponse & { req: IncomingMessage } };

/** What is no HTTP, or comes too slowly. The connection ends in any case. */
function onClientError(
  error: NodeJS.ErrnoException,
  socket: HttpSocket,
  refuse: (fault: TransportFault) => Refusal,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const pending = socket._httpMessage;
  // Bytes written now would be taken for the answer to a request that is at work already
  const answerable = !pending || (!pending.headersSent && !pending.req.complete);
  if (answerable && socket.writable) {
    const fault = faultOf(error.code);
    const { headers, body } = refuse(fault);
    const status = STATUS_OF_FAULT[fault];
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}

function faultOf(code: string | undefined): TransportFault {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'bad-request';
}

/** Listens; `url` can be opened from this machine. */
export async function listen(
  app: FastifyInstance,
  address: { host: string; port: number },
): Promise<{ url: string; port: number }> {
  await app.listen(address);
  const { port } = app.server.address() as AddressInfo;
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address.host] ?? address.host;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port };
}
