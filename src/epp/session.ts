/**
 * What the rest of the program knows of one EPP session (RFC 5734: one TLS connection, one login). The state machine behind
 * it stands in `session-machine.ts`.
 */
import type { EppCommand, EppResponse } from './command.ts';
import type { Greeting } from './responses/greeting.ts';

/** What is known of a command when something broke. `done` is an answer of the registry, whatever its code. */
export type Outcome = 'done' | 'not-sent' | 'unknown';

export type EppErrorKind =
  | 'connect' // no TCP or TLS connection
  | 'greeting' // no or bad greeting
  | 'login' // the registry refused the login; `code` is its result code
  | 'limit' // 2502, or a close that looks like a session limit
  | 'timeout' // no reply in time
  | 'closed' // the connection ended under the command
  | 'protocol' // a frame that cannot be read, or an answer to nobody
  | 'expired' // the command's deadline passed before a byte was written
  | 'withdrawn' // its caller took the command back before a byte was written
  | 'budget' // the connection budget forbids to connect or to write
  | 'shutdown'; // we are draining

/** Why a command or a session failed. The message says what, where and what to do; it never holds a secret. */
export class EppError extends Error {
  override readonly name = 'EppError';
  readonly kind: EppErrorKind;
  readonly outcome: Exclude<Outcome, 'done'>;
  /** The registry's result code where it gave one (RFC 5730 section 3). */
  readonly code: number | undefined;
  /** The client transaction id of the command, to reconcile an `unknown` by. */
  readonly clTRID: string | undefined;
  /** Private, so that nothing that prints, copies or serialises an error ever comes across it. */
  readonly #frame: string | undefined;

  constructor(
    message: string,
    fields: {
      kind: EppErrorKind;
      outcome: Exclude<Outcome, 'done'>;
      code?: number;
      clTRID?: string;
      frame?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(message, { cause: fields.cause });
    this.kind = fields.kind;
    this.outcome = fields.outcome;
    this.code = fields.code;
    this.clTRID = fields.clTRID;
    this.#frame = fields.frame;
  }

  /**
   * The whole answer to this command where it came and could not be read (kind `protocol`), as the registry wrote it. It may
   * hold secrets: to be kept for people who may see them, never to be logged.
   */
  get frame(): string | undefined {
    return this.#frame;
  }
}

/** What went wrong, before it is told with where. */
export interface SessionFailure {
  kind: EppErrorKind;
  text: string;
  /** The registry's result code. */
  code?: number;
  cause?: unknown;
}

/**
 * The connection budget's word, asked synchronously before every connect and every write. A session whose permit says no
 * destroys itself and fails its commands with kind `budget`.
 */
export interface SessionPermit {
  mayConnect(): boolean;
  mayWrite(): boolean;
  /** Asked once before each keepalive, which counts as a command like any other; false: not now, ask again soon. Absent: always. */
  maySpeak?(): boolean;
}

/** `confirmed`: `<logout>` was answered 1500 and the peer's FIN or RST was seen. Anything else may still count at the registry. */
export type CloseKind = 'confirmed' | 'unconfirmed';

export interface SessionEnd {
  close: CloseKind;
  /** Undefined when we ended it ourselves and nothing was wrong. */
  error: EppError | undefined;
}

export type SessionState =
  | 'connecting'
  | 'greeting'
  | 'login'
  | 'idle'
  | 'busy'
  | 'draining'
  | 'closing'
  | 'closed';

export interface SendOptions {
  /** Time for the reply after the write, in milliseconds; then the session is destroyed and the outcome is `unknown`. */
  timeoutMs: number;
  /**
   * Monotonic milliseconds of the session's clock: a command that is not written by then never is, and is refused as
   * `expired`, not sent.
   */
  deadlineMs?: number;
  /** Aborted before the command is written: it never is, and is refused as `withdrawn`, not sent. No effect afterwards. */
  signal?: AbortSignal;
  /** Instead of the command's own, or of a fresh one. */
  clTRID?: string;
}

/** When the certificates expire that both ends showed in the handshake. */
export interface SessionCertificates {
  readonly client?: { readonly notAfter: Date };
  readonly server?: { readonly notAfter: Date };
}

export interface EppSession {
  readonly state: SessionState;
  /** Most commands in flight at once. */
  readonly depth: number;
  /** Commands written and not yet answered. */
  readonly inFlight: number;
  /** Commands that `send` has taken and that are not written yet. */
  readonly waiting: number;
  /** So many queries would be written at once if they were sent now; 0 while it is not logged in, or being closed. */
  readonly room: number;
  /** A transform would be written at once if it were sent now: it goes out only while nothing else is in flight. */
  readonly takesTransform: boolean;
  /** Commands (keepalives and the login included) written so far. */
  readonly commands: number;
  /** Monotonic milliseconds when the login was answered. */
  readonly openedAtMs: number;
  /** What the registry said of itself; for people. */
  readonly greeting?: Greeting | undefined;
  /** Known after the handshake. */
  readonly certificates?: SessionCertificates | undefined;
  /** The login has set the new password: the old one is of no use any more. */
  readonly passwordChanged: boolean;
  /** Resolves, never rejects, when the connection is gone. */
  readonly ended: Promise<SessionEnd>;
  /**
   * Writes one command and resolves with its reply, whatever the result code. Rejects with an EppError. A command that
   * `checkCommand` has passed is not checked again. Commands go out in the order of `send`, as far as `depth` allows; a
   * transform waits until everything before it is answered.
   */
  send(command: EppCommand, options: SendOptions): Promise<EppResponse>;
  /** No new commands; finishes those in flight, logs out, waits for the peer's FIN. Resolves with how it ended; never rejects. */
  close(options: { timeoutMs: number }): Promise<SessionEnd>;
  /** Cuts the connection at once. Commands in flight fail with outcome `unknown`. */
  destroy(reason: EppError): void;
}

/**
 * Why a session could not be opened, and what the attempt leaves at the registry: the caller's slot follows `close`.
 *
 * `outcome` is about the new password that the login was to set: `not-sent`: it is not set (or none was asked for);
 * `unknown`: the login was written and not answered, and either password may be the account's now.
 */
export class SessionOpenError extends EppError {
  /**
   * `never-connected`: not one packet was sent. `confirmed`: no session can exist there. `unconfirmed`: the registry may
   * count one until its idle timeout.
   */
  readonly close: CloseKind | 'never-connected';

  constructor(
    close: CloseKind | 'never-connected',
    cause: EppError,
    outcome: Exclude<Outcome, 'done'> = 'not-sent',
  ) {
    super(cause.message, {
      kind: cause.kind,
      outcome,
      ...(cause.code === undefined ? {} : { code: cause.code }),
      cause: cause.cause,
    });
    this.close = close;
  }
}
