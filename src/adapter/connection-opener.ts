/**
 * Opens connections of one account: name lookup and secrets first, then the slot, then connect, as fast as the gate allows;
 * and judges what became of them.
 */
import type { ConnectionBudget } from '../budget/connection-budget.ts';
import type { EppError, EppSession, SessionPermit } from '../epp/session.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import {
  type AccountSecrets,
  type Credentials,
  sameCredentials,
  type TlsMaterial,
} from './account-secrets.ts';
import { OpenGate, type OpenGateOptions } from './open-gate.ts';
import {
  type ConnectionEnd,
  type ConnectionListener,
  connectionLife,
  PooledConnection,
} from './pooled-connection.ts';
import type { ResolvedEndpoint } from './resolver.ts';

/** Opens one session to an address that was resolved, with secrets just read. Rejects with a SessionOpenError. */
export type OpenAccountSession = (options: {
  endpoint: ResolvedEndpoint;
  credentials: Credentials;
  tls: TlsMaterial;
  permit: SessionPermit;
  signal: AbortSignal;
}) => Promise<EppSession>;

/** What happened to connections, for metrics. */
export interface ConnectionEvents {
  opened(): void;
  /** @param kind an EppErrorKind, or `resolve` or `secret` where nothing was sent */
  openFailed(kind: string): void;
  /** An open connection ended unasked. */
  lost(kind: string): void;
}

/** Why a connection could not be opened, or ended; for people. */
export interface ConnectionTrouble {
  kind: string;
  /** The registry's result code where it gave one. */
  code?: number;
  message: string;
  /** Monotonic milliseconds. */
  atMs: number;
}

export interface ConnectionOpenerOptions {
  account: string;
  limits: { opensPerSecond: number; maxAgeSeconds: number; maxCommandsPerConnection: number };
  budget: ConnectionBudget;
  resolve: () => Promise<ResolvedEndpoint>;
  secrets: AccountSecrets;
  /** Queries in flight on one connection. */
  depth: number;
  open: OpenAccountSession;
  events: ConnectionEvents;
  clock: Clock;
  log: Log;
  /** A number in [0, 1). */
  random?: () => number;
  gate?: Pick<OpenGateOptions, 'backoff' | 'refusedForMs'>;
}

/** How long other connections have to show that it was an outage, and not the limit. */
const LIMIT_DOUBT_MS = 250;
const OUTAGE_MS = 5_000;
const DENIED_FOR_MS = 1_000;
const CLOSE_MS = 5_000;
/** A connection that ends unasked sooner than this after its login counts as a failed attempt: no hot loop of logins. */
const SHORT_LIFE_MS = 5_000;

