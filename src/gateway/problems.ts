/**
 * What the gateway itself refuses or finds, as problem details (RFC 9457) of the same shape as an adapter's, and the page that each
 * `type` leads to. Pure.
 */
import type { FieldError } from '../api/http/field-error.ts';
import { PROBLEM_TYPE, problemText, RETRY_AFTER_SECONDS, type RetryClass } from '../api/http/problem.ts';
import type { GatewayAnswer, Outcome } from './request.ts';

interface ProblemKind {
  status: number;
  title: string;
  retry: RetryClass;
  /** `not-sent` where nothing is said. */
  outcome?: 'unknown';
  /** For people: when it comes, and what helps. */
  text: string;
}

const MEND = 'Nothing was sent to a registry. Mend the request; `errors` names what is wrong.';

export const GATEWAY_PROBLEMS = {
  'bad-path': { status: 400, title: 'Path cannot be read', retry: 'never', text: MEND },
  'bad-header': { status: 400, title: 'Header is wrong', retry: 'never', text: MEND },
  'bad-json': { status: 400, title: 'Body is not JSON', retry: 'never', text: MEND },
  'bad-request': { status: 400, title: 'Not an HTTP request', retry: 'never', text: MEND },
  'invalid-request': { status: 400, title: 'Request is wrong', retry: 'never', text: MEND },
  unauthenticated: {
    status: 401,
    title: 'Caller is not known',
    retry: 'never',
    text: 'Show a token that the gateway accepts: authorization: Bearer, or x-api-key. Nothing was sent to a registry.',
  },
  forbidden: {
    status: 403,
    title: 'Caller may not do this',
    retry: 'never',
    text: "The caller's scopes do not have this business for this TLD. Nothing was sent to a registry.",
  },
  'not-found': {
    status: 404,
    title: 'Nothing is here',
    retry: 'never',
    text: 'Commands are POST /{tld}/{command} and POST /{tld}/{object}/{command}, with or without a set before them.',
  },
  'unknown-tld': {
    status: 404,
    title: 'TLD is not served here',
    retry: 'never',
    text: 'No route of the gateway has the TLD of the path.',
  },
  'unknown-accreditation': {
    status: 404,
    title: 'Accreditation is not served here',
    retry: 'never',
    text: 'No registry account of the accreditation in x-epp-accreditation serves the TLD of the path.',
  },
  'accreditation-needed': {
    status: 400,
    title: 'Accreditation is needed',
    retry: 'never',
    text: 'No account of this TLD takes requests that name none: all have weight 0. Name one in x-epp-accreditation.',
  },
  'no-business': {
    status: 404,
    title: 'Command is not served here',
    retry: 'never',
    text: 'No business of the gateway has this command, and none is the default business.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method is not allowed',
    retry: 'never',
    text: 'Commands are POST, whatever they do.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request came too slowly',
    retry: 'after',
    text: 'Headers and body must arrive within 10 seconds. Nothing was sent to a registry.',
  },
  'body-too-large': {
    status: 413,
    title: 'Body is too large',
    retry: 'never',
    text: 'A body has at most 256 KiB. Nothing was sent to a registry.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Media type is not supported',
    retry: 'never',
    text: 'Bodies are not compressed. Nothing was sent to a registry.',
  },
  limited: {
    status: 429,
    title: 'Over the limit',
    retry: 'after',
    text: 'The caller, or the business, has used up its rate or its requests at once. Nothing was sent to a registry.',
  },
  'headers-too-large': {
    status: 431,
    title: 'Headers are too large',
    retry: 'never',
    text: 'All headers together have at most 16 KiB. Nothing was sent to a registry.',
  },
  internal: {
    status: 500,
    title: 'Gateway failed',
    retry: 'reconcile',
    outcome: 'unknown',
    text: 'A fault of the gateway: its log tells more, under the x-request-id of the answer. Whether the command was sent is not known.',
  },
  'too-many-requests': {
    status: 503,
    title: 'Too many requests at once',
    retry: 'after',
    text: 'The gateway serves as many requests as its maxConcurrentRequests says. Nothing was sent to a registry.',
  },
  'business-off': {
    status: 503,
    title: 'Business is switched off',
    retry: 'after',
    text: 'Somebody has switched this business off at the gateway. Nothing was sent to a registry.',
  },
  shed: {
    status: 503,
    title: 'Gives way to another business',
    retry: 'after',
    text: 'The business that matters most is short of connections: others wait meanwhile. Nothing was sent to a registry.',
  },
  'registration-unavailable': {
    status: 503,
    title: 'Registrations cannot be changed now',
    retry: 'after',
    text: 'Instances are registered with the Kubernetes API, which does not answer. Those that are registered stay; heartbeats that are missed meanwhile do not count against them.',
  },
  'no-route': {
    status: 503,
    title: 'No set serves this now',
    retry: 'after',
    text: 'No adapter of the sets that may serve this request is usable; `detail` says which sets were looked at, and why not. Nothing was sent to a registry.',
  },
  draining: {
    status: 503,
    title: 'Gateway is shutting down',
    retry: 'elsewhere',
    text: 'Another pod of the gateway takes the request. Nothing was sent to a registry.',
  },
  'deadline-passed': {
    status: 503,
    title: 'Deadline passed',
    retry: 'after',
    text: "The request's own time passed before it was sent to an adapter. Nothing was sent to a registry.",
  },
  'adapter-unreachable': {
    status: 503,
    title: 'Adapter cannot be reached',
    retry: 'after',
    text: 'No connection to the adapters that were tried could be made. Nothing was sent to a registry.',
  },
  'adapter-lost': {
    status: 502,
    title: 'Adapter gave no answer',
    retry: 'reconcile',
    outcome: 'unknown',
    text: 'The connection to the adapter ended before its answer was there. It may have carried the command out.',
  },
  'adapter-timeout': {
    status: 504,
    title: 'Adapter is too slow',
    retry: 'reconcile',
    outcome: 'unknown',
    text: "The request's time passed before the adapter answered. It may have carried the command out.",
  },
  'legacy-unreachable': {
    status: 503,
    title: 'Legacy system is away',
    retry: 'after',
    text: 'No connection to the legacy system could be made in time. Nothing was sent to it.',
  },
  'legacy-lost': {
    status: 502,
    title: 'Legacy system gave no answer',
    retry: 'reconcile',
    outcome: 'unknown',
    text: 'The connection to the legacy system ended before its answer was there, or its answer is too large. It may have carried the request out.',
  },
  'legacy-timeout': {
    status: 504,
    title: 'Legacy system is too slow',
    retry: 'reconcile',
    outcome: 'unknown',
    text: "The request's time passed before the legacy system answered. It may have carried the request out.",
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type GatewayProblemCode = keyof typeof GATEWAY_PROBLEMS;

/** An answer of the gateway itself. */
export interface Refused extends GatewayAnswer {
  readonly code: GatewayProblemCode;
  readonly outcome: Exclude<Outcome, 'done'>;
}

/**
 * @param more.query the command only asks: nothing needs to be cleared up, whatever became of it
 */
export function refused(
  code: GatewayProblemCode,
  detail: string,
  more: { errors?: readonly FieldError[]; retryAfterSeconds?: number; query?: boolean } = {},
): Refused {
  const kind: ProblemKind = GATEWAY_PROBLEMS[code];
  const outcome = kind.outcome ?? 'not-sent';
  const retry = more.query && kind.retry === 'reconcile' ? 'after' : kind.retry;
  const seconds = more.retryAfterSeconds ?? (retry === 'after' ? RETRY_AFTER_SECONDS : undefined);
  const { status, title } = kind;
  const { errors } = more;
  return {
    code,
    outcome,
    status,
    headers: {
      'content-type': PROBLEM_TYPE,
      'x-epp-outcome': outcome,
      ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
    },
    body: Buffer.from(
      JSON.stringify({
        type: `/problems/${code}`,
        title,
        status,
        detail,
        outcome,
        retry,
        ...(errors && { errors }),
      }),
    ),
  };
}

/** Of one field. */
export function refusedField(code: GatewayProblemCode, field: string, message: string): Refused {
  return refused(code, `${field}: ${message}`, { errors: [{ field, message }] });
}

export function refusedFields(code: GatewayProblemCode, errors: readonly FieldError[]): Refused {
  return refused(code, errors.map(({ field, message }) => `${field}: ${message}`).join('; '), { errors });
}

/** What `GET /problems/{code}` says; undefined where the gateway has no such problem. */
export function problemPage(code: string): string | undefined {
  if (!Object.hasOwn(GATEWAY_PROBLEMS, code)) return undefined;
  const { status, title, retry, text, outcome }: ProblemKind = GATEWAY_PROBLEMS[code as GatewayProblemCode];
  return problemText(code, title, text, [
    `HTTP status ${status}`,
    `outcome ${outcome ?? 'not-sent'}`,
    `retry ${retry}`,
  ]);
}
