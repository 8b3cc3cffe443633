/**
 * Opens connections of one account: name lookup and secrets first, then the slot, then connect, as fast as the gate allows;
 * and judges what became of them.
 */
import type { AccountBudget, ConnectionBudget, LoginPermission } from '../budget/connection-budget.ts';
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
import { connectionLife } from './connection-life.ts';
import { LimitSuspicion } from './limit-suspicion.ts';
import { type LoginAttempt, LoginGate } from './login-gate.ts';
import { OpenGate, type OpenGateOptions } from './open-gate.ts';
import { type ConnectionEnd, type ConnectionListener, PooledConnection } from './pooled-connection.ts';
import type { ResolvedEndpoint } from './resolver.ts';
import type { CommandRate, HeldCommand } from './scheduler/command-rate.ts';

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
  /** For its credentials. @param code the registry's; undefined: they could not even be sent */
  loginRefused(code: number | undefined): void;
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
  /** Of the commands of all the account's connections, the logins among them. */
  rate: CommandRate;
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

const DENIED_FOR_MS = 1_000;
const CLOSE_MS = 5_000;
/** Mounted Secrets change within minutes. */
const LOOKS = 10;
/** A connection that ends unasked sooner than this after its login counts as a failed attempt: no hot loop of logins. */
const SHORT_LIFE_MS = 5_000;

export class ConnectionOpener {
  readonly #options: ConnectionOpenerOptions;
  readonly #gate: OpenGate;
  readonly #random: () => number;
  readonly #logins: LoginGate;
  readonly #limit: LimitSuspicion;
  readonly #attemptOf = new WeakMap<PooledConnection, LoginAttempt>();
  #preparing = 0;
  /** The one login that finds out whether the registry takes the credentials. */
  #proving: PooledConnection | undefined;
  #refusedSecret: Credentials | undefined;
  #looks = 0;
  /** The budget gave no slot although its figures had room for one. */
  #deniedUntilMs = Number.NEGATIVE_INFINITY;
  #trouble: ConnectionTrouble | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ConnectionOpenerOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#logins = new LoginGate(options.account, options.budget);
    this.#limit = new LimitSuspicion(options.account, options.budget, options.clock);
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

