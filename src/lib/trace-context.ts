/** W3C Trace Context (https://www.w3.org/TR/trace-context/): the caller's trace goes on with a span of ours. Pure. */

export interface TraceContext {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** Our part: 16 hex digits. */
  readonly spanId: string;
  /** The caller's part. */
  readonly parentId: string;
  /** Two hex digits; bit 0 says that the caller samples. */
  readonly flags: string;
  /** As it came, where it is valid; vendors' own, passed on unchanged. */
  readonly state?: string;
}

const TRACEPARENT =
  /^([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-[\x21-\x7e]{0,512})?$/;
/** Section 3.3.1.3; tenants' keys with "@" included. */
const STATE_MEMBER =
  /^(?:[a-z][a-z\d_*/-]{0,255}|[a-z\d][a-z\d_*/-]{0,240}@[a-z][a-z\d_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_STATE_MEMBERS = 32;

/**
 * The trace that a request goes on with; undefined where the caller has none. A header that is not valid counts as absent
 * (section 3.2.2.3): a broken trace must not break a command.
 * @param newSpanId 16 hex digits
 */
export function traceOf(
  headers: { traceparent: string | undefined; tracestate: string | undefined },
  newSpanId: () => string,
): TraceContext | undefined {
  if (headers.traceparent === undefined) return undefined;
  const match = TRACEPARENT.exec(headers.traceparent);
  if (!match) return undefined;
  const [, version, traceId = '', parentId = '', flags = '', rest] = match;
  // version ff is forbidden, and 00 has nothing behind its flags
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  const state = validState(headers.tracestate);
  return { traceId, spanId: newSpanId(), parentId, flags, ...(state === undefined ? {} : { state }) };
}

/** As we write it on: version 00, whatever the caller's was. */
export function traceparentOf({ traceId, spanId, flags }: TraceContext): string {
  // of a version to come only the bits that we know are passed on
  const known = Number.parseInt(flags, 16) & 1;
  return `00-${traceId}-${spanId}-0${known}`;
}

function validState(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const members = written
    .split(',')
    .map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > MAX_STATE_MEMBERS) return undefined;
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  if (keys.size < members.length || !members.every((member) => STATE_MEMBER.test(member))) return undefined;
  return members.join(',');
}
