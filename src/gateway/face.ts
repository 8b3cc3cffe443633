/**
 * The HTTP face of a gateway. Commands are taken off the server before its router: the path is looked up once for each spelling, and
 * nothing else of a framework is needed on the way.
 *
 *   POST  …                   commands: see request-path.ts
 *   GET  /problems/{code}     what a problem's type leads to; those of adapters are asked of one
 *   GET  /openapi.json        of an adapter: the bodies are theirs
 *   GET  /livez, /readyz, /metrics, /debug/gateway
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { GatewayPolicy } from '../api/files/gateway-file.ts';
import { requestIdOf, traceOfHeaders } from '../api/http/request-headers.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { MAX_BODY_BYTES, type Refusal, type TransportFault } from '../lib/http-server.ts';
import type { Log } from '../lib/log.ts';
import { type TraceContext, traceparentOf } from '../lib/trace-context.ts';
import { UnreadAnswers } from '../lib/unread-answers.ts';
import { logAccess } from './access-log.ts';
import { adapterPage } from './adapter-pages.ts';
import type { CommandHandler } from './command-handler.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { Instance } from './instance.ts';
import type { Authenticator, Tracing } from './parts.ts';
import { problemPage, type Refused, refused } from './problems.ts';
import { Progress } from './progress.ts';
import type { GatewayAnswer, Outcome } from './request.ts';
import { bodyAtHand, bodyOf, endOf } from './request-body.ts';

export type Stage = 'serving' | 'leaving' | 'refusing';

export interface GatewayFaceDeps {
  readonly handler: CommandHandler;
  readonly authenticator: Authenticator;
  readonly tracing: Tracing;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly log: Log;
  stage(): Stage;
  /** As it is now. */
  policy(): Pick<GatewayPolicy, 'maxConcurrentRequests' | 'accessLog'>;
}

/** Whatever is added to the server by others stands below it; no TLD has such a name. */
const NO_COMMANDS = '/discovery/';

/** A body of this size goes out in one write with its headers. */
const ONE_WRITE_BYTES = 16 * 1024;

export class GatewayFace {
  readonly #deps: GatewayFaceDeps;
  readonly #unread: UnreadAnswers;
  readonly #idPrefix = `${randomBytes(6).toString('hex')}-`;
  #ids = 0;
  #serving = 0;

  constructor(deps: GatewayFaceDeps) {
    this.#deps = deps;
    this.#unread = new UnreadAnswers(deps.clock);
  }

  /** Requests from their headers to the end of their answer. */
  get serving(): number {
    return this.#serving;
  }

  /** Of every POST. */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const requestId = requestIdOf(request.headers) ?? this.#newId();
    const progress = new Progress(this.#deps.clock.monotonicMs(), requestId);
    const { maxConcurrentRequests } = this.#deps.policy();
    if (this.#serving >= maxConcurrentRequests) {
      const detail = `${maxConcurrentRequests} requests are served already`;
      this.#refuse(request, response, progress, refused('too-many-requests', detail));
      return;
    }
    this.#serving++;
    response.on('close', () => {
      this.#serving--;
      // finished: there is nothing to take back
      if (response.writableFinished) return;
      progress.gone = true;
      progress.cancel?.();
    });
    this.#serve(request, response, progress).catch((error: unknown) => {
      this.#deps.log.error({ requestId, error: messageOf(error) }, 'a request failed in an unforeseen way');
      this.#refuse(request, response, progress, refused('internal', 'the gateway failed; see its log'));
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse, progress: Progress): Promise<void> {
    const { handler, authenticator, tracing } = this.#deps;
    const { url = '/', headers } = request;
    if (this.#deps.stage() === 'refusing') {
      this.#refuse(request, response, progress, refused('draining', 'this gateway is shutting down'));
      return;
    }
    const head = handler.readHead(url, headers);
    if ('code' in head) {
      this.#refuse(request, response, progress, head);
      return;
    }
    const caller = await authenticator.authenticate(headers);
    if (!caller) {
      this.#refuse(request, response, progress, refused('unauthenticated', 'the caller is not known'));
      return;
    }
    progress.caller = caller.id;
    const body = bodyAtHand(request) ?? (await bodyOf(request));
    if (body === 'gone') return;
    if (body === 'too-large') {
      this.#refuse(
        request,
        response,
        progress,
        refused('body-too-large', `a body has at most ${MAX_BODY_BYTES} bytes`),
      );
      return;
    }
    const span = tracing.begin({ headers, operation: `${head.path.object}:${head.path.command}` });
    progress.trace = span ? traceOfSpan(span) : traceOfHeaders(headers, newSpanId);
    try {
      const answer = await handler.handle({ url, written: headers, head, caller, body }, progress);
      endOf(request);
      this.#tell(response, progress, answer);
      span?.end({ status: answer.status, attributes: attributesOf(progress) });
    } catch (error) {
      // answered by whoever asked for this
      span?.end({ status: 500, attributes: attributesOf(progress) });
      throw error;
    }
  }

  /** What is refused before its body is read: what is left of it is read into nothing. */
  #refuse(request: IncomingMessage, response: ServerResponse, progress: Progress, answer: Refused): void {
    progress.code = answer.code;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    request.resume();
    this.#tell(response, progress, answer);
  }

  #tell(response: ServerResponse, progress: Progress, answer: GatewayAnswer): void {
    const { clock, log, metrics } = this.#deps;
    const ms = (progress.answeredMs ?? clock.monotonicMs()) - progress.startMs;
    const outcome = outcomeOf(answer);
    const status = progress.code ?? String(answer.status);
    metrics.request(progress, { status, outcome, seconds: ms / 1_000 });
    logAccess(log, this.#deps.policy().accessLog, progress, { answer, outcome, ms });
    if (response.destroyed) return;
    const { body } = answer;
    const lines = headerLines(progress, answer);
    // asked now: it may have come to leave meanwhile. And what is left of a body that is too large is not waited for
    if (this.#deps.stage() !== 'serving' || progress.code === 'body-too-large')
      lines.push('connection', 'close');
    this.#unread.given(response);
    response.writeHead(answer.status, lines);
    // a text goes out with its headers in one write
    if (body.length <= ONE_WRITE_BYTES) response.end(body.toString('latin1'), 'latin1');
    else response.end(body);
  }

  #newId(): string {
    return this.#idPrefix + (++this.#ids).toString(36);
  }
}

