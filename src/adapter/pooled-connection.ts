/**
 * One connection of a pool, from the slot that was taken for it to its end.
 *
 *   slot taken        login answered       run()        run(): queries, to the depth
 *   ───────▶ opening ───────────────▶ idle ─────▶ busy ──╮
 *               │                      │ ◀───────  │ ▲───╯
 *               │ failed               │  the last │
 *               │              retire()│  answered │ the connection ended under its commands
 *               │                      ▼           │
 *               │                   closing        │      a busy or opening one that is told to retire closes
 *               │                      │           │      as soon as it is idle
 *               ▼                      ▼           ▼
 *             gone ◀───────────────────┴───────────┘      the slot learns how it ended, exactly once
 *
 * A transform has its connection to itself: what else were in flight could close the session under it, and its outcome would
 * be unknown for nothing.
 */
import { strict as assert } from 'node:assert';
import type { Slot } from '../budget/connection-budget.ts';
import { type EppCommand, type EppResponse, resultCode } from '../epp/command.ts';
import type { Greeting } from '../epp/responses/greeting.ts';
import {
  EppError,
  type EppSession,
  type SendOptions,
  type SessionCertificates,
  SessionOpenError,
  type SessionPermit,
} from '../epp/session.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { type ConnectionLife, dueOf } from './connection-life.ts';
import { OwnCommands } from './own-commands.ts';
import type { PlannedConnection } from './pool-plan.ts';
import type { CommandRate, HeldCommand } from './scheduler/command-rate.ts';
import type { LevelLink, Loaded } from './scheduler/load-levels.ts';

export type ConnectionState = PlannedConnection['state'];

/** Connects to one resolved address and logs in; see `openSession`. */
export type ConnectOnce = (permit: SessionPermit) => Promise<EppSession>;

export interface ConnectionListener {
  /** The login was answered. It is idle, or closing where it was told to retire. */
  onOpened(connection: PooledConnection): void;
  /** Once for each `run`, before that settles: one less in flight, closing, or gone. */
  onCommandEnd(connection: PooledConnection, command: { transform: boolean }): void;
  /** Why it left; told before its slot is given back, because that may call for the next attempt at once. */
  onEnd(connection: PooledConnection, end: ConnectionEnd): void;
  /** It has left, and its slot is given back. */
  onGone(connection: PooledConnection): void;
}

export interface ConnectionEnd {
  /** It was logged in. */
  opened: boolean;
  /** Undefined when we closed it in order. */
  error: EppError | undefined;
}

export interface ConnectionOptions {
  slot: Slot;
  /** What it connects to. */
  address?: string;
  /** Of the commands of all the account's connections. */
  rate: CommandRate;
  /** Held for the login. */
  login: HeldCommand;
  connect: ConnectOnce;
  /** Ends `connect` before it has a session. */
  abortOpening: (reason: EppError) => void;
  life: ConnectionLife;
  /** Queries in flight at once. */
  depth: number;
  /** Logout, its answer and the peer's FIN, in milliseconds. */
  closeMs: number;
  clock: Clock;
  listener: ConnectionListener;
}

/** The registry says that it does not know our login any more, or that it is closing. */
const endsSession = (code: number): boolean => code === 2002 || code >= 2500;

export interface RunOptions extends SendOptions {
  /** It changes something, and has the connection to itself. */
  transform: boolean;
}

export class PooledConnection implements PlannedConnection, Loaded {
  /** Kept by the pool's LoadLevels. */
  link: LevelLink | undefined;
  readonly #options: ConnectionOptions;
  readonly #startedAtMs: number;
  readonly #own: OwnCommands;
  #state: ConnectionState = 'opening';
  #session: EppSession | undefined;
  #retiring = false;
  #superseded = false;
  #inFlight = 0;
  #transform = false;
  #cut: Timer | undefined;
  #destroyedBy: EppError | undefined;

  /** Connects at once: the slot is counted already. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.monotonicMs();
    const { slot } = options;
    const onRevoked = () => this.destroy(budgetError('the connection budget took the connection back'));
    if (slot.revoked.aborted) queueMicrotask(onRevoked);
    else slot.revoked.addEventListener('abort', onRevoked, { once: true });
    this.#own = new OwnCommands(options);
    options.connect(this.#own.permit).then(
      (session) => this.#onOpened(session),
      (error: unknown) => this.#onOpenFailed(error),
    );
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get retiring(): boolean {
    return this.#retiring;
  }

  /** Commands of ours that are not answered yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** A transform is in flight. */
  get transform(): boolean {
    return this.#transform;
  }

  /** It takes queries, as far as its depth goes; and a transform where nothing is in flight. */
  get serves(): boolean {
    return this.loggedIn && !this.#retiring && !this.#transform && !this.#worn;
  }

