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
import { messageOf } from '../lib/errors.ts';
import { type EppCommand, type EppResponse, resultCode } from './command.ts';
import { CommandFlow } from './command-flow.ts';
import { RAW } from './commands/raw.ts';
import { brokenBy, endedBy } from './connection-loss.ts';
import { endBy, logoutRefusal } from './handshake.ts';
import { Keepalive } from './keepalive.ts';
import { PhaseTimer } from './phase-timer.ts';
import type { Greeting } from './responses/greeting.ts';
import type { ServerFrame } from './responses/response.ts';
import { ServerFrameReader } from './responses/server-frame-reader.ts';
import { closesSession } from './result-codes.ts';
import {
  type EppError,
  type EppSession,
  type SendOptions,
  type SessionCertificates,
  type SessionEnd,
  type SessionFailure,
  SessionOpenError,
  type SessionState,
} from './session.ts';
import { SessionEnding } from './session-ending.ts';
import { SessionOpening } from './session-opening.ts';
import type { SessionOptions } from './session-options.ts';
import type { ConnectTransport, Transport, TransportEvents } from './transport.ts';
import { decodeXml, textOfUnreadable } from './xml.ts';

/** The states of the drawing; `opening` is its first row, `open` both idle and busy. */
type Stage = 'opening' | 'open' | 'draining' | 'closing' | 'closed';

export class SessionMachine implements EppSession {
  readonly depth: number;
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #describe: (failure: SessionFailure) => EppError;
  readonly #flow: CommandFlow;
  readonly #reader = new ServerFrameReader();
  readonly #phase: PhaseTimer;
  readonly #opening: SessionOpening;
  readonly #ending: SessionEnding;
  readonly #keepalive: Keepalive;
  readonly #opened = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<SessionEnd>();
  #transport: Transport | undefined;
  #stage: Stage = 'opening';
  #openedAtMs: number | undefined;

  /** @param describe tells a failure with where it happened */
  constructor(options: SessionOptions, describe: (failure: SessionFailure) => EppError) {
    const { clock, log, timeouts } = options;
    const phase = new PhaseTimer(clock);
    const onFailure = (failure: SessionFailure) => this.#fail(describe(failure));
    const write = (documents: readonly string[]) => this.#transport?.write(documents);
    const onStep = (state: SessionState) => log.debug({ state }, 'EPP session changed its state');
    const flow = new CommandFlow(options, { write, onFailure, describe });
    this.#options = options;
    this.#describe = describe;
    this.#flow = flow;
    this.#phase = phase;
    this.#opening = new SessionOpening({ options, flow, phase, onStep, onFailure });
    this.#ending = new SessionEnding({ clock, phase, closeMs: timeouts.closeMs });
    this.#keepalive = new Keepalive(options, flow);
    this.depth = options.depth ?? 1;
    this.ended = this.#end.promise;
  }