  /** Whether the budget lets us log in. To be asked whenever it has changed. */
  permission(word: Pick<AccountBudget, 'logins' | 'password'>): LoginPermission {
    const { permission, news } = this.#logins.look(word);
    // Others know more than we do
    if (news) this.#gate.credentialsChanged();
    return permission;
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
    const { clock, rate } = this.#options;
    rate.unclaim(this);
    if (this.#stopped) return;
    for (let left = count; left > 0; left--) {
      const nowMs = clock.monotonicMs();
      const notBeforeMs = Math.max(this.#deniedUntilMs, now.pausedUntilMs ?? 0);
      const wait = Math.max(notBeforeMs - nowMs, this.#gate.waitMs(nowMs, now.opening + this.#preparing));
      if (wait > 0) {
        if (Number.isFinite(wait)) this.#timer = clock.after(Math.ceil(wait), into.again);
        return;
      }
      const login = rate.hold(nowMs);
      if (!login) {
        rate.claim(this);
        const roomMs = rate.waitMs(nowMs);
        if (Number.isFinite(roomMs)) this.#timer = clock.after(Math.max(1, Math.ceil(roomMs)), into.again);
        return;
      }
      this.#gate.began(nowMs);
      this.#preparing++;
      void this.#attempt(login, into);
    }
  }

  /** Begins nothing more; what has its slot goes on. */
  stop(): void {
    this.#stopped = true;
    this.#options.rate.unclaim(this);
    this.#timer?.cancel();
  }

  async #attempt(login: HeldCommand, into: Parameters<ConnectionOpener['open']>[2]): Promise<void> {
    const { account, budget, clock, limits } = this.#options;
    const prepared = await this.#prepare();
    this.#preparing--;
    // What was read just now may have changed the budget's word; and what is counted is counted before connect()
    const permission = this.permission(budget.account(account));
    const allowed =
      !this.#stopped && prepared && (permission === 'all' || (permission === 'prove' && !this.#proving));
    const slot = allowed ? budget.acquire(account) : undefined;
    if (!slot || !prepared) {
      login.cancel();
      if (this.#stopped) return;
      if (allowed) this.#deniedUntilMs = clock.monotonicMs() + DENIED_FOR_MS;
      into.again();
      return;
    }
    const attempt = this.#logins.attempt(prepared.secret);
    const { endpoint, tls } = prepared;
    const { credentials } = attempt;
    const abort = new AbortController();
    const connection = new PooledConnection({
      slot,
      address: endpoint.address,
      rate: this.#options.rate,
      login,
      connect: (permit) => this.#options.open({ endpoint, credentials, tls, permit, signal: abort.signal }),
      abortOpening: (reason) => abort.abort(reason),
      life: connectionLife(limits, this.#random),
      depth: this.#options.depth,
      closeMs: CLOSE_MS,
      clock,
      listener: into.listener,
    });
    this.#attemptOf.set(connection, attempt);
    if (permission === 'prove') this.#proving = connection;
    into.adopt(connection);
  }

  async #prepare() {
    const { account, resolve, secrets } = this.#options;
    try {
      const [secret, tls] = await Promise.all([secrets.credentials(), secrets.tls()]);
      this.#logins.read(secret);
      try {
        return { secret, tls, endpoint: await resolve() };
      } catch (error) {
        this.#failed('resolve', `${account}: cannot find the address of the registry: ${messageOf(error)}`);
      }
    } catch (error) {
      this.#failed('secret', messageOf(error));
    }
    return undefined;
  }

  /** To be told of every login. */
  succeeded(connection: PooledConnection): void {
    const { account, events, log } = this.#options;
    if (this.#proving === connection) this.#proving = undefined;
    if (this.#gate.refusedAtMs !== undefined)
      log.info({ account }, 'the registry takes our credentials again');
    this.#gate.succeeded();
    this.#refusedSecret = undefined;
    this.#limit.loggedIn();
    const attempt = this.#attemptOf.get(connection);
    if (attempt) this.#logins.taken(attempt, connection.passwordChanged);
    if (connection.passwordChanged || attempt?.verifies)
      log.info({ account }, 'the registry has taken the new password');
    events.opened();
  }

  /** To be told of every connection that left. @param others connections that are logged in still */
  left(connection: PooledConnection, end: ConnectionEnd, others: number): void {
    const { error, opened } = end;
    if (this.#proving === connection) this.#proving = undefined;
    if (!error) return;
    const attempt = this.#attemptOf.get(connection);
    if (isRefusal(error)) this.#options.events.loginRefused(error.code);
    if (!opened && attempt && error.outcome === 'unknown') this.#logins.unanswered(attempt);
    // Our own decisions are no trouble of the registry's
    if (error.kind === 'budget' || error.kind === 'shutdown') {
      if (opened) this.#options.events.lost(error.kind);
      else this.#options.events.openFailed(error.kind);
      return;
    }
    if (!this.#limit.hit(error, others) && attempt && isRefusal(error) && this.#logins.refused(attempt)) {
      this.#refused(attempt, error);
      return;
    }
    if (!opened) this.#failed(error.kind, error.message, error.code);
    else this.#lost(connection, error);
  }

  #refused({ secret }: LoginAttempt, error: EppError): void {
    const { account, clock, events, log } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#refusedSecret = secret;
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
    this.#limit.lost();
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

  /** To be called every second: whether the files hold other credentials by now, which may be tried. */
  async lookForNewCredentials(): Promise<boolean> {
    const refused = this.#gate.refusedAtMs === undefined ? undefined : this.#refusedSecret;
    // Nobody waits for it, unless what we had is refused
    if (!refused && ++this.#looks % LOOKS !== 0) return false;
    const present = await this.#options.secrets.credentials().catch(() => undefined);
    if (!present || this.#stopped) return false;
    const other = this.#logins.read(present);
    if (!refused || sameCredentials(present, refused)) return other;
    this.#refusedSecret = undefined;
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
