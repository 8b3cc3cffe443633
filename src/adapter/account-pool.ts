/**
 * The connections of this process to one registry account, and the requests that wait for one.
 *
 *   submit ──▶ queue ──▶ an idle connection ──▶ run ──▶ answered: done
 *                ▲                               │
 *                └── not sent; a query, once ◀───┘ failed: told to the caller with its outcome
 *
 * Every connection is a slot of the budget before it is a socket. How many there should be is `planPool`'s word, how fast
 * they may be opened `ConnectionOpener`'s; here both are carried out, on every change.
 */
import { EppError } from '../epp/session.ts';
import type { Timer } from '../lib/clock.ts';
import {
  ConnectionOpener,
  type ConnectionOpenerOptions,
  type ConnectionTrouble,
} from './connection-opener.ts';
import { Job } from './job.ts';
import { planPool } from './pool-plan.ts';
import type { ConnectionListener, ConnectionState, PooledConnection } from './pooled-connection.ts';
import { type QueueRoom, RequestQueue } from './request-queue.ts';
import { type Answer, RequestRefused, type Work } from './work.ts';

export interface AccountPoolOptions extends ConnectionOpenerOptions {
  timeouts: {
    /** How long a request may wait for a connection. */
    queueMs: number;
    /** How long the registry may take to answer. */
    commandMs: number;
  };
  room: QueueRoom;
  newTransactionId: () => string;
}

export interface Submitted {
  /** The registry's answer, whatever its code. Rejects with a RequestRefused (nothing was sent) or an EppError. */
  answer: Promise<Answer>;
  /** Takes the request out of the queue where it still waits: its caller has gone. */
  cancel(): void;
}

const MAINTENANCE_MS = 1_000;
const CUT_QUERY_AFTER_MS = 5_000;
const PAUSE_BEFORE_REPEAT_MS = 25;
const REFUSED_RETRY_AFTER_MS = 60_000;

export class AccountPool {
  readonly account: string;
  readonly #options: AccountPoolOptions;
  readonly #opener: ConnectionOpener;
  readonly #queue: RequestQueue<Job>;
  readonly #connections = new Set<PooledConnection>();
  /** Last in, first out: the others stay idle, and are what a shrink takes. May hold some that are idle no more. */
  readonly #idle: PooledConnection[] = [];
  readonly #listener: ConnectionListener;
  readonly #drained = Promise.withResolvers<void>();
  #running = 0;
  /** What the budget wants back; read anew with every change of it. */
  #excess = 0;
  #reported = { inUse: 0, queued: 0 };
  #settling = false;
  #unsettled = false;
  #draining = false;
  #closed = false;
  #maintenance: Timer | undefined;

