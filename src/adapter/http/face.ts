/**
 * The HTTP/JSON face of an adapter.
 *
 *   POST /{tld}/{command}             domains, and poll
 *   POST /{tld}/{object}/{command}    object: domain, host, contact, …
 *   POST /{tld}/raw                   a command as XML
 *   GET  /openapi.json                all of it, described
 *   GET  /problems/{code}             what a problem's type leads to
 *
 * The body is the command's fields after the RFCs' own names, plus `extensions`. Statuses: see status.ts.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { INTERNAL_TOKEN_HEADER, type InternalToken } from '../../api/http/internal-token.ts';
import { CAPACITY_HEADER } from '../../api/http/load-report.ts';
import { PROBLEM_TYPE } from '../../api/http/problem.ts';
import { readHeaders, requestIdOf, traceOfHeaders } from '../../api/http/request-headers.ts';
import type { AccessLog } from '../../lib/access-level.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Refusal, TransportFault } from '../../lib/http-server.ts';
import type { Log } from '../../lib/log.ts';
import { type TraceContext, traceparentOf } from '../../lib/trace-context.ts';
import { UnreadAnswers } from '../../lib/unread-answers.ts';
import type { TldRouter } from '../../routing/tld-routing.ts';
import type { AdapterMetrics } from '../adapter-metrics.ts';
import type { CommandRunner, PooledAccount } from '../command-runner.ts';
import { RequestRefused } from '../work.ts';
import { accessLogger, type LoggedRequest } from './access-log.ts';
import { answered, failed, ours, refused, type Told } from './answers.ts';
import { addJsonParser, addXmlParser, BODY_FAULTS, ENCODED, isEncoded } from './bodies.ts';
import {
  type CheckedRequest,
  QUERY,
  type ReadRequest,
  type RequestParts,
  readRequest,
} from './command-request.ts';
import { problemPage } from './problem-pages.ts';
import { checkRaw } from './raw-request.ts';

export interface HttpFaceOptions {
  set: string;
  router: TldRouter<PooledAccount>;
  runner: CommandRunner;
  metrics: AdapterMetrics;
  clock: Clock;
  log: Log;
  /** `leaving`: still serving, connections are closed after each answer; `refusing`: nothing new. */
  stage(): 'serving' | 'leaving' | 'refusing';
  /** Commands that are served at once, from their headers to the end of their answer; more get 503. */
  maxConcurrentRequests: number;
  accessLog: AccessLog;
  /** Whoever does not show it is answered 401. Undefined: anybody may ask. */
  token?: Pick<InternalToken, 'accepts'> | undefined;
  /** How long an answer may lie unread, in milliseconds: see UnreadAnswers. */
  unreadMs?: number;
}

type CommandRequest = FastifyRequest<{ Params: { tld: string; object?: string; command?: string } }>;

const PATHS = ['/:tld/:command', '/:tld/:object/:command'];
const WRONG_METHODS = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** For probes, for Prometheus and for people who read: nothing there is a registry's or a caller's. */
const OPEN_PATHS = new Set(['/livez', '/healthz', '/readyz', '/metrics', '/openapi.json', '/problems/:code']);

export function addCommandRoutes(app: FastifyInstance, options: HttpFaceOptions): void {
  const face = new HttpFace(options);
  const { token } = options;
  if (token) app.addHook('onRequest', (request, reply, done) => face.onCaller(token, request, reply, done));
  app.setErrorHandler((error: FastifyError, request, reply) => face.onError(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]?.slice(0, 100);
    const message = `${request.method} ${path} is nothing here; commands are POST /{tld}/{command} and POST /{tld}/{object}/{command}`;
    return face.refuse(request, reply, ours('not-found', message));
  });
  let described: Promise<string> | undefined;
  app.get('/openapi.json', async (_request, reply) => {
    described ??= import('../openapi/document.ts').then(({ openApiDocument }) =>
      JSON.stringify(openApiDocument()),
    );
    return reply.type('application/json; charset=utf-8').send(await described);
  });
  app.get<{ Params: { code: string } }>('/problems/:code', (request, reply) => {
    const page = problemPage(request.params.code);
    if (page === undefined) return face.refuse(request, reply, ours('not-found', 'there is no such problem'));
    return reply.type('text/plain; charset=utf-8').send(page);
  });
  for (const url of PATHS) {
    app.route({
      method: WRONG_METHODS,
      url,
      handler(request, reply) {
        reply.header('allow', 'POST');
        const message = `commands are POST, not ${request.method}`;
        return face.refuse(request, reply, ours('method-not-allowed', message));
      },
    });
  }
  // a scope of its own: its parsers and its count of requests are not for the service routes
  void app.register(async (scope) => {
    addJsonParser(scope);
    scope.addHook('onRequest', (request, reply, done) => face.onRequest(request, reply, done));
    for (const url of PATHS) scope.post(url, (request, reply) => face.serve(request, reply));
    void scope.register(async (raw) => {
      addXmlParser(raw);
      raw.post('/:tld/raw', (request, reply) => face.serve(request, reply, checkRaw));
    });
  });
}

