/**
 * The connections of this process to one registry account, and the requests that they serve.
 *
 *   submit ──▶ Dispatcher ──▶ connections ──▶ registry
 *                  │ how many it wants  ▲
 *                  ▼                    │ open, retire
 *               planPool ───────────────╯     within what the budget grants
 *
 * Every connection is a slot of the budget before it is a socket. How many there should be is `planPool`'s word, how fast
 * they may be opened `ConnectionOpener`'s, what each of them does `Dispatcher`'s; here they are brought together.
 */
import type { AccountBudget } from '../budget/connection-budget.ts';
import type { Greeting } from '../epp/responses/greeting.ts';
import { EppError } from '../epp/session.ts';
import type { Timer } from '../lib/clock.ts';
import {
  ConnectionOpener,
  type ConnectionOpenerOptions,
  type ConnectionTrouble,
} from './connection-opener.ts';
import type { OfferCheck } from './offers.ts';
import { PoolConnections } from './pool-connections.ts';
import { planPool } from './pool-plan.ts';
import { credentialsRefused, noConnection, shuttingDown, whyNone } from './pool-refusals.ts';
import type {
  ConnectionEnd,
  ConnectionListener,
  ConnectionState,
  PooledConnection,
} from './pooled-connection.ts';
import { CommandRate } from './scheduler/command-rate.ts';
import { Dispatcher, type DispatcherOptions, type Submitted } from './scheduler/dispatcher.ts';
import type { Priority } from './scheduler/priority.ts';
import { notOffered, type RequestRefused, type Work } from './work.ts';

export type AccountPoolOptions = Omit<ConnectionOpenerOptions & DispatcherOptions, 'rate'> & {
  /** What the account's registry wants with every command; nothing by default. */
  complete?: ((work: Work) => Work) | undefined;
  /** What of a command the registry cannot be told, by its greeting; nothing by default. */
  offerIssues?: OfferCheck | undefined;
  /** The addresses of the proxies that connections go through, as of now; undefined where there is none. */
  proxies?: (() => Promise<readonly string[]>) | undefined;
};

const MAINTENANCE_MS = 1_000;
const CUT_QUERY_AFTER_MS = 5_000;
/** A grant that moves is here by then; who waits longer waits in vain, while another pod may well have a connection. */
const BARREN_MS = 2_000;
/** Cluster DNS forgets a proxy that leaves within half a minute. */
const PROXIES_EVERY = 5;

export class AccountPool {
  readonly account: string;
  readonly #options: AccountPoolOptions;
  readonly #rate: CommandRate;
  readonly #opener: ConnectionOpener;
  readonly #dispatcher: Dispatcher;
  readonly #connections = new PoolConnections();
  readonly #listener: ConnectionListener;
  readonly #drained = Promise.withResolvers<void>();
  /** Of the connection that was opened last. */
  #greeting: Greeting | undefined;
  /** What the budget said last. */
  #cap = 0;
  #excess = 0;
  /** Connections that the last plan was made for. */
  #planned = 0;
  /** Since when (monotonic ms) there is no connection and none can be opened, whatever was lost or granted elsewhere. */
  #barrenSinceMs: number | undefined;
  #reported = { inUse: 0, queued: 0 };
  #settling = false;
  #unsettled = false;
  #draining = false;
  #closed = false;
  #maintenance: Timer | undefined;
  #looksAtProxies = 0;