  get state(): SessionState {
    if (this.#stage === 'opening') return this.#opening.step;
    if (this.#stage === 'open') return this.#flow.inFlight > 0 ? 'busy' : 'idle';
    return this.#stage;
  }

  get inFlight(): number {
    return this.#flow.inFlight;
  }

  get waiting(): number {
    return this.#flow.waiting;
  }

  get room(): number {
    return this.#stage === 'open' ? this.#flow.room : 0;
  }

  get takesTransform(): boolean {
    return this.#flow.inFlight === 0 && this.room > 0;
  }

  get commands(): number {
    return this.#flow.commands;
  }

  get openedAtMs(): number {
    return this.#openedAtMs ?? 0;
  }

  get greeting(): Greeting | undefined {
    return this.#opening.greeting;
  }

  get certificates(): SessionCertificates | undefined {
    return this.#transport?.certificates;
  }

  get passwordChanged(): boolean {
    return this.#openedAtMs !== undefined && this.#opening.newPasswordSent;
  }

  /** Once. Rejects with a SessionOpenError. */
  open(connect: ConnectTransport): Promise<void> {
    try {
      this.#transport = connect(this.#options, this.#events());
    } catch (error) {
      // TLS looks at keys and certificates before it connects
      const text = `the certificate, its key or the CA certificate cannot be used: ${messageOf(error)}`;
      const failure = this.#describe({ kind: 'connect', text, cause: error });
      return Promise.reject(new SessionOpenError('never-connected', failure));
    }
    this.#opening.connecting();
    return this.#opened.promise;
  }

  #events(): TransportEvents {
    return {
      secure: () => {
        if (this.#stage === 'opening') this.#opening.secure();
      },
      frame: (body) => this.#onBody(body),
      badFrame: (error) => this.#fail(this.#unreadable(messageOf(error), error)),
      end: (midFrame) => {
        if (this.#stage === 'closing') return;
        this.#fail(this.#describe(endedBy(this.state, midFrame)));
      },
      error: (error) => {
        if (this.#ending.error || (this.#stage === 'closing' && this.#ending.releasedByPeer)) return;
        if (this.state === 'connecting') this.#ending.notConnected(error);
        this.#fail(this.#describe(brokenBy(this.state, error)));
      },
      closed: () => this.#onClose(),
    };
  }

  #onBody(body: Buffer): void {
    if (this.#stage === 'closed' || this.#ending.error) return;
    let frame: ServerFrame;
    try {
      frame = this.#reader.read(body);
    } catch (error) {
      // where the next frame begins is known, but whose answer it is would be a guess: the session ends
      const text = `a frame of ${body.length} bytes cannot be read: ${messageOf(error)}`;
      const failure = this.#unreadable(text, error);
      this.#flow.unreadable(textOfUnreadable(body), failure);
      this.#fail(failure);
      return;
    }
    if (this.state === 'greeting') this.#opening.greet(frame);
    else this.#onReply(frame, body);
  }

  #unreadable(text: string, cause: unknown): EppError {
    const kind = this.state === 'greeting' ? 'greeting' : 'protocol';
    return this.#describe({ kind, text, cause });
  }

  send(command: EppCommand, options: SendOptions): Promise<EppResponse> {
    const refusal = this.#refusal(command);
    return refusal ? Promise.reject(this.#describe(refusal)) : this.#flow.request(command, options);
  }

  #refusal({ command }: EppCommand): SessionFailure | undefined {
    if (this.#ending.error || this.#stage === 'closed')
      return { kind: 'closed', text: 'the session has ended' };
    if (this.#stage !== 'open') return { kind: 'shutdown', text: 'the session is being closed' };
    if (command !== 'login' && command !== 'logout') return undefined;
    return { kind: 'protocol', text: `${command} is the session's own: use openSession and close` };
  }

  #onReply(frame: ServerFrame, body: Uint8Array): void {
    const match = this.#flow.match(frame);
    if ('problem' in match) {
      this.#fail(this.#describe({ kind: 'protocol', text: match.problem }));
      return;
    }
    const { exchange, response } = match;
    const { command } = exchange.command;
    // who gave XML gets XML
    if (command === RAW) response.xml = decodeXml(body);
    exchange.resolve(response);
    if (command === 'login') {
      this.#onLoggedIn(response);
      return;
    }
    if (command === 'logout') {
      const refusal = logoutRefusal(response);
      this.#ending.releasedByPeer = refusal === undefined;
      this.#leave(response, refusal);
      return;
    }
    const end = endBy(response);
    if (end) {
      this.#leave(response, end);
    } else if (this.#flow.late) {
      this.#fail(this.#describe(this.#flow.late));
    } else {
      this.#flow.pump();
      this.#logoutOnceDrained();
    }
  }

  #onLoggedIn(response: EppResponse): void {
    const refusal = this.#opening.loginAnswered(response);
    if (refusal) {
      this.#ending.releasedByPeer = true;
      this.#leave(response, refusal);
      return;
    }
    this.#openedAtMs = this.#options.clock.monotonicMs();
    this.#stage = 'open';
    this.#keepalive.start();
    this.#opened.resolve();
  }

  close(options: { timeoutMs: number }): Promise<SessionEnd> {
    if (this.#stage === 'open') {
      this.#goTo('draining');
      this.#keepalive.stop();
      this.#phase.start(options.timeoutMs, () => {
        const missing = this.#ending.releasedByPeer ? "the registry's FIN did not come" : 'not logged out';
        const text = `${missing} within ${options.timeoutMs} ms`;
        this.#fail(this.#describe({ kind: 'timeout', text }));
      });
      this.#logoutOnceDrained();
    }
    return this.ended;
  }

  #logoutOnceDrained(): void {
    if (this.#stage !== 'draining' || this.#flow.inFlight > 0) return;
    this.#goTo('closing');
    const logout: EppCommand = { command: 'logout', body: {} };
    // the phase's timer ends it, and `ended` tells how
    this.#flow.request(logout, { timeoutMs: Number.POSITIVE_INFINITY }).catch(() => {});
  }

  /** Nothing more is said after this answer; the connection is left to the registry, or cut by us where it may not. */
  #leave(last: EppResponse, failure: SessionFailure | undefined): void {
    if (failure) this.#ending.because(this.#describe(failure));
    this.#stop('closing');
    this.#ending.awaitPeer(this.#transport, closesSession(resultCode(last)));
  }

  destroy(reason: EppError): void {
    this.#fail(reason);
  }

  /** The one way to a premature end. Idempotent: the first error counts. */
  #fail(error: EppError): void {
    if (this.#stage === 'closed') return;
    this.#ending.because(error);
    this.#stop('closing');
    this.#transport?.destroy();
  }

  #onClose(): void {
    const unasked = this.#describe({ kind: 'closed', text: 'the connection ended' });
    if (!this.#ending.releasedByPeer) this.#ending.because(unasked);
    this.#stop('closed');
    const close = this.#ending.finish(this.#transport);
    const { error } = this.#ending;
    this.#end.resolve({ close, error });
    if (this.#openedAtMs !== undefined) return;
    const outcome = this.#opening.newPasswordSent ? 'unknown' : 'not-sent';
    this.#opened.reject(new SessionOpenError(close, error ?? unasked, outcome));
  }

  /** No command is written any more, and those that are not answered learn it. */
  #stop(stage: 'closing' | 'closed'): void {
    this.#goTo(stage);
    this.#keepalive.stop();
    const over = this.#ending.error ?? this.#describe({ kind: 'closed', text: 'the session has ended' });
    this.#flow.stop(over);
  }

  #goTo(stage: 'draining' | 'closing' | 'closed'): void {
    if (this.#stage === stage) return;
    this.#stage = stage;
    this.#options.log.debug({ state: stage }, 'EPP session changed its state');
  }
}
