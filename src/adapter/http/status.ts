/**
 * What the HTTP face answers with. A caller that only looks at the status knows whether to go on (2xx), to mend the request
 * (4xx) or to look at `outcome` before anything else (5xx). The body always tells the whole.
 *
 * | status | when |
 * | --- | --- |
 * | 200 | the registry did it, or will (1xxx) |
 * | 400 | the request is wrong (ours, before anything was sent; or 2001, 2003) |
 * | 401 | a caller without the token of the namespace (ours) |
 * | 402 | 2104 billing failure |
 * | 403 | 2201, 2202 authorization |
 * | 404 | unknown TLD, accreditation or command (ours); 2303 object does not exist |
 * | 405, 408, 413, 415, 431 | method, too slow, size of body, content type, size of headers (ours) |
 * | 409 | 2302 object exists, and every other state of the object that forbids the command; an idempotency key that is at work |
 * | 422 | 2004, 2005, 2306, 2308: a value that this registry does not take; ours: an extension that it does not offer, an idempotency key of another request |
 * | 501 | 2000, 2101, 2102, 2103, 2307: the registry does not have it |
 * | 502 | the registry failed (24xx, 25xx), does not accept our login, or closed the connection: see `outcome` |
 * | 503 | not sent: queue full, waited too long, draining, no account; `Retry-After` says when; also 2502 |
 * | 504 | no reply in time: outcome `unknown` |
 */
import { RESULT_MESSAGES } from '../../epp/result-codes.ts';
import type { EppErrorKind } from '../../epp/session.ts';

/** RFC 5730 section 3. */
const STATUS_OF_CODE: Readonly<Record<number, number>> = {
  2000: 501, // unknown command
  2001: 400, // command syntax error
  2002: 502, // command use error: our session was not in a state for it
  2003: 400, // required parameter missing
  2004: 422, // parameter value range error
  2005: 422, // parameter value syntax error
  2100: 502, // unimplemented protocol version
  2101: 501, // unimplemented command
  2102: 501, // unimplemented option
  2103: 501, // unimplemented extension
  2104: 402, // billing failure
  2105: 409, // object is not eligible for renewal
  2106: 409, // object is not eligible for transfer
  2200: 502, // authentication error: of our login, never of the caller
  2201: 403, // authorization error
  2202: 403, // invalid authorization information
  2300: 409, // object pending transfer
  2301: 409, // object not pending transfer
  2302: 409, // object exists
  2303: 404, // object does not exist
  2304: 409, // object status prohibits operation
  2305: 409, // object association prohibits operation
  2306: 422, // parameter value policy error
  2307: 501, // unimplemented object service
  2308: 422, // data management policy violation
  2400: 502, // command failed
  2500: 502, // command failed; server closing connection
  2501: 502, // authentication error; server closing connection
  2502: 503, // session limit exceeded; server closing connection
};

/** For codes that RFC 5730 does not have: by its second digit (section 3). */
const STATUS_OF_CATEGORY: Readonly<Record<number, number>> = { 20: 400, 21: 501, 22: 403, 23: 409 };

/** The registry did it, or will (RFC 5730 section 3). */
export function isSuccess(code: number): boolean {
  return code >= 1000 && code < 2000;
}

/** The HTTP status for a registry's result code. */
export function statusOfCode(code: number): number {
  if (isSuccess(code)) return 200;
  return STATUS_OF_CODE[code] ?? STATUS_OF_CATEGORY[Math.floor(code / 100)] ?? 502;
}

/** The HTTP status for a command that got no answer of the registry. */
export function statusOfFailure(kind: EppErrorKind, outcome: 'not-sent' | 'unknown'): number {
  if (outcome === 'not-sent') return 503;
  return kind === 'timeout' ? 504 : 502;
}

/** A label value for metrics: the code where RFC 5730 knows it, so that a registry cannot grow the number of series. */
export function codeLabel(code: number): string {
  if (Object.hasOwn(RESULT_MESSAGES, code)) return String(code);
  return isSuccess(code) ? '1xxx' : '2xxx';
}