export class ConnectionOpener {
  readonly #options: ConnectionOpenerOptions;
  readonly #gate: OpenGate;
  readonly #random: () => number;
  readonly #credentialsOf = new WeakMap<PooledConnection, Credentials>();
  #preparing = 0;
  #refusedCredentials: Credentials | undefined;
  #limitSuspected = false;
  #lostAtMs = Number.NEGATIVE_INFINITY;
  /** The budget gave no slot although its figures had room for one. */
  #deniedUntilMs = Number.NEGATIVE_INFINITY;
  #trouble: ConnectionTrouble | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ConnectionOpenerOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#gate = new OpenGate({
      ...options.gate,
      opensPerSecond: options.limits.opensPerSecond,
      random: this.#random,
    });
  }

  /** Attempts that have not taken their slot yet. */
  get preparing(): number {
    return this.#preparing;
  }

  /** The last thing that went wrong, whether or not it is mended. */
  get trouble(): ConnectionTrouble | undefined {
    return this.#trouble;
  }

  /** Since when (monotonic ms) the registry refuses our credentials. */
  get refusedAtMs(): number | undefined {
    return this.#gate.refusedAtMs;
  }

  /**
   * Begins up to `count` attempts; calls `again` when more may begin.
   * @param opening connections that are connecting or logging in now
   * @param into takes each connection as soon as it has its slot
   */
  open(
    count: number,
    now: { opening: number; pausedUntilMs: number | undefined },
    into: { adopt(connection: PooledConnection): unknown; listener: ConnectionListener; again(): void },
  ): void {
    this.#timer?.cancel();
    if (this.#stopped) return;
    const { clock } = this.#options;
    for (let left = count; left > 0; left--) {
      const nowMs = clock.monotonicMs();
      const notBeforeMs = Math.max(this.#deniedUntilMs, now.pausedUntilMs ?? 0);
      const wait = Math.max(notBeforeMs - nowMs, this.#gate.waitMs(nowMs, now.opening + this.#preparing));
      if (wait > 0) {
        if (Number.isFinite(wait)) this.#timer = clock.after(Math.ceil(wait), into.again);
        return;
      }
      this.#gate.began(nowMs);
      this.#preparing++;
      void this.#attempt(into);
    }
  }

  /** Begins nothing more; what has its slot goes on. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #attempt(into: Parameters<ConnectionOpener['open']>[2]): Promise<void> {
    const { account, budget, clock, limits } = this.#options;
    const prepared = await this.#prepare();
    this.#preparing--;
    if (this.#stopped) return;
    // Counted before connect()
    const slot = prepared && budget.acquire(account);
    if (!slot) {
      if (prepared) this.#deniedUntilMs = clock.monotonicMs() + DENIED_FOR_MS;
      into.again();
      return;
    }
    const abort = new AbortController();
    const connection = new PooledConnection({
      slot,
      connect: (permit) => this.#options.open({ ...prepared, permit, signal: abort.signal }),
      abortOpening: (reason) => abort.abort(reason),
      life: connectionLife(limits, this.#random),
      depth: this.#options.depth,
      closeMs: CLOSE_MS,
      clock,
      listener: into.listener,
    });
    this.#credentialsOf.set(connection, prepared.credentials);
    into.adopt(connection);
  }

  async #prepare() {
    const { account, resolve, secrets } = this.#options;
    try {
      const [credentials, tls] = await Promise.all([secrets.credentials(), secrets.tls()]);
      try {
        return { credentials, tls, endpoint: await resolve() };
      } catch (error) {
        this.#failed('resolve', `${account}: cannot find the address of the registry: ${messageOf(error)}`);
      }
    } catch (error) {
      this.#failed('secret', messageOf(error));
    }
    return undefined;
  }

  /** To be told of every login. */
  succeeded(): void {
    const { account, events, log } = this.#options;
    if (this.#gate.refusedAtMs !== undefined)
      log.info({ account }, 'the registry takes our credentials again');
    this.#gate.succeeded();
    this.#refusedCredentials = undefined;
    this.#limitSuspected = false;
    events.opened();
  }

  /** To be told of every connection that left. @param others connections that are logged in still */
  left(connection: PooledConnection, end: ConnectionEnd, others: number): void {
    const { error, opened } = end;
    if (!error) return;
    // Our own decisions are no trouble of the registry's
    if (error.kind === 'budget' || error.kind === 'shutdown') {
      if (opened) this.#options.events.lost(error.kind);
      else this.#options.events.openFailed(error.kind);
      return;
    }
    if (error.kind === 'limit' || this.#isLimitByAnotherCode(error, others)) {
      this.#onLimit(error);
    } else if (isRefusal(error)) {
      this.#refused(connection, error);
      return;
    }
    if (!opened) this.#failed(error.kind, error.message, error.code);
    else this.#lost(connection, error);
  }

  /**
   * A close without a word may be the limit, or a registry that goes down: then connections that were open end with it, and
   * a pause of a minute would only prolong the outage.
   */
  #onLimit(error: EppError): void {
    const { account, budget, clock } = this.#options;
    if (error.code !== undefined) {
      budget.limitHit(account);
      return;
    }
    clock.after(LIMIT_DOUBT_MS, () => {
      if (clock.monotonicMs() - this.#lostAtMs > OUTAGE_MS) budget.limitHit(account);
    });
  }

  /** Some registries answer 2501 for one session too many (others for a wrong password): believed once while others of ours are logged in. */
  #isLimitByAnotherCode(error: EppError, others: number): boolean {
    if (error.kind !== 'login' || error.code !== 2501 || others === 0 || this.#limitSuspected) return false;
    this.#limitSuspected = true;
    return true;
  }

  #refused(connection: PooledConnection, error: EppError): void {
    const { account, clock, events, log } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#refusedCredentials = this.#credentialsOf.get(connection);
    const retryInSeconds = Math.round(this.#gate.refused(nowMs) / 1_000);
    this.#note(error.kind, error.message, error.code);
    events.openFailed(error.kind);
    log.error(
      { account, code: error.code, error: error.message, retryInSeconds },
      'the registry refuses our credentials: no more attempts until the Secret changes',
    );
  }

  #failed(kind: string, message: string, code?: number): void {
    const { account, clock, events, log } = this.#options;
    const retryInMs = Math.round(this.#gate.failed(clock.monotonicMs()));
    this.#note(kind, message, code);
    events.openFailed(kind);
    log.warn({ account, kind, code, error: message, retryInMs }, 'no connection to the registry');
  }

  #lost(connection: PooledConnection, error: EppError): void {
    const { account, clock, events, log } = this.#options;
    this.#lostAtMs = clock.monotonicMs();
    if (connection.ageMs < SHORT_LIFE_MS) this.#gate.failed(clock.monotonicMs());
    this.#note(error.kind, error.message, error.code);
    events.lost(error.kind);
    log.warn(
      { account, kind: error.kind, code: error.code, error: error.message },
      'a connection to the registry was lost',
    );
  }

  #note(kind: string, message: string, code?: number): void {
    this.#trouble = {
      kind,
      message,
      atMs: this.#options.clock.monotonicMs(),
      ...(code === undefined ? {} : { code }),
    };
  }

  /** While credentials are refused: whether the files hold others by now. Then attempts may begin again. */
  async lookForNewCredentials(): Promise<boolean> {
    const refused = this.#refusedCredentials;
    if (!refused || this.#gate.refusedAtMs === undefined) return false;
    const present = await this.#options.secrets.credentials().catch(() => undefined);
    if (!present || sameCredentials(present, refused)) return false;
    this.#refusedCredentials = undefined;
    this.#gate.credentialsChanged();
    this.#options.log.info({ account: this.#options.account }, 'the credentials have changed: trying them');
    return true;
  }
}

/** Said of the credentials, not of the moment: 22xx, 2501, or what could not even be sent. */
function isRefusal(error: EppError): boolean {
  if (error.kind !== 'login') return false;
  return error.code === undefined || error.code === 2501 || Math.floor(error.code / 100) === 22;
}
