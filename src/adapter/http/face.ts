/**
 * The HTTP/JSON face of an adapter.
 *
 *   POST /{tld}/{command}             domains, and poll
 *   POST /{tld}/{object}/{command}    object: domain, host, contact
 *
 * The body is the command's fields after RFC 5731 to 5733, plus `extensions`: raw XML elements. Statuses: see http-status.ts.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type EppResponse, resultCode } from '../../epp/command.ts';
import { EppError, type Outcome } from '../../epp/session.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { AdapterMetrics } from '../adapter-metrics.ts';
import type { CommandRunner, PooledAccount } from '../command-runner.ts';
import { type Answer, RequestRefused } from '../work.ts';
import { type ReadRequest, type RequestProblem, readRequest } from './command-request.ts';
import { codeLabel, statusOfCode, statusOfFailure } from './status.ts';
import type { TldRouter } from './tld-routing.ts';

export interface HttpFaceOptions {
  set: string;
  router: TldRouter<PooledAccount>;
  runner: CommandRunner;
  metrics: AdapterMetrics;
  clock: Clock;
  log: Log;
  /** `leaving`: still serving, connections are closed after each answer; `refusing`: nothing new. */
  stage(): 'serving' | 'leaving' | 'refusing';
}

/** What is answered, and what of it is counted. */
interface Told {
  status: number;
  outcome: Outcome;
  body: object;
  /** Label of the metrics. */
  label: string;
  retryAfterSeconds?: number;
}

type CommandRequest = FastifyRequest<{ Params: { tld: string; object?: string; command: string } }>;

const PATHS = ['/:tld/:command', '/:tld/:object/:command'];
const WRONG_METHODS = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export function addCommandRoutes(app: FastifyInstance, options: HttpFaceOptions): void {
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error: FastifyError, _request, reply) => sendHttpError(reply, error, options));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]?.slice(0, 100);
    const message = `${request.method} ${path} is nothing here; commands are POST /{tld}/{command} and POST /{tld}/{object}/{command}`;
    tell(reply, options, ours(404, 'not-found', message));
  });
  for (const url of PATHS) {
    app.post(url, (request, reply) => serve(request as CommandRequest, reply, options));
    app.route({
      method: WRONG_METHODS,
      url,
      handler(request, reply) {
        reply.header('allow', 'POST');
        tell(reply, options, ours(405, 'method-not-allowed', `commands are POST, not ${request.method}`));
      },
    });
  }
}

async function serve(
  request: CommandRequest,
  reply: FastifyReply,
  options: HttpFaceOptions,
): Promise<FastifyReply> {
  const { clock, metrics, router } = options;
  const startMs = clock.monotonicMs();
  const stage = options.stage();
  if (stage !== 'serving') reply.header('connection', 'close');
  const { tld, object, command } = request.params;
  const accreditation = request.headers['x-epp-accreditation'];
  const read = readRequest(
    { tld, object, command, accreditation: accreditation?.toString(), body: request.body },
    router,
  );
  let told: Told;
  let account = 'none';
  let operation = 'none';
  if ('problem' in read) {
    told = problem(read.problem);
    account = read.problem.account ?? account;
  } else {
    ({
      account: { name: account },
      operation,
    } = read);
    told = stage === 'refusing' ? refusal(shuttingDown()) : await run(read, reply, options);
  }
  const seconds = (clock.monotonicMs() - startMs) / 1_000;
  metrics.request({ registry: account, operation, status: told.label, seconds });
  options.log.debug(
    { account, operation, status: told.status, outcome: told.outcome, seconds },
    'request answered',
  );
  if (account !== 'none') reply.header('x-epp-account', account);
  return tell(reply, options, told);
}

function shuttingDown(): RequestRefused {
  return new RequestRefused('draining', 'this adapter is shutting down; ask another of the set');
}

