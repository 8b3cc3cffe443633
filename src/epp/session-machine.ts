/**
 * One EPP session (RFC 5730), on whatever carries its frames.
 *
 *                   secure           greeting         login 1000
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
 * answered with a refusal) and its FIN or RST was seen; or if no TCP connection ever was.
 */
import type { Timer } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type EppCommand, type EppResponse, resultCode } from './command.ts';
import { CommandFlow } from './command-flow.ts';
import { codeOf, connectHint, provesNoConnection } from './connect-failure.ts';
import { brokenBy, endedBy } from './connection-loss.ts';
import { loginRefusal, readFirstFrame, told } from './handshake.ts';
import { Keepalive } from './keepalive.ts';
import { credentialsProblem } from './login.ts';
import { redactXml } from './redact.ts';
import type { Greeting } from './responses/greeting.ts';
import { readServerFrame, type ServerFrame } from './responses/response.ts';
import { closesSession, LOGGED_OUT, NOT_LOGGED_IN, SESSION_LIMIT } from './result-codes.ts';
import {
  EppError,
  type EppSession,
  type SendOptions,
  type SessionCertificates,
  type SessionEnd,
  type SessionFailure,
  SessionOpenError,
  type SessionState,
} from './session.ts';
import type { SessionOptions } from './session-options.ts';
import type { ConnectTransport, Transport, TransportEvents } from './transport.ts';

const DEFAULT_CLOSE_MS = 5_000;
const PEER_CLOSES_FIRST_MS = 500;

export class SessionMachine implements EppSession {
  readonly depth: number;
  readonly ended: Promise<SessionEnd>;
  greeting: Greeting | undefined;
  readonly #options: SessionOptions;
  readonly #connect: ConnectTransport;
  readonly #log: Log;
  readonly #flow: CommandFlow;
  readonly #keepalive: Keepalive;
  readonly #opened = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<SessionEnd>();
  #transport: Transport | undefined;
  /** `idle` also while commands are in flight. */
  #state: Exclude<SessionState, 'busy'> = 'connecting';
  #openedAtMs = 0;
  /** Of the phase: connecting, greeting, closing. Replies have their own. */
  #phaseTimer: Timer | undefined;
  #finTimer: Timer | undefined;
  #error: EppError | undefined;
  /** The registry's word that no session of ours is left. */
  #releasedByPeer = false;
  #neverConnected = false;
  #isOpen = false;
  /** A login with a new password was written, and no refusal came. */
  #newPasswordSent = false;