  constructor(options: AccountPoolOptions) {
    this.account = options.account;
    this.#options = options;
    this.#opener = new ConnectionOpener(options);
    this.#queue = new RequestQueue({ room: options.room, clock: options.clock });
    this.#listener = {
      onOpened: (connection) => this.#onOpened(connection),
      onCommandEnd: (connection) => this.#onCommandEnd(connection),
      onEnd: (connection, end) => this.#opener.left(connection, end, this.#loggedIn()),
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
    return this.#loggedIn() > 0;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  get connections(): Iterable<PooledConnection> {
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
    const counts = { preparing: this.#opener.preparing, opening: 0, idle: 0, busy: 0, closing: 0 };
    for (const { state } of this.#connections) if (state !== 'gone') counts[state]++;
    return counts;
  }

  submit(work: Work): Submitted {
    const { clock, timeouts } = this.#options;
    const job = new Job(work, {
      deadlineMs: clock.monotonicMs() + timeouts.queueMs,
      onExpiry: () => this.#expiry(),
    });
    this.#accept(job);
    return { answer: job.answer, cancel: () => this.#abandon(job) };
  }

  #accept(job: Job): void {
    const refusal = this.#refusal();
    if (refusal) {
      job.refuse(refusal);
      return;
    }
    const idle = this.#excess === 0 && this.#queue.size === 0 ? this.#takeIdle() : undefined;
    if (idle) {
      this.#run(idle, job);
    } else {
      job.place = this.#queue.add(job);
      if (!job.place) {
        job.refuse(this.#fullQueue());
        return;
      }
    }
    this.#settle();
  }

  #abandon(job: Job): void {
    job.abandon();
    if (!job.place || !this.#queue.remove(job.place)) return;
    job.refuseAbandoned();
    this.#settle();
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
    this.#cutQueue();
    const reason = new EppError(this.#shuttingDown(), { kind: 'shutdown', outcome: 'not-sent' });
    for (const connection of [...this.#connections]) connection.destroy(reason);
    this.#settle();
  }

  #cutQueue(): void {
    for (let job = this.#queue.take(); job; job = this.#queue.take()) {
      job.refuse(new RequestRefused('draining', this.#shuttingDown()));
    }
  }

  #shuttingDown(): string {
    return `${this.account}: this adapter is shutting down; ask another of the set`;
  }

  /** Why a request cannot even wait. */
  #refusal(): RequestRefused | undefined {
    if (this.#draining) return new RequestRefused('draining', this.#shuttingDown());
    if (this.refusedAtMs === undefined || this.ready) return undefined;
    return new RequestRefused(
      'account-unavailable',
      `${this.account}: the registry refuses our credentials (${this.trouble?.message ?? 'see the log'})`,
      REFUSED_RETRY_AFTER_MS,
    );
  }

  #fullQueue(): RequestRefused {
    const { limit } = this.#options.room;
    return new RequestRefused(
      'queue-full',
      `${this.account}: ${limit} requests wait for a connection already`,
    );
  }

  #expiry(): RequestRefused {
    const { occupied, cap } = this.#options.budget.account(this.account);
    const open = this.#loggedIn();
    const why =
      open > 0
        ? `all ${open} were at work`
        : (this.#options.budget.trouble ?? this.trouble?.message ?? 'none was open yet');
    return new RequestRefused(
      'queue-expired',
      `${this.account}: no connection became free within ${this.#options.timeouts.queueMs} ms: ${why} (${occupied} of ${cap} connections taken, ${this.#queue.size} more requests wait)`,
    );
  }

  #run(connection: PooledConnection, job: Job): void {
    const { clock, log, newTransactionId, timeouts } = this.#options;
    this.#running++;
    const attempt = job.run(connection, {
      account: this.account,
      clTRID: newTransactionId(),
      timeoutMs: timeouts.commandMs,
      nowMs: () => clock.monotonicMs(),
      log,
    });
    void attempt.then((after) => {
      if (after === 'again') this.#tryAgain(job);
      else if (after === 'again-soon') clock.after(PAUSE_BEFORE_REPEAT_MS, () => this.#tryAgain(job));
    });
  }

  #tryAgain(job: Job): void {
    if (this.#closed) {
      job.refuse(new RequestRefused('draining', this.#shuttingDown()));
    } else if (job.abandoned) {
      job.refuseAbandoned();
    } else {
      job.place = this.#queue.putBack(job);
      this.#settle();
    }
  }

  #onOpened(connection: PooledConnection): void {
    this.#opener.succeeded();
    if (connection.state === 'idle') this.#idle.push(connection);
    this.#settle();
  }

  #onCommandEnd(connection: PooledConnection): void {
    this.#running--;
    if (connection.state === 'idle') {
      // The short way under load: nothing about connections has changed, and the next request waits already
      const job = this.#excess === 0 && connection.due === 'no' ? this.#queue.take() : undefined;
      if (job) {
        this.#run(connection, job);
        this.#report();
        return;
      }
      this.#idle.push(connection);
    }
    this.#settle();
  }

  #onGone(connection: PooledConnection): void {
    this.#connections.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#settle();
  }

  #takeIdle(): PooledConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (!connection || connection.state === 'idle') return connection;
    }
  }

  #loggedIn(): number {
    let count = 0;
    for (const connection of this.#connections) if (connection.loggedIn) count++;
    return count;
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
    if (this.#draining) {
      this.#dispatch();
      this.#report();
      this.#goOnDraining();
      return;
    }
    const granted = this.#options.budget.account(this.account);
    this.#excess = granted.excess;
    const plan = planPool({
      ...granted,
      connections: this.#connections,
      preparing: this.#opener.preparing,
      queued: this.#queue.size,
    });
    for (const connection of plan.retire) connection.retire({ cutQueryAfterMs: CUT_QUERY_AFTER_MS });
    this.#dispatch();
    this.#report();
    this.#open(plan.open, granted.pausedUntilMs);
  }

  #dispatch(): void {
    while (this.#queue.size > 0) {
      const connection = this.#takeIdle();
      if (!connection) return;
      const job = this.#queue.take();
      if (!job) {
        this.#idle.push(connection);
        return;
      }
      this.#run(connection, job);
    }
  }

  #report(): void {
    const inUse = this.#running;
    const queued = this.#draining ? 0 : this.#queue.size;
    if (inUse === this.#reported.inUse && queued === this.#reported.queued) return;
    this.#reported = { inUse, queued };
    this.#options.budget.report(this.account, this.#reported);
  }

  #open(count: number, pausedUntilMs: number | undefined): void {
    let opening = 0;
    for (const { state } of this.#connections) if (state === 'opening') opening++;
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
    if (this.#queue.size > 0 && remaining.some(({ state }) => state !== 'closing')) return;
    this.#cutQueue();
    for (const connection of remaining) connection.retire();
    if (remaining.length === 0) this.#drained.resolve();
  }

  #maintain(): void {
    this.#maintenance = this.#options.clock.after(MAINTENANCE_MS, () => {
      if (this.#closed) return;
      this.#settle();
      void this.#opener.lookForNewCredentials().then((found) => found && this.#settle());
      this.#maintain();
    });
  }
}
