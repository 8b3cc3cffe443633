/** The HTTP face that every long-running subcommand has: liveness, readiness and metrics, on fastify. */
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';

export interface Readiness {
  ready: boolean;
  /** Why not, for people; empty when ready. */
  reasons: readonly string[];
}

export interface HttpServerOptions {
  /** Prometheus metrics to show at /metrics. */
  metrics: Registry;
  readiness(): Readiness;
  /** Why the process should be started anew, in a sentence; undefined while it is alive. Alive as long as it answers by default. */
  sickness?(): string | undefined;
  /** Largest request body in bytes. Default 256 KiB. */
  bodyLimit?: number;
  /** What is answered (400) where the path cannot be read: before any route is found. */
  badPath?: object;
}

/** Longest parameter in a path: a domain name in percent-encoded UTF-8. */
const MAX_PARAM_LENGTH = 1_024;

/**
 * A server with `GET /livez`, `/healthz` (the process runs and is not sick), `/readyz` (200, or 503 with the reasons) and `/metrics`. It does
 * not listen yet: add routes, then `listen`.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyLimit ?? 256 * 1024,
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => {
      (reply as FastifyReply).code(400).send(options.badPath ?? { error: error.code });
    },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
  });
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
