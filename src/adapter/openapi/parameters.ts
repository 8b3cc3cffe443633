/** What all commands share: the path, headers in and out, and the ways in which they fail. */

import { CAPACITY_HEADER } from '../../api/http/load-report.ts';
import { PROBLEM_TYPE } from '../../api/http/problem.ts';
import { HEADER_NAMES } from '../../api/http/request-headers.ts';
import { type Json, schemaRef } from './json-schema.ts';

export const PARAMETERS: Readonly<Record<string, Json>> = {
  tld: {
    name: 'tld',
    in: 'path',
    required: true,
    description:
      'Picks the registry account: the longest TLD that matches; Unicode and punycode alike, in any case.',
    schema: { type: 'string', minLength: 1, maxLength: 253 },
    example: 'com',
  },
  accreditation: header(
    HEADER_NAMES.accreditation,
    'Which of several accounts of one TLD; the first without it.',
    { type: 'string', maxLength: 63 },
  ),
  tenant: header(HEADER_NAMES.tenant, 'Who asks: callers of different tenants get equal shares.', {
    type: 'string',
    pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]{1,64}$",
  }),
  timeout: header(
    HEADER_NAMES.timeout,
    'Time for the whole request: milliseconds, or a duration such as 5s; 1 ms to 1h. What was not sent by then never is.',
    { type: 'string', pattern: '^([0-9]{1,7}|([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$', maxLength: 32 },
  ),
  requestId: header(HEADER_NAMES.requestId, 'Stands in the log, and is echoed; made where it is missing.', {
    type: 'string',
    pattern: '^[0-9A-Za-z_.:;~@+/=-]{1,128}$',
  }),
  traceparent: header('traceparent', 'W3C Trace Context: the trace goes on with a span of the adapter.', {
    type: 'string',
  }),
  tracestate: header('tracestate', 'W3C Trace Context.', { type: 'string' }),
  idempotencyKey: header(
    HEADER_NAMES.idempotencyKey,
    'For commands that change something: the same key and body within 24 hours get the same answer, and the command is sent once.',
    { type: 'string', minLength: 1, maxLength: 255 },
  ),
};

function header(name: string, description: string, schema: Json): Json {
  return { name, in: 'header', required: false, description, schema };
}

export const RESPONSE_HEADERS: Readonly<Record<string, Json>> = {
  'x-epp-set': { description: 'The set that answered.', schema: { type: 'string' } },
  'x-epp-account': { description: 'The registry account, where one was found.', schema: { type: 'string' } },
  'x-epp-outcome': {
    description: 'As `outcome` of the body.',
    schema: { type: 'string', enum: ['done', 'not-sent', 'unknown'] },
  },
  'x-request-id': { description: "The caller's, or made.", schema: { type: 'string' } },
  [CAPACITY_HEADER]: {
    description: 'How many more commands the connections of the account could take at once, at this pod.',
    schema: { type: 'integer', minimum: 0 },
  },
  traceparent: { description: 'Where the request had one.', schema: { type: 'string' } },
  age: {
    description: 'Of an availability that was kept: seconds since it was asked.',
    schema: { type: 'integer' },
  },
  'idempotency-replayed': {
    description: '`true`: answered before, for the same key.',
    schema: { type: 'string' },
  },
  'retry-after': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
};

const COMMON = [
  'x-epp-set',
  'x-epp-account',
  'x-epp-outcome',
  'x-request-id',
  CAPACITY_HEADER,
  'traceparent',
];

export function responseHeaders(...more: string[]): Json {
  return Object.fromEntries(
    [...COMMON, ...more].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

const FAILURES: Readonly<Record<number, string>> = {
  400: 'The request is wrong: `errors` names the fields; or 2001, 2003.',
  401: 'The token of the namespace is missing, or is not taken.',
  402: '2104 billing failure.',
  403: '2201, 2202 authorization.',
  404: 'Unknown TLD, accreditation, object or command; or 2303 object does not exist.',
  408: 'Headers and body came too slowly.',
  409: '2302 object exists, and every other state of the object that forbids the command; or the idempotency key is at work.',
  413: 'The body has more than 256 KiB.',
  415: 'The body is not JSON, or is compressed.',
  422: '2004, 2005, 2306, 2308: a value that this registry does not take; or an extension that it does not offer; or the idempotency key belongs to another request.',
  431: 'The headers have more than 16 KiB.',
  500: 'The adapter failed.',
  501: '2000, 2101, 2102, 2103, 2307: the registry does not have it.',
  502: 'The registry failed, does not accept the login, or closed the connection: see `outcome`.',
  503: 'Not sent: too many requests, queue full, waited too long, draining, no account; also 2502.',
  504: 'No reply in time: outcome `unknown`.',
};

/** Where asking again may help. */
const MAY_COME_AGAIN: ReadonlySet<string> = new Set(['408', '409', '502', '503', '504']);
/** What the adapter finds wrong before any command is at hand. */
const NEVER_KEPT: ReadonlySet<string> = new Set(['401', '408', '413', '415', '431']);

/** An answer that was given before has whatever status it had. */
const kept = (status: string) => (NEVER_KEPT.has(status) ? [] : ['idempotency-replayed']);

/** Components: a response for each status that is not 200. */
export function problemResponses(): Json {
  return Object.fromEntries(
    Object.entries(FAILURES).map(([status, description]) => [
      `Problem${status}`,
      {
        description,
        headers: responseHeaders(...(MAY_COME_AGAIN.has(status) ? ['retry-after'] : []), ...kept(status)),
        content: { [PROBLEM_TYPE]: { schema: schemaRef('Problem') } },
      },
    ]),
  );
}

/** For an operation: references to all of them. */
export function failureResponses(): Json {
  return Object.fromEntries(
    Object.keys(FAILURES).map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
  );
}
