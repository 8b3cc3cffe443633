import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Profile } from './profiles/profile.ts';
import type { SessionPermit } from './session.ts';

export interface SessionTimeouts {
  /** TCP connect and TLS handshake together. */
  connectMs: number;
  greetingMs: number;
  loginMs: number;
  /** Reply to a keepalive; `send` and `close` take their own. */
  commandMs: number;
  /** How long a refused login or an ended session waits for the peer's FIN before it is cut. Default 5000. */
  closeMs?: number;
}

export interface SessionOptions {
  /** The registry account, for messages and logs. */
  account: string;
  endpoint: {
    /** As configured: for messages, and the name in the certificate unless `serverName` is set. */
    host: string;
    /** What to connect to: one resolved IP address. */
    address: string;
    port: number;
    serverName?: string;
  };
  tls: {
    /** PEM; the system's CAs by default. */
    ca?: string | Buffer;
    /** PEM of the client certificate and its key. */
    cert?: string | Buffer;
    key?: string | Buffer;
    /** Default TLSv1.2. */
    minVersion?: 'TLSv1.2' | 'TLSv1.3';
  };
  credentials: {
    clientId: string;
    password: string;
    /** Set by the login itself (RFC 5730 section 2.9.1.1). */
    newPassword?: string;
  };
  profile: Profile;
  permit: SessionPermit;
  /** Aborted: an attempt that is under way is cut; a reason that is an EppError is told on. No effect on a session that is open. */
  signal?: AbortSignal;
  /** After so much silence of ours a keepalive is sent; 0: never. See `keepaliveAfterMs`. */
  keepaliveAfterMs: number;
  timeouts: SessionTimeouts;
  clock: Clock;
  log: Log;
  /** A fresh clTRID, 3 to 64 characters (RFC 5730 section 2.5). */
  newTransactionId: () => string;
  /** Commands in flight at once. Default 1: some registries cannot read two frames in one packet. */
  depth?: number;
  /** Log every frame at debug, secrets redacted. Costs time on each frame. Default false. */
  logFrames?: boolean;
}

/**
 * When to send a keepalive: between half and two thirds of the registry's idle timeout, so that one lost round trip does
 * not end the session, and the sessions of a pod do not speak all at once.
 * @param random in [0, 1)
 */
export function keepaliveAfterMs(idleTimeoutSeconds: number, random: number): number {
  return Math.round(idleTimeoutSeconds * 1000 * (1 / 2 + random / 6));
}
