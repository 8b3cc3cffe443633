/** The console on an HTTP server: a page, and what it shows. Nothing here changes anything. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { VERSION } from '../lib/version.ts';
import type { Access, Sight } from './access.ts';
import { LiveOverview, type OverviewSource } from './live-overview.ts';
import { OverviewStream } from './overview-stream.ts';
import { type PageFile, readPage } from './page-files.ts';

export interface ConsoleOptions {
  source: OverviewSource;
  access: Access;
  clock: Clock;
  log: Log;
  /** Open pages at a time; more are answered 503. Default 100. */
  maxStreams?: number;
  /** Files of the page. Default: those beside this code. */
  page?: ReadonlyMap<string, PageFile>;
}

const RETRY_SECONDS = 5;

/** Nothing but the page's own files and its own server; no frame, no markup made of text. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

const STREAM_HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Nothing comes after it, and a server that closes waits for connections that could be used again
  connection: 'close',
  // nginx would collect it
  'x-accel-buffering': 'no',
} as const;

const REFUSALS = { 401: 'unauthenticated', 403: 'forbidden', 503: 'unavailable' } as const;

/** Adds `GET /console/`, its files and `/console/api/…`, before the server listens. Ends with the server. */
export async function consoleRoutes(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const { access, clock, log, maxStreams = 100 } = options;
  const page = options.page ?? (await readPage());
  const live = new LiveOverview(options);
  const streams = new Set<OverviewStream>();

  app.addHook('preClose', async () => {
    live.close();
    for (const stream of streams) stream.end();
  });

  /** Answers by itself where nothing may be seen. */
  const sightOf = async (request: FastifyRequest, reply: FastifyReply): Promise<Sight | undefined> => {
    const verdict = await access.verdict(request.headers.authorization, live.namespaces());
    if ('sight' in verdict) return verdict.sight;
    refuse(reply, verdict.refused);
    return undefined;
  };

  await app.register(
    async (scope) => {
      scope.addHook('onRequest', async (_request, reply) => {
        reply.headers({ ...SECURITY_HEADERS, 'cache-control': 'no-store' });
      });
      scope.setErrorHandler((error, _request, reply) => {
        log.error({ reason: messageOf(error) }, 'a request to the console failed');
        return reply.code(500).send({ error: 'internal' });
      });

      // Relative names of files, so that any prefix in front of /console does no harm
      scope.get('', (_request, reply) => reply.redirect('console/', 302));
      for (const [name, file] of page) {
        const path = name === 'index.html' ? '/' : `/${name}`;
        scope.get(path, { prefixTrailingSlash: 'slash' }, (request, reply) => sendFile(request, reply, file));
      }

      scope.get('/api/access', () => ({ needsToken: access.needsToken, version: VERSION }));

      scope.get('/api/overview', async (request, reply) => {
        const sight = await sightOf(request, reply);
        if (sight === undefined) return reply;
        const overview = live.textFor(sight);
        if (overview === undefined) return refuse(reply, 503);
        const handOvers = JSON.stringify(live.handOvers(sight));
        reply.type('application/json; charset=utf-8');
        return `${overview.text.slice(0, -1)},"handOvers":${handOvers}}`;
      });

      scope.get('/api/stream', { exposeHeadRoute: false }, async (request, reply) => {
        const sight = await sightOf(request, reply);
        if (sight === undefined) return reply;
        if (streams.size >= maxStreams) return refuse(reply, 503);
        const { raw: response } = reply;
        // Who went while it was being found out who he is will never be told to have gone
        if (response.destroyed) return reply;
        reply.hijack();
        response.writeHead(200, STREAM_HEADERS);
        const { authorization } = request.headers;
        const stream: OverviewStream = new OverviewStream(
          { response, live, clock, access, authorization, sight },
          () => streams.delete(stream),
        );
        streams.add(stream);
        return reply;
      });
    },
    { prefix: '/console' },
  );
}

function sendFile(request: FastifyRequest, reply: FastifyReply, { contentType, body, etag }: PageFile) {
  // Asked for again each time, and mostly answered 304: replicas of two versions may be behind one address.
  reply.headers({ 'cache-control': 'no-cache', etag, 'content-type': contentType });
  return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(body);
}

function refuse(reply: FastifyReply, status: keyof typeof REFUSALS): FastifyReply {
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="eppset"');
  if (status === 503) reply.header('retry-after', String(RETRY_SECONDS));
  return reply.code(status).send({ error: REFUSALS[status] });
}
