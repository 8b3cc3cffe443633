/**
 * What carries the frames of a session: one connection, ordered and reliable. TLS over TCP is the only one today (RFC 5734);
 * others fit behind the same words (EPP over HTTPS, over QUIC).
 */
import type { SessionCertificates } from './session.ts';
import type { SessionOptions } from './session-options.ts';

export interface Transport {
  /** FIN or RST of the peer was seen. A TLS close_notify is taken for its FIN: it comes from the same end, after everything else. */
  readonly peerClosed: boolean;
  readonly certificates: SessionCertificates | undefined;
  /** Frames in one piece, at once. */
  write(documents: readonly string[]): void;
  /** Our FIN, after what was written. */
  end(): void;
  /** Cuts it. `closed` follows. */
  destroy(): void;
}

/** What a transport tells. None is called before the call that connects has returned. */
export interface TransportEvents {
  /** Connected; the peer has proved its name. */
  secure(): void;
  /** The body of a frame. Its bytes are good until this returns. */
  frame(body: Buffer): void;
  /** Bytes that are no frame: nothing after them can be read. */
  badFrame(error: Error): void;
  /** The peer's FIN. */
  end(midFrame: boolean): void;
  /** `closed` follows. */
  error(error: Error): void;
  /** It is gone. The last word. */
  closed(): void;
}

export type ConnectTransport = (options: SessionOptions, events: TransportEvents) => Transport;