async function run(
  read: ReadRequest<PooledAccount>,
  reply: FastifyReply,
  options: HttpFaceOptions,
): Promise<Told> {
  const startMs = options.clock.monotonicMs();
  const gone = new AbortController();
  const onClose = () => gone.abort();
  reply.raw.once('close', onClose);
  let told: Told;
  try {
    told = answered(await options.runner.run(read, gone.signal));
  } catch (error) {
    told = failed(error);
    if (told.status === 500)
      options.log.error({ error: messageOf(error) }, 'a request failed in an unforeseen way');
  }
  reply.raw.off('close', onClose);
  if (read.work.transform) logTransform(read, told, options, options.clock.monotonicMs() - startMs);
  return told;
}

/** Who changed what, and by which transaction: to reconcile by. Never the body: it holds authInfo. */
function logTransform(
  { account, operation, work }: ReadRequest<PooledAccount>,
  told: Told,
  options: HttpFaceOptions,
  ms: number,
): void {
  const { clTRID, svTRID } = told.body as { clTRID?: string; svTRID?: string };
  const { name, id } = work.command.body;
  options.log.info(
    {
      account: account.name,
      operation,
      object: name ?? id,
      clTRID,
      svTRID,
      outcome: told.outcome,
      code: told.label,
      ms: Math.round(ms),
    },
    'transform command',
  );
}

/** The registry's answer as it is, and how to take it. */
function answered({ response, clTRID }: Answer): Told {
  const code = resultCode(response);
  const body: EppResponse & { outcome: Outcome } = { outcome: 'done', ...response, clTRID };
  return { status: statusOfCode(code), outcome: 'done', body, label: codeLabel(code) };
}

function failed(error: unknown): Told {
  if (error instanceof RequestRefused) return refusal(error);
  if (error instanceof EppError) return failure(error);
  return ours(500, 'internal', 'the adapter failed; see its log');
}

function refusal(error: RequestRefused): Told {
  return { ...ours(503, error.code, error.message), retryAfterSeconds: error.retryAfterSeconds };
}

function failure({ kind, outcome, code, clTRID, message }: EppError): Told {
  const status = statusOfFailure(kind, outcome);
  const error = { code: kind, message, ...(code === undefined ? {} : { resultCode: code }) };
  const body = { error, outcome, ...(clTRID === undefined ? {} : { clTRID }) };
  return { status, outcome, body, label: kind, ...(status === 503 ? { retryAfterSeconds: 1 } : {}) };
}

function problem({ status, code, message, field }: RequestProblem): Told {
  return ours(status, code, message, field);
}

/** An error of ours: nothing was sent. */
function ours(status: number, code: string, message: string, field?: string): Told {
  const error = { code, message, ...(field === undefined ? {} : { field }) };
  return { status, outcome: 'not-sent', body: { error, outcome: 'not-sent' }, label: code };
}

function tell(reply: FastifyReply, options: HttpFaceOptions, told: Told): FastifyReply {
  reply.header('x-epp-set', options.set).header('x-epp-outcome', told.outcome);
  if (told.retryAfterSeconds !== undefined) reply.header('retry-after', String(told.retryAfterSeconds));
  return reply.code(told.status).send(told.body);
}

/** For `createHttpServer`. */
export const BAD_PATH = {
  error: { code: 'bad-path', message: 'the path cannot be decoded, or is too long' },
  outcome: 'not-sent',
} as const;

/** What fastify refuses before a handler runs. Its own messages may quote the body, which may hold secrets. */
const HTTP_ERRORS: Readonly<Record<number, { code: string; message: string; field?: string }>> = {
  400: { code: 'bad-json', message: 'body: is not valid JSON', field: 'body' },
  413: { code: 'body-too-large', message: 'body: is larger than 256 KiB', field: 'body' },
  415: {
    code: 'unsupported-media-type',
    message: 'content-type: must be application/json',
    field: 'content-type',
  },
};

function sendHttpError(reply: FastifyReply, error: FastifyError, options: HttpFaceOptions): void {
  const status = error.statusCode ?? 500;
  const known = HTTP_ERRORS[status];
  if (!known) {
    options.log.error({ code: error.code, error: error.name }, 'a request failed in an unforeseen way');
    tell(reply, options, ours(500, 'internal', 'the adapter failed; see its log'));
    return;
  }
  options.metrics.request({ registry: 'none', operation: 'none', status: known.code, seconds: 0 });
  tell(reply, options, ours(status, known.code, known.message, known.field));
}