/** For `createHttpServer`: what is refused before any route is found. */
export function refuseTransport(
  set: string,
  metrics: Pick<AdapterMetrics, 'request'>,
): (fault: TransportFault) => Refusal {
  const details: Readonly<Record<TransportFault, string>> = {
    'bad-path': 'the path cannot be decoded, or is too long',
    'bad-request': 'this is not HTTP/1.1',
    'request-timeout': 'headers and body did not come in time',
    'headers-too-large': 'the headers have more than 16 KiB',
  };
  return (fault) => {
    metrics.request({ registry: 'none', operation: 'none', status: fault, seconds: 0 });
    const { body, retryAfterSeconds } = ours(fault, details[fault]);
    const headers = { 'content-type': PROBLEM_TYPE, 'x-epp-set': set, 'x-epp-outcome': 'not-sent' };
    return {
      headers:
        retryAfterSeconds === undefined ? headers : { ...headers, 'retry-after': String(retryAfterSeconds) },
      body: JSON.stringify(body),
    };
  };
}

class HttpFace {
  readonly #options: HttpFaceOptions;
  readonly #logAccess: (request: LoggedRequest) => void;
  readonly #idPrefix = `${randomBytes(6).toString('hex')}-`;
  #ids = 0;
  readonly #unread: UnreadAnswers;
  #serving = 0;
  readonly #leave = () => {
    this.#serving--;
  };

  constructor(options: HttpFaceOptions) {
    this.#options = options;
    this.#logAccess = accessLogger(options.accessLog, options.log);
    this.#unread = new UnreadAnswers(options.clock, options.unreadMs);
  }

  /** Before the body is read. Whatever is wrong with the token, the answer is the same. */
  onCaller(
    token: Pick<InternalToken, 'accepts'>,
    request: FastifyRequest,
    reply: FastifyReply,
    done: () => void,
  ): void {
    const shown = request.headers[INTERNAL_TOKEN_HEADER];
    if (OPEN_PATHS.has(request.routeOptions.url ?? '') || token.accepts(shown?.toString())) {
      done();
      return;
    }
    reply.header('www-authenticate', INTERNAL_TOKEN_HEADER);
    this.refuse(request, reply, ours('unauthorized', 'the token of the namespace is missing or not taken'));
  }

  /** Before the body is read: what is over the limit costs nothing more. */
  onRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const { maxConcurrentRequests } = this.#options;
    if (this.#serving >= maxConcurrentRequests) {
      const message = `${maxConcurrentRequests} requests are served already`;
      this.refuse(request, reply, ours('too-many-requests', message));
      return;
    }
    if (isEncoded(request)) {
      this.refuse(request, reply, refused(ENCODED));
      return;
    }
    this.#serving++;
    reply.raw.once('close', this.#leave);
    done();
  }

  async serve(
    request: FastifyRequest,
    reply: FastifyReply,
    check?: (parts: RequestParts, tld: string) => CheckedRequest,
  ): Promise<FastifyReply> {
    const { clock, metrics } = this.#options;
    const startMs = clock.monotonicMs();
    const stage = this.#options.stage();
    const requestId = requestIdOf(request.headers) ?? this.#newId();
    const trace = traceOfHeaders(request.headers, newSpanId);
    const read = this.#read(request as CommandRequest, { trace, startMs, check });
    let told: Told;
    if ('problem' in read) told = refused(read.problem);
    else if (stage === 'refusing') told = failed(shuttingDown(), read.work.transform);
    else told = await this.#run(read, reply);
    const ms = clock.monotonicMs() - startMs;
    const [account, operation] =
      'problem' in read ? [read.problem.account, 'none'] : [read.account.name, read.operation];
    metrics.request({
      registry: account ?? 'none',
      operation,
      status: told.label,
      outcome: told.outcome,
      seconds: ms / 1_000,
    });
    this.#logAccess({ requestId, trace, read: 'problem' in read ? undefined : read, told, ms });
    if (account !== undefined) reply.header('x-epp-account', account);
    if (!('problem' in read)) reply.header(CAPACITY_HEADER, String(read.account.pool.capacity));
    return this.#tell(reply, told, { requestId, trace });
  }

  #read(
    { params, headers: written, body, url }: CommandRequest,
    {
      check,
      ...known
    }: Pick<RequestParts, 'trace' | 'startMs'> & { check: Parameters<HttpFace['serve']>[2] },
  ): ReturnType<typeof readRequest<PooledAccount>> {
    const headers = readHeaders(written);
    if ('errors' in headers) return { problem: { code: 'bad-header', errors: headers.errors } };
    // Who writes ?dryRun=true must not find it ignored
    if (url.includes('?')) return { problem: QUERY };
    const { tld, object, command = 'raw' } = params;
    return readRequest({ tld, object, command, headers, body, ...known }, this.#options.router, check);
  }

  async #run(read: ReadRequest<PooledAccount>, reply: FastifyReply): Promise<Told> {
    const gone = new AbortController();
    const onClose = () => gone.abort();
    reply.raw.once('close', onClose);
    try {
      return answered(await this.#options.runner.run(read, gone.signal));
    } catch (error) {
      const told = failed(error, read.work.transform);
      if (told.status === 500)
        this.#options.log.error({ error: messageOf(error) }, 'a request failed in an unforeseen way');
      return told;
    } finally {
      reply.raw.off('close', onClose);
    }
  }

  /** What is refused without looking at the command. */
  refuse(request: FastifyRequest, reply: FastifyReply, told: Told): FastifyReply {
    const requestId = requestIdOf(request.headers) ?? this.#newId();
    const trace = traceOfHeaders(request.headers, newSpanId);
    const { label: status, outcome } = told;
    this.#options.metrics.request({ registry: 'none', operation: 'none', status, outcome, seconds: 0 });
    this.#logAccess({ requestId, trace, read: undefined, told, ms: 0 });
    return this.#tell(reply, told, { requestId, trace });
  }

  /** What fastify refuses before a handler runs. Its own messages may quote the body, which may hold secrets. */
  onError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    const known = BODY_FAULTS[error.statusCode ?? 500];
    if (known) {
      this.refuse(request, reply, refused(known));
      return;
    }
    this.#options.log.error({ code: error.code, error: error.name }, 'a request failed in an unforeseen way');
    this.refuse(request, reply, ours('internal', 'the adapter failed; see its log'));
  }

  #tell(
    reply: FastifyReply,
    told: Told,
    { requestId, trace }: { requestId: string; trace: TraceContext | undefined },
  ): FastifyReply {
    reply
      .header('x-epp-set', this.#options.set)
      .header('x-epp-outcome', told.outcome)
      .header('x-request-id', requestId);
    // asked now: it may have come to leave while the command ran
    if (this.#options.stage() !== 'serving') reply.header('connection', 'close');
    if (trace) reply.header('traceparent', traceparentOf(trace));
    if (told.retryAfterSeconds !== undefined) reply.header('retry-after', String(told.retryAfterSeconds));
    if (told.replayed) reply.header('idempotency-replayed', 'true');
    if (told.ageSeconds !== undefined) reply.header('age', String(told.ageSeconds));
    this.#unread.given(reply.raw);
    const type = told.status === 200 ? 'application/json; charset=utf-8' : PROBLEM_TYPE;
    return reply.code(told.status).header('content-type', type).send(JSON.stringify(told.body));
  }

  #newId(): string {
    return this.#idPrefix + (++this.#ids).toString(36);
  }
}

function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

function shuttingDown(): RequestRefused {
  return new RequestRefused('draining', 'this adapter is shutting down; ask another of the set');
}