  constructor(options: AccountPoolOptions) {
    this.account = options.account;
    this.#options = options;
    const rate = new CommandRate(options.transformReservePercent);
    this.#rate = rate;
    this.#opener = new ConnectionOpener({ ...options, rate });
    this.#dispatcher = new Dispatcher(
      { ...options, rate },
      {
        granted: () => this.#cap,
        whyNone: () => this.#whyNone(),
        onDemand: () => this.#onDemand(),
      },
    );
    this.#listener = {
      onOpened: (connection) => this.#onOpened(connection),
      onCommandEnd: (connection, command) => this.#onCommandEnd(connection, command),
      onEnd: (connection, end) => this.#onEnd(connection, end),
      onGone: (connection) => this.#onGone(connection),
    };
  }

  start(): void {
    this.#options.budget.onChange(() => this.#settle());
    this.#maintain();
    this.#settle();
  }

  /** At least one connection is logged in. */
  get ready(): boolean {
    return this.#connections.loggedIn > 0;
  }

  get waiting(): number {
    return this.#dispatcher.waiting;
  }

  waitingOf(priority: Priority): number {
    return this.#dispatcher.waitingOf(priority);
  }

  /** Commands that its connections could take at once; 0 while others wait. */
  get capacity(): number {
    return this.#dispatcher.capacity;
  }

  /** Milliseconds, all in all, in which only the rate of commands let requests wait. */
  get rationedMs(): number {
    return this.#dispatcher.rationedMs;
  }

  get connections(): PoolConnections {
    return this.#connections;
  }

  get trouble(): ConnectionTrouble | undefined {
    return this.#opener.trouble;
  }

  /** Since when (monotonic ms) the registry refuses our credentials. */
  get refusedAtMs(): number | undefined {
    return this.#opener.refusedAtMs;
  }

  /** Connections by state. */
  counts(): Record<Exclude<ConnectionState, 'gone'> | 'preparing', number> {
    return { preparing: this.#opener.preparing, ...this.#connections.counts() };
  }

  submit(work: Work): Submitted {
    const refusal = this.#refusal();
    if (refusal) return { answer: Promise.reject(refusal), cancel: () => {} };
    const { complete, offerIssues } = this.#options;
    const completed = complete ? complete(work) : work;
    const issues = (this.#greeting && offerIssues?.(completed.command, this.#greeting)) ?? [];
    if (issues.length > 0) {
      return { answer: Promise.reject(notOffered(this.account, issues)), cancel: () => {} };
    }
    return this.#dispatcher.submit(completed);
  }

  /** Finishes what waits and what runs, then logs everything out. What is left when the time is out is cut. Never rejects. */
  async drain(options: { timeoutMs: number }): Promise<void> {
    this.#draining = true;
    this.#opener.stop();
    const timer = this.#options.clock.after(options.timeoutMs, () => this.#cutAll());
    this.#settle();
    await this.#drained.promise;
    timer.cancel();
    this.#stop();
  }

  /** Cuts everything now. What was in flight ends with outcome `unknown`. */
  close(): void {
    this.#draining = true;
    this.#opener.stop();
    this.#cutAll();
    this.#stop();
    this.#drained.resolve();
  }

  #stop(): void {
    this.#closed = true;
    this.#maintenance?.cancel();
  }

  #cutAll(): void {
    const refusal = shuttingDown(this.account);
    this.#dispatcher.close(refusal);
    const reason = new EppError(refusal.message, { kind: 'shutdown', outcome: 'not-sent' });
    for (const connection of [...this.#connections]) connection.destroy(reason);
    this.#settle();
  }

  /** Why a request cannot even wait. */
  #refusal(): RequestRefused | undefined {
    if (this.#draining) return shuttingDown(this.account);
    if (this.refusedAtMs !== undefined && !this.ready) {
      return credentialsRefused(this.account, this.trouble?.message);
    }
    const barrenMs = this.#options.clock.monotonicMs() - (this.#barrenSinceMs ?? Number.POSITIVE_INFINITY);
    return barrenMs < BARREN_MS ? undefined : noConnection(this.account, this.#whyNone());
  }

  #whyNone(): string {
    const { budget } = this.#options;
    return whyNone(budget.account(this.account), {
      loggedIn: this.#connections.loggedIn,
      budgetTrouble: budget.trouble,
      trouble: this.trouble?.message,
    });
  }

  #onEnd(connection: PooledConnection, end: ConnectionEnd): void {
    this.#opener.left(connection, end, this.#connections.loggedIn);
    this.#refuseWaiting();
  }

  #onOpened(connection: PooledConnection): void {
    this.#greeting = connection.greeting;
    this.#connections.opened(connection);
    this.#opener.succeeded(connection);
    this.#dispatcher.changed(connection);
    this.#settle();
  }

  #onCommandEnd(connection: PooledConnection, command: { transform: boolean }): void {
    this.#dispatcher.commandEnded(connection, command);
    // The short way under load: nothing about connections has changed, and the next request waits already
    if (this.#excess === 0 && !this.#draining && connection.serves && connection.due === 'no') {
      this.#dispatcher.dispatch();
      this.#onDemand();
    } else {
      this.#settle();
    }
  }

  #onGone(connection: PooledConnection): void {
    this.#connections.gone(connection);
    this.#dispatcher.changed(connection);
    this.#settle();
  }

  /** Looks at the connections anew where more of them are wanted than before. */
  #onDemand(): void {
    if (this.#draining || this.#wanted() > this.#planned) this.#settle();
    else this.#report();
  }

  #wanted(): number {
    return Math.min(this.#cap, this.#dispatcher.busy + this.#dispatcher.wanted);
  }

  /** Brings connections and work into line with what is wanted. Idempotent; called on every change. */
  #settle(): void {
    this.#unsettled = true;
    // Closing a connection and telling the budget may call back into here
    if (this.#settling) return;
    this.#settling = true;
    try {
      while (this.#unsettled && !this.#closed) {
        this.#unsettled = false;
        this.#settleOnce();
      }
    } finally {
      this.#settling = false;
    }
  }

  #settleOnce(): void {
    const granted = this.#options.budget.account(this.account);
    this.#rate.change(granted.commands, this.#options.clock.monotonicMs());
    if (this.#draining) {
      this.#dispatcher.dispatch();
      this.#report();
      this.#goOnDraining();
      return;
    }
    this.#cap = granted.cap;
    this.#excess = granted.excess;
    const plan = planPool({
      ...granted,
      connections: this.#connections,
      logins: this.#opener.permission(granted),
      preparing: this.#opener.preparing,
      // Another connection would not send what the rate holds back, but its login would count
      queued: this.#dispatcher.rationed ? 0 : this.#dispatcher.wanted,
    });
    this.#planned = this.#wanted();
    // What only grows old may take its time
    const inHaste = granted.excess > 0 ? { cutQueryAfterMs: CUT_QUERY_AFTER_MS } : {};
    for (const connection of plan.retire) this.#retire(connection, inHaste);
    this.#dispatcher.dispatch();
    this.#lookWhetherBarren(granted);
    this.#report();
    this.#open(plan.open, granted.pausedUntilMs);
  }

  #lookWhetherBarren({ cap, occupied }: AccountBudget): void {
    const barren = this.#connections.size + this.#opener.preparing === 0 && cap <= occupied;
    this.#barrenSinceMs = barren ? (this.#barrenSinceMs ?? this.#options.clock.monotonicMs()) : undefined;
    if (this.#dispatcher.waiting > 0) this.#refuseWaiting();
  }

  #refuseWaiting(): void {
    const refusal = this.#refusal();
    if (refusal && !this.#draining) this.#dispatcher.cutQueue(refusal);
  }

  #retire(connection: PooledConnection, options: { cutQueryAfterMs?: number } = {}): void {
    connection.retire(options);
    this.#dispatcher.changed(connection);
  }

  #report(): void {
    const inUse = this.#dispatcher.busy;
    const queued = this.#draining ? 0 : this.#dispatcher.wanted;
    if (inUse === this.#reported.inUse && queued === this.#reported.queued) return;
    this.#reported = { inUse, queued };
    this.#options.budget.report(this.account, this.#reported);
  }

  #open(count: number, pausedUntilMs: number | undefined): void {
    const { opening } = this.#connections.counts();
    this.#opener.open(
      count,
      { opening, pausedUntilMs },
      {
        adopt: (connection) => this.#connections.add(connection),
        listener: this.#listener,
        again: () => this.#settle(),
      },
    );
  }

  /** What waits is served first, as long as there is a connection to serve it; then everything logs out. */
  #goOnDraining(): void {
    const remaining = [...this.#connections];
    if (this.waiting > 0 && remaining.some(({ state }) => state !== 'closing')) return;
    this.#dispatcher.cutQueue(shuttingDown(this.account));
    for (const connection of remaining) this.#retire(connection);
    if (remaining.length === 0) this.#drained.resolve();
  }

  #maintain(): void {
    this.#maintenance = this.#options.clock.after(MAINTENANCE_MS, () => {
      if (this.#closed) return;
      this.#settle();
      void this.#opener.lookForNewCredentials().then((found) => found && this.#settle());
      void this.#leaveOldProxies();
      this.#maintain();
    });
  }

  /** A proxy that drains keeps its streams: connections move to the others before it cuts them. */
  async #leaveOldProxies(): Promise<void> {
    const { proxies } = this.#options;
    if (!proxies || this.#looksAtProxies++ % PROXIES_EVERY !== 0) return;
    const addresses = await proxies().catch((): string[] => []);
    // Without another there is no place to go: what is open may well serve on
    if (this.#closed || addresses.length === 0) return;
    for (const connection of this.#connections) {
      if (connection.address !== undefined && !addresses.includes(connection.address)) connection.supersede();
    }
  }
}
