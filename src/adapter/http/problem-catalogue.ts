/**
 * Everything that is not a success, as problem details (RFC 9457): what there is, what it means, and whether it helps to ask
 * again. `type` is `/problems/<code>` for what the adapter itself finds, `/problems/epp-<code>` for a registry's result code.
 */
import type { RetryClass } from '../../api/http/problem.ts';
import type { EppErrorKind } from '../../epp/session.ts';
import type { RefusalCode } from '../work.ts';

/** What is wrong with a request before any registry is asked. */
export type RequestFault =
  | 'unauthorized'
  | 'bad-path'
  | 'bad-json'
  | 'bad-header'
  | 'invalid-request'
  | 'unknown-tld'
  | 'unknown-accreditation'
  | 'unknown-object'
  | 'unknown-command'
  | 'not-found'
  | 'method-not-allowed'
  | 'unsupported-media-type'
  | 'body-too-large'
  | 'headers-too-large'
  | 'request-timeout'
  | 'bad-request'
  | 'too-many-requests'
  | 'internal';

export type ProblemCode = RequestFault | RefusalCode;

interface ProblemKind {
  status: number;
  title: string;
  retry: RetryClass;
  /** `not-sent` where nothing is said. */
  outcome?: 'unknown';
  /** For people: when it comes, and what helps. */
  text: string;
}

const MEND = 'Nothing was sent to the registry. Mend the request; `errors` names each field that is wrong.';

