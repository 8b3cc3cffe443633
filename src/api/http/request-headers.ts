/** What callers say in headers, besides the command itself. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { durationMs } from '../../api/v1alpha1/duration.ts';
import { type TraceContext, traceOf } from '../../lib/trace-context.ts';
import type { FieldError } from './field-error.ts';

export const HEADER_NAMES = {
  accreditation: 'x-epp-accreditation',
  tenant: 'x-epp-tenant',
  timeout: 'x-epp-timeout',
  idempotencyKey: 'idempotency-key',
  requestId: 'x-request-id',
} as const;

export interface RequestHeaders {
  accreditation?: string;
  tenant?: string;
  /** For the whole request, in milliseconds. */
  timeoutMs?: number;
  idempotencyKey?: string;
}

/** RFC 9110 section 5.6.2. */
const TENANT = /^[!#$%&'*+\-.^_`|~\dA-Za-z]{1,64}$/;
const KEY = /^[\x21\x23-\x7e]{1,255}$/;
const REQUEST_ID = /^[\w.:;~@+/=-]{1,128}$/;
const LONGEST_TIMEOUT_MS = 3_600_000;

/** What they say, or what is wrong with them; a header that is absent costs nothing. */
export function readHeaders(headers: IncomingHttpHeaders): RequestHeaders | { errors: FieldError[] } {
  const read: RequestHeaders = {};
  const errors: FieldError[] = [];
  const wrong = (field: string, message: string) => errors.push({ field, message });

  const accreditation = textOf(headers['x-epp-accreditation']);
  if (accreditation !== undefined) read.accreditation = accreditation;

  const tenant = textOf(headers['x-epp-tenant']);
  if (tenant !== undefined) {
    if (TENANT.test(tenant)) read.tenant = tenant;
    else wrong(HEADER_NAMES.tenant, 'must be 1 to 64 letters, digits and characters of a token (RFC 9110)');
  }

  const timeout = textOf(headers['x-epp-timeout']);
  if (timeout !== undefined) {
    const ms = timeoutMsOf(timeout);
    if (ms !== undefined) read.timeoutMs = ms;
    else
      wrong(HEADER_NAMES.timeout, 'must be milliseconds such as 2500, or a duration such as 5s; 1 ms to 1h');
  }

  const key = textOf(headers['idempotency-key']);
  if (key !== undefined) {
    const bare = key.length > 2 && key.startsWith('"') && key.endsWith('"') ? key.slice(1, -1) : key;
    if (KEY.test(bare)) read.idempotencyKey = bare;
    else
      wrong(HEADER_NAMES.idempotencyKey, 'must be one key of 1 to 255 printable characters without a space');
  }
  return errors.length > 0 ? { errors } : read;
}

/** The caller's id where it is sane: it is echoed, and stands in logs. */
export function requestIdOf(headers: IncomingHttpHeaders): string | undefined {
  const given = textOf(headers['x-request-id']);
  return given !== undefined && REQUEST_ID.test(given) ? given : undefined;
}

export function traceOfHeaders(
  headers: IncomingHttpHeaders,
  newSpanId: () => string,
): TraceContext | undefined {
  if (headers.traceparent === undefined) return undefined;
  return traceOf(
    { traceparent: textOf(headers.traceparent), tracestate: textOf(headers.tracestate) },
    newSpanId,
  );
}

/** Node joins the values of a repeated header by commas: none of ours can hold one. */
function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}

function timeoutMsOf(written: string): number | undefined {
  if (written.length > 32) return undefined;
  const ms = /^\d{1,7}$/.test(written) ? Number(written) : durationMs(written);
  return ms !== undefined && ms >= 1 && ms <= LONGEST_TIMEOUT_MS ? ms : undefined;
}