  /** What is in flight may be all that it is allowed: counted twice where it is written already, which errs on the safe side. */
  get #worn(): boolean {
    const { hardCommands } = this.#options.life;
    return hardCommands > 0 && this.commands + this.#inFlight >= hardCommands;
  }

  /** What the registry said of itself; known from the login on. */
  get greeting(): Greeting | undefined {
    return this.#session?.greeting;
  }

  get loggedIn(): boolean {
    return this.#state === 'idle' || this.#state === 'busy';
  }

  /** Commands written, the login and keepalives included. */
  get commands(): number {
    return this.#session?.commands ?? 0;
  }

  /** Its login has set the new password. */
  get passwordChanged(): boolean {
    return this.#session?.passwordChanged ?? false;
  }

  get certificates(): SessionCertificates | undefined {
    return this.#session?.certificates;
  }

  /** Milliseconds since the login, or since connecting while there is none. */
  get ageMs(): number {
    return this.#options.clock.monotonicMs() - (this.#session?.openedAtMs ?? this.#startedAtMs);
  }

  get due(): 'no' | 'soon' | 'now' {
    const session = this.#session;
    if (!session) return 'no';
    const due = dueOf(this.#options.life, { ageMs: this.ageMs, commands: session.commands });
    return due === 'no' && this.#superseded ? 'soon' : due;
  }

  /** The IP address that it was opened to. */
  get address(): string | undefined {
    return this.#options.address;
  }

  /** Another should take its place: what it goes through is about to leave. */
  supersede(): void {
    this.#superseded = true;
  }

  /**
   * Only where it has room, and a transform only where it is idle. Settles when the registry answered, or with an EppError;
   * the connection has room again before that, or is leaving.
   */
  async run(command: EppCommand, options: RunOptions): Promise<EppResponse> {
    const session = this.#session;
    assert(session && this.serves, `run() on a connection that is ${this.#state}`);
    assert(this.#inFlight < this.#options.depth, 'never more in flight than the depth');
    assert(!options.transform || this.#inFlight === 0, 'a transform has its connection to itself');
    this.#state = 'busy';
    this.#transform = options.transform;
    this.#inFlight++;
    let response: EppResponse | undefined;
    let late: HeldCommand | undefined;
    try {
      const reply = session.send(command, options);
      if (this.#options.rate.limited) late = this.#own.callersCommand(session);
      response = await reply;
      return response;
    } finally {
      late?.end(this.#options.clock.monotonicMs());
      this.#inFlight--;
      this.#transform = false;
      if (this.#inFlight === 0) this.#cut?.cancel();
      this.#afterCommand(session, response);
      this.#options.listener.onCommandEnd(this, options);
    }
  }

  /**
   * Closes: at once when idle, else after its command or its login.
   * @param cutQueryAfterMs queries in flight are cut after so long; their outcome is unknown, and they change nothing
   */
  retire(options: { cutQueryAfterMs?: number } = {}): void {
    if (this.#state === 'closing' || this.#state === 'gone') return;
    this.#retiring = true;
    if (this.#state === 'idle') {
      this.#close();
    } else if (this.#state === 'busy' && !this.#transform && options.cutQueryAfterMs !== undefined) {
      this.#cut ??= this.#options.clock.after(options.cutQueryAfterMs, () =>
        this.destroy(budgetError('the connection budget wants the connection back and the query took long')),
      );
    }
  }

  /** Cuts the connection. What was in flight ends with outcome `unknown`. */
  destroy(reason: EppError): void {
    if (this.#state === 'gone') return;
    this.#retiring = true;
    this.#destroyedBy ??= reason;
    if (this.#session) this.#session.destroy(reason);
    else this.#options.abortOpening(reason);
  }

  #onOpened(session: EppSession): void {
    this.#session = session;
    session.ended.then((end) => this.#leave(end.close, end.error, true));
    if (this.#destroyedBy) {
      session.destroy(this.#destroyedBy);
      return;
    }
    this.#state = 'idle';
    this.#options.slot.opened();
    if (this.#retiring) this.#close();
    this.#options.listener.onOpened(this);
  }

  #onOpenFailed(error: unknown): void {
    if (error instanceof SessionOpenError) {
      this.#leave(error.close, error, false);
      return;
    }
    // Not foreseen, so nothing is known of what stands at the registry
    const unforeseen = new EppError(messageOf(error), { kind: 'connect', outcome: 'not-sent', cause: error });
    this.#leave('unconfirmed', unforeseen, false);
  }

  #afterCommand(session: EppSession, response: EppResponse | undefined): void {
    if (this.#state !== 'busy') return;
    const open = session.state === 'idle' || session.state === 'busy'; // busy with a keepalive of its own
    const usable = open && !(response && endsSession(resultCode(response)));
    if (usable && this.#inFlight === 0) this.#state = 'idle';
    // One that is of no more use ends by itself; a session that should and does not is closed
    if (!usable || (this.#retiring && this.#inFlight === 0)) this.#close();
  }

  #close(): void {
    this.#state = 'closing';
    this.#retiring = true;
    const { slot, closeMs } = this.#options;
    slot.closing();
    const session = this.#session;
    if (!session) return;
    this.#own.logout(session, {
      // `ended` tells the rest; close() never rejects
      send: () => void session.close({ timeoutMs: closeMs }),
      cut: () => this.destroy(budgetError('the registry takes no more commands now, the logout included')),
    });
  }

  #leave(how: Parameters<Slot['ended']>[0], error: EppError | undefined, opened: boolean): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#cut?.cancel();
    this.#own.end();
    const { listener, slot } = this.#options;
    listener.onEnd(this, { opened, error: error ?? this.#destroyedBy });
    slot.ended(how);
    listener.onGone(this);
  }
}

function budgetError(message: string): EppError {
  return new EppError(message, { kind: 'budget', outcome: 'not-sent' });
}
