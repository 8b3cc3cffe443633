/**
 * One EPP session over TLS (RFC 5730, RFC 5734).
 *
 *                 secureConnect      greeting         login 1000
 *   connecting ──────────────▶ greeting ─────▶ login ───────────▶ idle ◀───────┐
 *       │                         │              │                │  │ write    │ last reply
 *       │                         │              │         close()│  ▼          │
 *       │                         │              │                │ busy ───────┘
 *       │                         │     refused  │                │  │ close()
 *       │                         │              ▼                ▼  ▼
 *       │                         │           closing ◀──────── draining   replies awaited, nothing new taken
 *       │                         │              │    logout written, or the registry ends the session (x5xx, 2002)
 *       ▼                         ▼              ▼
 *       └──────────── any failure, timeout or EOF; FIN or RST of the peer ──────▶ closed
 *
 * The connection is `confirmed` gone only if the registry itself said that no session is left (logout answered 1500, login
 * answered with a refusal) and its FIN or RST was seen; or if no TCP connection ever was. A TLS close_notify is taken for
 * the FIN: it comes from the same end, after everything else.
 */
import { connect, type TLSSocket } from 'node:tls';
import type { Timer } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { nameOf, writeCommand } from './catalogue.ts';
import { type EppCommand, type EppResponse, resultCode } from './command.ts';
import { codeOf, connectHint, provesNoConnection } from './connect-failure.ts';
import { connectionOptions } from './connection-options.ts';
import { encodeFrame, FrameReader } from './frame.ts';
import { type Exchange, InFlight } from './in-flight.ts';
import { credentialsProblem, loginBody, loginServices } from './login.ts';
import { redactXml } from './redact.ts';
import type { Greeting } from './responses/greeting.ts';
import { readServerFrame, type ServerFrame } from './responses/response.ts';
import { closesSession } from './result-codes.ts';
import {
  EppError,
  type EppErrorKind,
  type EppSession,
  type SessionEnd,
  SessionOpenError,
  type SessionState,
} from './session.ts';
import type { SessionOptions } from './session-options.ts';

export type { SessionOptions } from './session-options.ts';

const DEFAULT_CLOSE_MS = 5_000;
const PEER_CLOSES_FIRST_MS = 500;
/** setTimeout takes no more; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const NOT_LOGGED_IN = 2002;
const LOGGED_OUT = 1500;
const SESSION_LIMIT = 2502;

/**
 * Connects, takes the greeting and logs in. Rejects with a SessionOpenError once nothing of the attempt is left on this
 * side: its `close` says what may be left at the registry.
 */
export async function openSession(options: SessionOptions): Promise<EppSession> {
  const session = new TlsSession(options);
  await session.open();
  return session;
}

class TlsSession implements EppSession {
  readonly ended: Promise<SessionEnd>;
  greeting: Greeting | undefined;
  readonly #options: SessionOptions;
  readonly #log: Log;
  readonly #where: string;
  readonly #reader: FrameReader;
  readonly #inFlight = new InFlight();
  readonly #waiting: Exchange[] = [];
  readonly #opened = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<SessionEnd>();
  #socket: TLSSocket | undefined;
  #state: SessionState = 'connecting';
  #commands = 0;
  #openedAtMs = 0;
  #lastWriteMs = 0;
  /** Of the phase: connecting, greeting, closing. Replies have their own. */
  #phaseTimer: Timer | undefined;
  #keepaliveTimer: Timer | undefined;
  #finTimer: Timer | undefined;
  #error: EppError | undefined;
  /** The registry's word that no session of ours is left. */
  #releasedByPeer = false;
  /** FIN or RST of the peer. */
  #peerClosed = false;
  #neverConnected = false;
  #isOpen = false;

  constructor(options: SessionOptions) {
    const { account, endpoint } = options;
    this.#options = options;
    this.#where = `${account} at ${endpoint.host}:${endpoint.port}`;
    this.#log = options.log.child({ account, host: endpoint.host, address: endpoint.address });
    this.#reader = new FrameReader(options.profile.maxFrameBytes);
    this.ended = this.#end.promise;
  }