/** What the adapter itself finds. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  unauthorized: {
    status: 401,
    title: 'Caller is not known',
    retry: 'never',
    text: 'This adapter answers gateways and the operator alone: ask the gateway of the namespace, or allow other callers in the EppSet. Nothing was sent to the registry.',
  },
  'bad-path': { status: 400, title: 'Path cannot be read', retry: 'never', text: MEND },
  'bad-json': { status: 400, title: 'Body is not JSON', retry: 'never', text: MEND },
  'bad-header': { status: 400, title: 'Header is wrong', retry: 'never', text: MEND },
  'bad-request': { status: 400, title: 'Not an HTTP request', retry: 'never', text: MEND },
  'invalid-request': { status: 400, title: 'Request is wrong', retry: 'never', text: MEND },
  'unknown-tld': {
    status: 404,
    title: 'TLD is not served here',
    retry: 'never',
    text: 'No registry account of this set serves the TLD of the path.',
  },
  'unknown-accreditation': {
    status: 404,
    title: 'Accreditation is not served here',
    retry: 'never',
    text: 'No registry account of the accreditation in x-epp-accreditation serves the TLD of the path.',
  },
  'unknown-object': { status: 404, title: 'No such object', retry: 'never', text: MEND },
  'unknown-command': { status: 404, title: 'No such command', retry: 'never', text: MEND },
  'not-found': {
    status: 404,
    title: 'Nothing is here',
    retry: 'never',
    text: 'Commands are POST /{tld}/{command} and POST /{tld}/{object}/{command}; see GET /openapi.json.',
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
    text: 'Headers and body must arrive within 10 seconds. Nothing was sent to the registry.',
  },
  'body-too-large': {
    status: 413,
    title: 'Body is too large',
    retry: 'never',
    text: 'A body has at most 256 KiB. Nothing was sent to the registry.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Media type is not supported',
    retry: 'never',
    text: 'Bodies are application/json; of /{tld}/raw also application/xml.',
  },
  'headers-too-large': {
    status: 431,
    title: 'Headers are too large',
    retry: 'never',
    text: 'All headers together have at most 16 KiB. Nothing was sent to the registry.',
  },
  internal: {
    status: 500,
    title: 'Adapter failed',
    retry: 'reconcile',
    outcome: 'unknown',
    text: 'A fault of the adapter: its log tells more, under the x-request-id of the answer. Whether the command was sent is not known.',
  },
  'too-many-requests': {
    status: 503,
    title: 'Too many requests at once',
    retry: 'after',
    text: 'The adapter serves as many requests as its maxConcurrentRequests says. Nothing was sent to the registry.',
  },
  'queue-full': {
    status: 503,
    title: 'Queue is full',
    retry: 'after',
    text: 'As many requests wait for a connection as may wait. Nothing was sent to the registry.',
  },
  'queue-expired': {
    status: 503,
    title: 'Waited too long',
    retry: 'after',
    text: 'No connection to the registry became free in time. Nothing was sent to the registry, nor will be.',
  },
  draining: {
    status: 503,
    title: 'Adapter is shutting down',
    retry: 'elsewhere',
    text: 'Another pod of the set takes the request. Nothing was sent to the registry.',
  },
  'account-unavailable': {
    status: 503,
    title: 'Registry refuses our login',
    retry: 'account',
    text: 'Somebody must mend the credentials of the registry account. Nothing was sent to the registry.',
  },
  'no-connection': {
    status: 503,
    title: 'No connection here now',
    retry: 'elsewhere',
    text: 'The connection budget gives this adapter no connection of the account at present; another pod of the set may have one. Nothing was sent to the registry.',
  },
  'caller-gone': {
    status: 503,
    title: 'Caller has gone',
    retry: 'after',
    text: 'The caller closed the connection before the command was sent. Nothing was sent to the registry.',
  },
  'not-offered': {
    status: 422,
    title: 'Registry does not offer this',
    retry: 'never',
    text: 'By its greeting the registry has not got the extension, or only a version of it that cannot say all that was asked; `errors` names each field. Nothing was sent. An extension that the registry takes without greeting with it can be written as XML, in extensions.raw.',
  },
  'idempotency-key-running': {
    status: 409,
    title: 'First request with this key is running',
    retry: 'after',
    text: 'The first request with this idempotency key has no answer yet. Nothing was sent for this one.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Key belongs to another request',
    retry: 'never',
    text: 'This idempotency key came with another request within the last 24 hours. A new request needs a new key.',
  },
  'idempotency-store-unavailable': {
    status: 503,
    title: 'Store of idempotency keys is away',
    retry: 'after',
    text: 'Whether this idempotency key was used before cannot be known now. Nothing was sent to the registry.',
  },
};

/** A command that got no answer of the registry, by the kind of failure. */
export const FAILURES: Readonly<Record<EppErrorKind, { title: string; text: string }>> = {
  connect: { title: 'No connection to the registry', text: 'No TCP or TLS connection could be made.' },
  greeting: { title: 'No greeting of the registry', text: 'The registry did not greet as EPP servers do.' },
  login: { title: 'Login was refused', text: 'The registry did not accept the login.' },
  limit: { title: 'Session limit', text: 'The registry takes no more sessions now.' },
  timeout: { title: 'No reply in time', text: 'The registry did not answer within the time for a command.' },
  closed: { title: 'Connection ended', text: 'The connection ended before the reply came.' },
  protocol: { title: 'Reply cannot be read', text: 'The registry sent what is not EPP, or answers nothing.' },
  expired: {
    title: 'Deadline passed',
    text: "The request's own time (x-epp-timeout) passed before it was sent.",
  },
  withdrawn: {
    title: 'Command was taken back',
    text: 'Its caller took the command back before it was sent. Nothing was sent to the registry.',
  },
  budget: {
    title: 'Connection budget',
    text: 'The budget of connections took the session away, so that the registry never counts too many.',
  },
  shutdown: { title: 'Adapter is shutting down', text: 'The session was closed because the adapter ends.' },
};

/** RFC 5730 section 3: what a caller can do about a result code. */
const RETRY_OF_CODE: Readonly<Record<number, RetryClass>> = {
  2002: 'after', // our session was not in a state for it: another session will be
  2100: 'account',
  2104: 'account',
  2200: 'account',
  2400: 'after',
  2500: 'after',
  2501: 'account',
  2502: 'after',
};

export function retryOfCode(code: number): RetryClass {
  return RETRY_OF_CODE[code] ?? (code >= 2400 ? 'after' : 'never');
}
