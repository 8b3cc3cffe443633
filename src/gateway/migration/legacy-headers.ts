/** Which headers go on to the legacy system, and which come back. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { INTERNAL_TOKEN_HEADER } from '../../api/http/internal-token.ts';

/** Of one connection, not of the request (RFC 9110 section 7.6.1); and what the next hop's client writes itself. */
const OF_THE_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
]);

/**
 * As they came: `authorization` too, which the legacy system may ask for. Never our own token, nor a key that is ours to check.
 * @param requestId for a request that has none
 * @param ownKeys whether x-api-key holds a key of this gateway
 */
export function toLegacyHeaders(
  headers: IncomingHttpHeaders,
  { requestId, ownKeys }: { requestId: string; ownKeys: boolean },
): Record<string, string | string[]> {
  const { [INTERNAL_TOKEN_HEADER]: _, 'x-api-key': key, ...kept } = endToEnd(headers);
  return { 'x-request-id': requestId, ...kept, ...(key !== undefined && !ownKeys && { 'x-api-key': key }) };
}

export function fromLegacyHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return { ...endToEnd(headers), 'x-epp-path': 'legacy' };
}

function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !OF_THE_HOP.has(name) && !named.has(name)) kept[name] = value;
  }
  return kept;
}