  get state(): SessionState {
    return this.#state;
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  get commands(): number {
    return this.#commands;
  }

  get openedAtMs(): number {
    return this.#openedAtMs;
  }

  open(): Promise<void> {
    const wrong = credentialsProblem(this.#options.credentials);
    if (wrong !== undefined) return this.#refuse(this.#failure('login', wrong));
    const { signal, permit } = this.#options;
    if (signal?.aborted) return this.#refuse(this.#aborted(signal));
    if (!permit.mayConnect()) {
      return this.#refuse(this.#failure('budget', 'the connection budget allows no connect now'));
    }
    this.#connect();
    const onAbort = () => this.#fail(this.#aborted(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    return this.#opened.promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  #aborted(signal: AbortSignal | undefined): EppError {
    const reason: unknown = signal?.reason;
    return reason instanceof EppError
      ? reason
      : this.#failure('shutdown', `not opened: ${messageOf(reason)}`);
  }

  async #refuse(error: EppError): Promise<void> {
    this.#state = 'closed';
    this.#end.resolve({ close: 'confirmed', error });
    throw new SessionOpenError('never-connected', error);
  }

  #connect(): void {
    const { timeouts } = this.#options;
    const socket = connect(connectionOptions(this.#options));
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once('secureConnect', () => this.#onSecure());
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.once('end', () => this.#onEnd());
    socket.on('error', (error) => this.#onError(error));
    socket.once('close', () => this.#onClose());
    this.#startPhase(timeouts.connectMs, () => {
      this.#fail(
        this.#failure(
          'connect',
          `no TLS connection within ${timeouts.connectMs} ms${connectHint('ETIMEDOUT')}`,
        ),
      );
    });
  }

  #onSecure(): void {
    const { greetingMs } = this.#options.timeouts;
    this.#setState('greeting');
    this.#startPhase(greetingMs, () => {
      this.#fail(this.#failure('greeting', `no greeting within ${greetingMs} ms; is this an EPP port?`));
    });
  }

  #onData(chunk: Buffer): void {
    let bodies: Buffer[];
    try {
      bodies = this.#reader.push(chunk);
    } catch (error) {
      this.#fail(
        this.#failure(this.#state === 'greeting' ? 'greeting' : 'protocol', messageOf(error), {
          cause: error,
        }),
      );
      return;
    }
    for (const body of bodies) {
      if (this.#state === 'closed' || this.#error) return;
      this.#onBody(body);
    }
  }

  #onBody(body: Buffer): void {
    let frame: ServerFrame;
    try {
      if (this.#options.logFrames) this.#log.debug({ xml: redactXml(body.toString()) }, 'EPP frame received');
      frame = readServerFrame(body);
    } catch (error) {
      const what = `a frame of ${body.length} bytes cannot be read: ${messageOf(error)}`;
      this.#fail(this.#failure(this.#state === 'greeting' ? 'greeting' : 'protocol', what, { cause: error }));
      return;
    }
    if (this.#state === 'greeting') this.#onGreeting(frame);
    else this.#onReply(frame);
  }

  #onGreeting(frame: ServerFrame): void {
    if (frame.kind === 'response') {
      this.#onGreetingRefusal(frame.response);
      return;
    }
    this.greeting = frame.greeting;
    const { credentials, profile, timeouts } = this.#options;
    const services = loginServices(frame.greeting, profile);
    if (services.objURIs.length === 0) {
      const offered = frame.greeting.objURIs.join(', ') || 'none';
      const what = `the greeting offers none of the objects of profile ${profile.name}; it offers ${offered}`;
      this.#fail(this.#failure('greeting', what));
      return;
    }
    this.#stopPhase();
    this.#setState('login');
    const login = { command: 'login', body: loginBody(credentials, services) };
    const { exchange, reply } = this.#exchange(login, timeouts.loginMs);
    reply.catch(() => {}); // #onReply decides; a failure is the session's, and `open` tells it
    this.#write(exchange);
  }

  /** Some registries answer a connection over the limit with a response instead of a greeting. */
  #onGreetingRefusal(response: EppResponse): void {
    const code = resultCode(response);
    const text = `instead of a greeting: ${code} ${response.results[0]?.message ?? ''}`;
    this.#fail(this.#failure(code === SESSION_LIMIT ? 'limit' : 'greeting', text, { code }));
  }

  #onLoggedIn(response: EppResponse): void {
    const code = resultCode(response);
    if (code < 2000 && !closesSession(code)) {
      this.#openedAtMs = this.#options.clock.monotonicMs();
      this.#isOpen = true;
      this.#setState('idle');
      this.#armKeepalive();
      this.#opened.resolve();
      return;
    }
    const kind = code === SESSION_LIMIT ? 'limit' : 'login';
    const said = `the login was refused: ${code} ${response.results[0]?.message ?? ''}`;
    this.#error = this.#failure(kind, said, { code });
    this.#releasedByPeer = true;
    this.#awaitPeerClose(closesSession(code));
  }

  send(command: EppCommand, options: { timeoutMs: number }): Promise<EppResponse> {
    if (this.#error || this.#state === 'closed') {
      return Promise.reject(this.#failure('closed', 'the session has ended'));
    }
    if (this.#state === 'draining' || this.#state === 'closing') {
      return Promise.reject(this.#failure('shutdown', 'the session is being closed'));
    }
    let begun: { exchange: Exchange; reply: Promise<EppResponse> };
    try {
      if (command.command === 'login' || command.command === 'logout') {
        throw new TypeError(`${command.command} is the session's own: use openSession and close`);
      }
      begun = this.#exchange(command, options.timeoutMs);
    } catch (error) {
      return Promise.reject(this.#failure('protocol', messageOf(error), { cause: error }));
    }
    this.#waiting.push(begun.exchange);
    this.#pump();
    return begun.reply;
  }

  #exchange(command: EppCommand, timeoutMs: number): { exchange: Exchange; reply: Promise<EppResponse> } {
    const clTRID = command.clTRID ?? this.#options.newTransactionId();
    const identified = command.command === 'hello' ? command : { ...command, clTRID };
    const { promise, resolve, reject } = Promise.withResolvers<EppResponse>();
    const xml = writeCommand(identified);
    return {
      exchange: { command: identified, xml, timeoutMs, timer: undefined, resolve, reject },
      reply: promise,
    };
  }

  /** Writes what waits, as far as the depth allows. */
  #pump(): void {
    while (!this.#error && this.#inFlight.length < (this.#options.depth ?? 1)) {
      const next = this.#waiting[0];
      if (!next) break;
      if (this.#state === 'idle') this.#setState('busy');
      // taken out after the write, so that a write that the budget forbids leaves it among those not sent
      if (!this.#write(next)) return;
      this.#waiting.shift();
    }
    if (this.#inFlight.length > 0) return;
    if (this.#state === 'busy') this.#setState('idle');
    else if (this.#state === 'draining') this.#logout();
  }

  #write(exchange: Exchange): boolean {
    const { permit, clock, logFrames } = this.#options;
    if (!permit.mayWrite()) {
      this.#fail(this.#failure('budget', 'the connection budget allows no write any more'));
      return false;
    }
    if (logFrames) this.#log.debug({ xml: redactXml(exchange.xml) }, 'EPP frame sent');
    this.#commands++;
    this.#lastWriteMs = clock.monotonicMs();
    this.#inFlight.add(exchange);
    exchange.timer = clock.after(exchange.timeoutMs, () => this.#onReplyTimeout(exchange));
    this.#socket?.write(encodeFrame(exchange.xml));
    return true;
  }

  #onReplyTimeout(exchange: Exchange): void {
    const name = nameOf(exchange.command);
    const what = `no reply to ${name} within ${exchange.timeoutMs} ms; its outcome is unknown`;
    this.#fail(this.#failure('timeout', what));
  }

  #onReply(frame: ServerFrame): void {
    const matched = this.#inFlight.match(frame);
    if ('problem' in matched) {
      this.#fail(this.#failure('protocol', matched.problem));
      return;
    }
    const { exchange, response } = matched;
    exchange.timer?.cancel();
    exchange.resolve(response);
    const { command } = exchange.command;
    const code = resultCode(response);
    if (command === 'login') {
      this.#onLoggedIn(response);
    } else if (command === 'logout') {
      this.#onLoggedOut(response);
    } else if (closesSession(code) || code === NOT_LOGGED_IN) {
      const said = `the registry ended the session: ${code} ${response.results[0]?.message ?? ''}`;
      this.#error = this.#failure(code === SESSION_LIMIT ? 'limit' : 'closed', said, { code });
      this.#awaitPeerClose(closesSession(code));
    } else {
      this.#pump();
    }
  }

  close(options: { timeoutMs: number }): Promise<SessionEnd> {
    if (this.#state === 'idle' || this.#state === 'busy') {
      this.#setState('draining');
      this.#keepaliveTimer?.cancel();
      this.#startPhase(options.timeoutMs, () => {
        const missing = this.#releasedByPeer ? "the registry's FIN did not come" : 'not logged out';
        this.#fail(this.#failure('timeout', `${missing} within ${options.timeoutMs} ms`));
      });
      this.#pump();
    }
    return this.ended;
  }

  #logout(): void {
    this.#setState('closing');
    // the phase's timer ends it sooner
    const { exchange, reply } = this.#exchange({ command: 'logout', body: {} }, LONGEST_TIMER_MS);
    reply.catch(() => {}); // `ended` tells
    this.#write(exchange);
  }

  #onLoggedOut(response: EppResponse): void {
    const code = resultCode(response);
    this.#releasedByPeer = code === LOGGED_OUT;
    if (code !== LOGGED_OUT) {
      const said = `the logout was answered ${code} ${response.results[0]?.message ?? ''}`;
      this.#error = this.#failure('closed', said, { code });
    }
    this.#awaitPeerClose(closesSession(code));
  }

  /**
   * Nothing more is said. A registry that ended the session closes first (RFC 5734 section 2): its FIN, unprovoked, is
   * its own even where a proxy stands in between, which would answer a FIN of ours by itself. Ours follows after a while.
   * @param peerClosesFirst false where the registry may leave the connection open
   */
  #awaitPeerClose(peerClosesFirst: boolean): void {
    const { clock, timeouts } = this.#options;
    this.#setState('closing');
    this.#keepaliveTimer?.cancel();
    this.#failExchanges();
    if (this.#phaseTimer === undefined || this.#error) {
      this.#startPhase(timeouts.closeMs ?? DEFAULT_CLOSE_MS, () => this.#socket?.destroy());
    }
    if (peerClosesFirst) this.#finTimer = clock.after(PEER_CLOSES_FIRST_MS, () => this.#socket?.end());
    else this.#socket?.end();
  }

  destroy(reason: EppError): void {
    this.#fail(reason);
  }

  #armKeepalive(): void {
    const { keepaliveAfterMs: after, clock } = this.#options;
    if (after <= 0) return;
    // one timer that looks again, instead of one set anew by every command; a busy session is looked at soon again
    const due = Math.max(this.#lastWriteMs + after - clock.monotonicMs(), after / 8);
    this.#keepaliveTimer = clock.after(Math.min(due, LONGEST_TIMER_MS), () => {
      if (this.#state === 'idle' && clock.monotonicMs() - this.#lastWriteMs >= after) this.#sendKeepalive();
      if (this.#state === 'idle' || this.#state === 'busy') this.#armKeepalive();
    });
  }

  #sendKeepalive(): void {
    const command: EppCommand =
      this.#options.profile.keepalive === 'poll'
        ? { command: 'poll', body: { op: 'req' } }
        : { command: 'hello', body: {} };
    // a failure is the session's, and `ended` tells it
    this.send(command, { timeoutMs: this.#options.timeouts.commandMs }).catch(() => {});
  }

  #onEnd(): void {
    this.#peerClosed = true;
    if (this.#state === 'closing' || this.#error) return;
    const where = this.#reader.atBoundary ? '' : ', in the middle of a frame';
    if (this.#state === 'greeting' || this.#state === 'login') {
      const step = this.#state === 'greeting' ? 'before its greeting' : 'instead of answering the login';
      this.#fail(
        this.#failure(
          'limit',
          `the registry closed the connection ${step}${where}; it may count too many sessions, or not list our address`,
        ),
      );
    } else {
      this.#fail(this.#failure('closed', `the registry closed the connection${where}`));
    }
  }

  #onError(error: Error): void {
    const code = codeOf(error);
    if (code === 'ECONNRESET' || code === 'EPIPE') this.#peerClosed = true;
    if (this.#error || (this.#state === 'closing' && this.#releasedByPeer)) return;
    const text = `${messageOf(error)}${connectHint(code)}`;
    const cut = code === 'ECONNRESET' || code === 'EPIPE';
    if (this.#state === 'connecting') {
      this.#neverConnected = provesNoConnection(code);
      this.#fail(this.#failure('connect', text, { cause: error }));
    } else if (this.#state === 'greeting' || this.#state === 'login') {
      this.#fail(this.#failure(cut ? 'limit' : 'connect', text, { cause: error }));
    } else {
      this.#fail(this.#failure('closed', text, { cause: error }));
    }
  }

  /** The one way to a premature end. Idempotent: the first error counts. */
  #fail(error: EppError): void {
    if (this.#state === 'closed') return;
    this.#error ??= error;
    this.#setState('closing');
    this.#keepaliveTimer?.cancel();
    this.#failExchanges();
    this.#socket?.destroy();
  }

  #failExchanges(): void {
    const error = this.#error ?? this.#failure('closed', 'the session has ended');
    const fields = {
      kind: error.kind,
      cause: error,
      ...(error.code === undefined ? {} : { code: error.code }),
    };
    for (const exchange of this.#inFlight.takeAll()) {
      exchange.timer?.cancel();
      const { clTRID } = exchange.command;
      const told = clTRID === undefined ? {} : { clTRID };
      exchange.reject(new EppError(error.message, { ...fields, ...told, outcome: 'unknown' }));
    }
    for (const exchange of this.#waiting.splice(0)) {
      exchange.reject(new EppError(error.message, { ...fields, outcome: 'not-sent' }));
    }
  }

  #onClose(): void {
    this.#error ??= this.#releasedByPeer ? undefined : this.#failure('closed', 'the connection ended');
    this.#failExchanges();
    this.#stopPhase();
    this.#keepaliveTimer?.cancel();
    this.#finTimer?.cancel();
    this.#setState('closed');
    const confirmed = this.#neverConnected || (this.#releasedByPeer && this.#peerClosed);
    const close = confirmed ? 'confirmed' : 'unconfirmed';
    this.#end.resolve({ close, error: this.#error });
    if (this.#isOpen) return;
    const error = this.#error ?? this.#failure('closed', 'the connection ended');
    this.#opened.reject(new SessionOpenError(close, error));
  }

  #setState(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    if (state !== 'idle' && state !== 'busy') this.#log.debug({ state }, 'EPP session changed its state');
  }

  #startPhase(ms: number, onTimeout: () => void): void {
    this.#phaseTimer?.cancel();
    this.#phaseTimer = this.#options.clock.after(ms, onTimeout);
  }

  #stopPhase(): void {
    this.#phaseTimer?.cancel();
    this.#phaseTimer = undefined;
  }

  #failure(kind: EppErrorKind, text: string, fields: { code?: number; cause?: unknown } = {}): EppError {
    return new EppError(`${this.#where}: ${text}`, { kind, outcome: 'not-sent', ...fields });
  }
}
