/** EPP sessions over TLS (RFC 5734). */
import { openSessionOn } from './open-session.ts';
import type { EppSession } from './session.ts';
import type { SessionOptions } from './session-options.ts';
import { connectTls } from './tls-transport.ts';

export type { SessionOptions } from './session-options.ts';

/**
 * Connects, takes the greeting and logs in. Rejects with a SessionOpenError once nothing of the attempt is left on this
 * side: its `close` says what may be left at the registry.
 */
export function openSession(options: SessionOptions): Promise<EppSession> {
  return openSessionOn(connectTls, options);
}