function headerLines(progress: Progress, { headers, body }: GatewayAnswer): string[] {
  const lines: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (name === 'content-length' || value === undefined) continue;
    if (typeof value === 'string') lines.push(name, value);
    else for (const one of value) lines.push(name, one);
  }
  lines.push('content-length', String(body.length), 'x-request-id', progress.requestId);
  const { path, account, set, level, instance, attempts, trace } = progress;
  if (path !== undefined && headers['x-epp-path'] === undefined) lines.push('x-epp-path', path);
  if (instance !== undefined) {
    lines.push('x-epp-served-by', `set=${set}; level=${level}; instance=${instance}; attempts=${attempts}`);
    if (set !== undefined && headers['x-epp-set'] === undefined) lines.push('x-epp-set', set);
    if (account !== undefined && headers['x-epp-account'] === undefined) lines.push('x-epp-account', account);
  }
  if (trace && headers.traceparent === undefined) lines.push('traceparent', traceparentOf(trace));
  return lines;
}

function outcomeOf({ status, headers }: GatewayAnswer): Outcome {
  const told = headers['x-epp-outcome'];
  if (told === 'done' || told === 'not-sent' || told === 'unknown') return told;
  return status < 500 ? 'done' : 'unknown';
}

function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

function attributesOf({
  set,
  level,
  instance,
  account,
  attempts,
}: Progress): Record<string, string | number> {
  return {
    'eppset.attempts': attempts,
    ...(set === undefined ? {} : { 'eppset.set': set }),
    ...(level === undefined ? {} : { 'eppset.level': level }),
    ...(instance === undefined ? {} : { 'eppset.instance': instance }),
    ...(account === undefined ? {} : { 'eppset.account': account }),
  };
}

/** The trace as the next hop and the log see it, with the span as our part. */
function traceOfSpan(span: { traceparent: string; tracestate?: string }): TraceContext | undefined {
  return traceOfHeaders(
    {
      traceparent: span.traceparent,
      ...(span.tracestate === undefined ? {} : { tracestate: span.tracestate }),
    },
    () => span.traceparent.slice(36, 52),
  );
}

/** For `createHttpServer`: what is refused before any route is found. */
export function refuseTransport(metrics: GatewayMetrics): (fault: TransportFault) => Refusal {
  const details: Readonly<Record<TransportFault, string>> = {
    'bad-path': 'the path cannot be decoded, or is too long',
    'bad-request': 'this is not HTTP/1.1',
    'request-timeout': 'headers and body did not come in time',
    'headers-too-large': 'the headers have more than 16 KiB',
  };
  return (fault) => {
    metrics.request(new Progress(0, ''), { status: fault, outcome: 'not-sent', seconds: 0 });
    const { headers, body } = refused(fault, details[fault]);
    return { headers: headers as Record<string, string>, body: body.toString() };
  };
}

/**
 * Takes POST requests off the server, and answers what is no command.
 * @param instances to ask for pages of adapters
 */
export function addGatewayRoutes(
  app: FastifyInstance,
  face: GatewayFace,
  instances: () => readonly Instance[],
): void {
  const send = (reply: FastifyReply, { status, headers, body }: Refused) =>
    reply.code(status).headers(headers).send(body);
  const sendPage = async (reply: FastifyReply, path: string) => {
    const page = await adapterPage(instances(), path);
    if (!page) return send(reply, refused('not-found', `no adapter that can be asked has ${path}`));
    return reply.type(page.type).send(page.text);
  };
  app.get<{ Params: { code: string } }>('/problems/:code', (request, reply) => {
    const { code } = request.params;
    const page = problemPage(code);
    if (page === undefined) return sendPage(reply, `/problems/${encodeURIComponent(code)}`);
    return reply.type('text/plain; charset=utf-8').send(page);
  });
  app.get('/openapi.json', (_request, reply) => sendPage(reply, '/openapi.json'));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]?.slice(0, 100) ?? '';
    if (path.split('/').length < 3) {
      return send(
        reply,
        refused('not-found', `${request.method} ${path} is nothing here; commands are POST /{tld}/{command}`),
      );
    }
    reply.header('allow', 'POST');
    return send(reply, refused('method-not-allowed', `commands are POST, not ${request.method}`));
  });
  const [others] = app.server.listeners('request') as [
    (request: IncomingMessage, response: ServerResponse) => void,
  ];
  app.server.removeAllListeners('request');
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'POST' && !request.url?.startsWith(NO_COMMANDS)) face.onRequest(request, response);
    else others(request, response);
  });
}