  constructor(options: SessionOptions, connect: ConnectTransport) {
    const { account, endpoint, clock, permit, newTransactionId, logFrames = false } = options;
    this.#options = options;
    this.#connect = connect;
    this.depth = options.depth ?? 1;
    this.#log = options.log.child({ account, host: endpoint.host, address: endpoint.address });
    this.ended = this.#end.promise;
    this.#flow = new CommandFlow({
      depth: this.depth,
      permit,
      clock,
      log: this.#log,
      logFrames,
      newTransactionId,
      write: (documents) => this.#transport?.write(documents),
      onFailure: (failure) => this.#fail(this.#describe(failure)),
      describe: (failure) => this.#describe(failure),
    });
    this.#keepalive = new Keepalive({
      clock,
      afterMs: options.keepaliveAfterMs,
      lastWriteMs: () => this.#flow.lastWriteMs,
      onSilence: () => this.#sendKeepalive(),
    });
  }

  get state(): SessionState {
    return this.#state === 'idle' && this.#flow.inFlight > 0 ? 'busy' : this.#state;
  }

  get inFlight(): number {
    return this.#flow.inFlight;
  }

  get waiting(): number {
    return this.#flow.waiting;
  }

  get room(): number {
    return this.#state === 'idle' ? this.#flow.room : 0;
  }

  get takesTransform(): boolean {
    return this.#flow.inFlight === 0 && this.room > 0;
  }

  get commands(): number {
    return this.#flow.commands;
  }

  get openedAtMs(): number {
    return this.#openedAtMs;
  }

  get certificates(): SessionCertificates | undefined {
    return this.#transport?.certificates;
  }

  get passwordChanged(): boolean {
    return this.#isOpen && this.#newPasswordSent;
  }

  // --- opening

  open(): Promise<void> {
    const { signal, permit, credentials, timeouts } = this.#options;
    const wrong = credentialsProblem(credentials);
    if (wrong !== undefined) return this.#refuse(this.#describe({ kind: 'login', text: wrong }));
    if (signal?.aborted) return this.#refuse(this.#aborted(signal));
    if (!permit.mayConnect()) {
      const text = 'the connection budget allows no connect now';
      return this.#refuse(this.#describe({ kind: 'budget', text }));
    }
    this.#transport = this.#connect(this.#options, this.#events());
    const { connectMs } = timeouts;
    const timedOut = `no TLS connection within ${connectMs} ms${connectHint('ETIMEDOUT')}`;
    this.#startPhase(connectMs, { kind: 'connect', text: timedOut });
    const onAbort = () => this.#fail(this.#aborted(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    return this.#opened.promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  #aborted(signal: AbortSignal | undefined): EppError {
    const reason: unknown = signal?.reason;
    if (reason instanceof EppError) return reason;
    return this.#describe({ kind: 'shutdown', text: `not opened: ${messageOf(reason)}` });
  }

  async #refuse(error: EppError): Promise<void> {
    this.#state = 'closed';
    this.#end.resolve({ close: 'confirmed', error });
    throw new SessionOpenError('never-connected', error);
  }

  #events(): TransportEvents {
    return {
      secure: () => {
        const { greetingMs } = this.#options.timeouts;
        this.#setState('greeting');
        const text = `no greeting within ${greetingMs} ms; is this an EPP port?`;
        this.#startPhase(greetingMs, { kind: 'greeting', text });
      },
      frame: (body) => this.#onBody(body),
      badFrame: (error) => this.#onUnreadable(messageOf(error), error),
      end: (midFrame) => {
        if (this.#state === 'closing' || this.#error) return;
        this.#fail(this.#describe(endedBy(this.#state, midFrame)));
      },
      error: (error) => {
        if (this.#error || (this.#state === 'closing' && this.#releasedByPeer)) return;
        this.#neverConnected = this.#state === 'connecting' && provesNoConnection(codeOf(error));
        this.#fail(this.#describe(brokenBy(this.#state, error)));
      },
      closed: () => this.#onClose(),
    };
  }

  #onBody(body: Buffer): void {
    if (this.#state === 'closed' || this.#error) return;
    let frame: ServerFrame;
    try {
      if (this.#options.logFrames) this.#log.debug({ xml: redactXml(body.toString()) }, 'EPP frame received');
      frame = readServerFrame(body);
    } catch (error) {
      this.#onUnreadable(`a frame of ${body.length} bytes cannot be read: ${messageOf(error)}`, error);
      return;
    }
    if (this.#state === 'greeting') this.#onGreeting(frame);
    else this.#onReply(frame);
  }

  #onUnreadable(text: string, cause: unknown): void {
    const kind = this.#state === 'greeting' ? 'greeting' : 'protocol';
    this.#fail(this.#describe({ kind, text, cause }));
  }

  #onGreeting(frame: ServerFrame): void {
    const { credentials, profile, timeouts } = this.#options;
    const first = readFirstFrame(frame, profile, credentials);
    if ('failure' in first) {
      this.#fail(this.#describe(first.failure));
      return;
    }
    this.greeting = first.greeting;
    this.#stopPhase();
    this.#setState('login');
    const { login, services } = first;
    this.#flow.services = new Set([...services.objURIs, ...services.extURIs]);
    this.#newPasswordSent = credentials.newPassword !== undefined;
    // #onReply decides; a failure is the session's, and `open` tells it
    this.#flow.request(login, { timeoutMs: timeouts.loginMs }).catch(() => {});
  }

  #onLoggedIn(response: EppResponse): void {
    const refusal = loginRefusal(response);
    if (!refusal) {
      this.#openedAtMs = this.#options.clock.monotonicMs();
      this.#isOpen = true;
      this.#setState('idle');
      this.#keepalive.start();
      this.#opened.resolve();
      return;
    }
    const code = resultCode(response);
    if (code >= 2000) this.#newPasswordSent = false;
    this.#error = this.#describe(refusal);
    this.#releasedByPeer = true;
    this.#awaitPeerClose(closesSession(code));
  }

  // --- commands

  send(command: EppCommand, options: SendOptions): Promise<EppResponse> {
    const refusal = this.#refusal(command);
    return refusal ? Promise.reject(this.#describe(refusal)) : this.#flow.request(command, options);
  }

  #refusal({ command }: EppCommand): SessionFailure | undefined {
    if (this.#error || this.#state === 'closed') return { kind: 'closed', text: 'the session has ended' };
    if (this.#state !== 'idle') return { kind: 'shutdown', text: 'the session is being closed' };
    if (command !== 'login' && command !== 'logout') return undefined;
    return { kind: 'protocol', text: `${command} is the session's own: use openSession and close` };
  }

  #onReply(frame: ServerFrame): void {
    const match = this.#flow.answer(frame);
    if ('problem' in match) {
      this.#fail(this.#describe({ kind: 'protocol', text: match.problem }));
      return;
    }
    const { response } = match;
    const { command } = match.exchange.command;
    const code = resultCode(response);
    if (command === 'login') {
      this.#onLoggedIn(response);
    } else if (command === 'logout') {
      this.#onLoggedOut(response);
    } else if (closesSession(code) || code === NOT_LOGGED_IN) {
      const text = `the registry ended the session: ${told(response)}`;
      this.#error = this.#describe({ kind: code === SESSION_LIMIT ? 'limit' : 'closed', text, code });
      this.#awaitPeerClose(closesSession(code));
    } else if (this.#flow.late) {
      this.#fail(this.#describe(this.#flow.late));
    } else {
      this.#flow.pump();
      this.#logoutOnceDrained();
    }
  }

  #sendKeepalive(): void {
    if (this.state !== 'idle') return;
    const { profile, timeouts } = this.#options;
    const command: EppCommand =
      profile.keepalive === 'poll'
        ? { command: 'poll', body: { op: 'req' } }
        : { command: 'hello', body: {} };
    // a failure is the session's, and `ended` tells it
    this.#flow.request(command, { timeoutMs: timeouts.commandMs }).catch(() => {});
  }

  // --- closing

  close(options: { timeoutMs: number }): Promise<SessionEnd> {
    if (this.#state === 'idle') {
      this.#setState('draining');
      this.#keepalive.stop();
      this.#phaseTimer = this.#options.clock.after(options.timeoutMs, () => {
        const missing = this.#releasedByPeer ? "the registry's FIN did not come" : 'not logged out';
        const text = `${missing} within ${options.timeoutMs} ms`;
        this.#fail(this.#describe({ kind: 'timeout', text }));
      });
      this.#logoutOnceDrained();
    }
    return this.ended;
  }

  #logoutOnceDrained(): void {
    if (this.#state !== 'draining' || this.#flow.inFlight > 0) return;
    this.#setState('closing');
    const logout: EppCommand = { command: 'logout', body: {} };
    // the phase's timer ends it; `ended` tells how
    this.#flow.request(logout, { timeoutMs: Number.POSITIVE_INFINITY }).catch(() => {});
  }

  #onLoggedOut(response: EppResponse): void {
    const code = resultCode(response);
    this.#releasedByPeer = code === LOGGED_OUT;
    if (!this.#releasedByPeer) {
      this.#error = this.#describe({
        kind: 'closed',
        text: `the logout was answered ${told(response)}`,
        code,
      });
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
    this.#keepalive.stop();
    this.#stopFlow();
    if (this.#phaseTimer === undefined || this.#error) {
      this.#stopPhase();
      this.#phaseTimer = clock.after(timeouts.closeMs ?? DEFAULT_CLOSE_MS, () => this.#transport?.destroy());
    }
    if (peerClosesFirst) this.#finTimer = clock.after(PEER_CLOSES_FIRST_MS, () => this.#transport?.end());
    else this.#transport?.end();
  }

  destroy(reason: EppError): void {
    this.#fail(reason);
  }

  /** The one way to a premature end. Idempotent: the first error counts. */
  #fail(error: EppError): void {
    if (this.#state === 'closed') return;
    this.#error ??= error;
    this.#setState('closing');
    this.#keepalive.stop();
    this.#stopFlow();
    this.#transport?.destroy();
  }

  #stopFlow(): void {
    this.#flow.stop(this.#error ?? this.#describe({ kind: 'closed', text: 'the session has ended' }));
  }

  #onClose(): void {
    this.#error ??= this.#releasedByPeer
      ? undefined
      : this.#describe({ kind: 'closed', text: 'the connection ended' });
    this.#stopFlow();
    this.#keepalive.stop();
    this.#stopPhase();
    this.#finTimer?.cancel();
    this.#setState('closed');
    const gone = this.#releasedByPeer && this.#transport?.peerClosed === true;
    const close = this.#neverConnected || gone ? 'confirmed' : 'unconfirmed';
    this.#end.resolve({ close, error: this.#error });
    if (this.#isOpen) return;
    const error = this.#error ?? this.#describe({ kind: 'closed', text: 'the connection ended' });
    this.#opened.reject(new SessionOpenError(close, error, this.#newPasswordSent ? 'unknown' : 'not-sent'));
  }

  #setState(state: Exclude<SessionState, 'busy'>): void {
    if (this.#state === state) return;
    this.#state = state;
    if (state !== 'idle') this.#log.debug({ state }, 'EPP session changed its state');
  }

  #startPhase(ms: number, timedOut: SessionFailure): void {
    this.#stopPhase();
    this.#phaseTimer = this.#options.clock.after(ms, () => this.#fail(this.#describe(timedOut)));
  }

  #stopPhase(): void {
    this.#phaseTimer?.cancel();
    this.#phaseTimer = undefined;
  }

  #describe({ kind, text, ...rest }: SessionFailure): EppError {
    const { account, endpoint } = this.#options;
    const where = `${account} at ${endpoint.host}:${endpoint.port}`;
    return new EppError(`${where}: ${text}`, { kind, outcome: 'not-sent', ...rest });
  }
}
