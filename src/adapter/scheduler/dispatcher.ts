/**
 * Hands the requests of one account out to its connections.
 *
 *   submit ─▶ parts ─▶ queue ─▶ 1 transforms: to idle connections alone
 *                               2 queries:    to the least loaded of those that are not kept for transforms;
 *                                             checks of many callers in one command
 *                               3 background: as queries, when none waits
 *
 * What is not sent goes back to its place, and a query whose connection ended is asked once more: see `Part`.
 */
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Job, type JobHost, type Part, type PartOptions } from '../job.ts';
import type { CommandObserver } from '../pool-metrics.ts';
import type { PooledConnection } from '../pooled-connection.ts';
import { ship } from '../shipment.ts';
import { type Answer, RequestRefused, type Work } from '../work.ts';
import { type CheckPolicy, checkedNames, mergeKeyOf, splitCheck } from './checks.ts';
import type { CommandRate, Left } from './command-rate.ts';
import { ConnectionChoice } from './connection-choice.ts';
import type { Priority } from './priority.ts';
import type { QueueRoom } from './queue-room.ts';
import { Ration } from './ration.ts';
import { RequestQueue } from './request-queue.ts';
import { SharedChecks } from './shared-checks.ts';

export interface DispatcherOptions {
  account: string;
  timeouts: {
    /** How long a request may wait for a connection. */
    queueMs: number;
    /** How long the registry may take to answer. */
    commandMs: number;
  };
  room: QueueRoom;
  /** Of the commands of all the account's connections. */
  rate: CommandRate;
  checks: CheckPolicy;
  /** Queries in flight on one connection. */
  depth: number;
  transformReservePercent: number;
  newTransactionId: () => string;
  observe: CommandObserver;
  clock: Clock;
  log: Log;
}

/** What the dispatcher is told by its pool. */
export interface DispatcherHost {
  /** Connections that may be open now. */
  granted(): number;
  /** Why nothing became of a request that has waited so long; for people. */
  whyNone(): string;
  /** Requests have come or gone, or commands have ended: to look whether there are enough connections. */
  onDemand(): void;
}

export interface Submitted {
  /** The registry's answer, whatever its code. Rejects with a RequestRefused (nothing was sent) or an EppError. */
  answer: Promise<Answer>;
  /** Takes the request out of the queue where it still waits: its caller has gone. */
  cancel(): void;
}

const PAUSE_BEFORE_REPEAT_MS = 25;
/** Nobody knows what will be by then. */
const LONGEST_RETRY_MS = 60_000;
const NOTHING: Left = { waiting: 0, reserve: false };

export class Dispatcher implements JobHost {
  readonly #options: DispatcherOptions;
  readonly #host: DispatcherHost;
  readonly #queue: RequestQueue<Part>;
  readonly #choice: ConnectionChoice;
  readonly #shared: SharedChecks;
  readonly #ration: Ration;
  #orders = 0;
  #lingering: Timer | undefined;
  #closed: RequestRefused | undefined;

  constructor(options: DispatcherOptions, host: DispatcherHost) {
    this.#options = options;
    this.#host = host;
    const { room, clock, checks } = options;
    this.#queue = new RequestQueue({ room, clock, mergeLimit: checks.maxNames });
    this.#shared = new SharedChecks(this.#queue, checks.maxNames);
    this.#choice = new ConnectionChoice({ ...options, granted: () => host.granted() });
    this.#ration = new Ration({
      rate: options.rate,
      clock,
      onRoom: () => {
        this.dispatch();
        host.onDemand();
      },
    });
  }

  /** Requests that wait, parts of a large check one by one. */
  get waiting(): number {
    return this.#queue.size;
  }

  waitingOf(priority: Priority): number {
    return this.#queue.sizeOf(priority);
  }

  get busy(): number {
    return this.#choice.busy;
  }

  /** Commands that could be sent at once; 0 while others wait. */
  get capacity(): number {
    return this.waiting > 0 ? 0 : this.#choice.room;
  }

  /** Connections are there, and only the rate of commands lets requests wait. */
  get rationed(): boolean {
    return this.#ration.short;
  }

  /** Milliseconds, all in all, in which only the rate of commands let requests wait. */
  get rationedMs(): number {
    return this.#ration.waitedMs(this.#options.clock.monotonicMs());
  }

  /** Connections that would serve all that wait at once. */
  get wanted(): number {
    const queue = this.#queue;
    const alongside = queue.commandsOf('query') + queue.commandsOf('background');
    return queue.sizeOf('transform') + Math.ceil(alongside / this.#options.depth);
  }

  submit(work: Work): Submitted {
    const nowMs = this.#options.clock.monotonicMs();
    const job = new Job(work, this.#partsOf(work, nowMs), this);
    if (job.priority === 'transform') {
      this.#choice.transformCame(nowMs, this.#queue.sizeOf('transform'));
    }
    this.#bound(job, work.deadlineMs, nowMs);
    this.#accept(job, nowMs);
    return { answer: job.answer, cancel: () => this.#abandon(job) };
  }

  #partsOf({ command, deadlineMs = Number.POSITIVE_INFINITY }: Work, nowMs: number): PartOptions[] {
    const { checks, timeouts } = this.#options;
    return splitCheck(command, checks.maxNames).map((part) => ({
      command: part,
      cost: checkedNames(part)?.length ?? 1,
      mergeKey: mergeKeyOf(part, checks),
      deadlineMs: Math.min(nowMs + timeouts.queueMs, deadlineMs),
      lastMs: deadlineMs,
      sinceMs: nowMs,
      order: ++this.#orders,
    }));
  }

  /** The caller's time bounds the answer, too; the session waits on, so that its next reply is not taken for another's. */
  #bound(job: Job, deadlineMs: number | undefined, nowMs: number): void {
    if (deadlineMs === undefined) return;
    job.timer = this.#options.clock.after(Math.max(0, deadlineMs - nowMs), () => job.outOfTime());
  }

  #accept(job: Job, nowMs: number): void {
    const [first] = job.parts as [Part];
    if (this.#closed) {
      job.refuse(this.#closed);
      return;
    }
    this.#shared.arrived(job.parts, nowMs);
    // The short way: where nothing waits, nothing needs to be ordered
    if (this.#queue.size === 0 && job.parts.length === 1 && this.#shared.waitMs(first, nowMs) === 0) {
      const connection = this.#connectionFor(first, nowMs);
      if (connection && first.deadlineMs > nowMs && this.#ration.allows(nowMs, this.#leftBy(first, nowMs))) {
        this.#ship(connection, [first]);
        this.#host.onDemand();
        return;
      }
    }
    for (const part of job.parts) {
      if (this.#queue.add(part)) continue;
      job.refuse(this.onFullQueue());
      return;
    }
    this.dispatch();
    this.#host.onDemand();
  }

  #abandon(job: Job): void {
    job.abandon();
    this.#host.onDemand();
  }

  /** Its state or what is in flight on it has changed. */
  changed(connection: PooledConnection): void {
    this.#choice.changed(connection);
  }

  /** One of its commands has ended. */
  commandEnded(connection: PooledConnection, command: { transform: boolean }): void {
    this.#choice.ended(connection, command);
  }

  /** Sends what can be sent. */
  dispatch(): void {
    const queue = this.#queue;
    for (let next = queue.peek('transform'); next; next = queue.peek('transform')) {
      const connection = this.#choice.idle();
      if (!connection) break;
      if (!this.#ration.allows(this.#options.clock.monotonicMs(), NOTHING)) return;
      queue.take(next);
      this.#ship(connection, [next]);
    }
    for (const priority of ['query', 'background'] as const) {
      for (let next = queue.peek(priority); next; next = queue.peek(priority)) {
        if (!this.#sendQuery(next)) return;
      }
    }
  }

  #sendQuery(next: Part): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const connection = this.#connectionFor(next, nowMs);
    if (!connection) return false;
    const waitMs = this.#shared.waitMs(next, nowMs);
    if (waitMs > 0) {
      this.#lingering ??= this.#options.clock.after(waitMs, () => {
        this.#lingering = undefined;
        this.dispatch();
        this.#host.onDemand();
      });
      return false;
    }
    if (!this.#ration.allows(nowMs, this.#leftBy(next, nowMs))) return false;
    this.#queue.take(next);
    const { parts, names } = this.#shared.gather(next);
    this.#ship(connection, parts, names);
    return true;
  }

  #leftBy({ priority }: Part, nowMs: number): Left {
    if (priority === 'transform' || !this.#options.rate.limited) return NOTHING;
    return { waiting: this.#queue.sizeOf('transform'), reserve: this.#choice.reserves(nowMs) };
  }

  #connectionFor(part: Part, nowMs: number): PooledConnection | undefined {
    if (part.priority === 'transform') return this.#choice.idle();
    const connection = this.#choice.shared(nowMs, this.#queue.sizeOf('transform'));
    return part.transform && connection?.inFlight !== 0 ? undefined : connection;
  }

  #ship(connection: PooledConnection, parts: Part[], names?: string[]): void {
    const { account, clock, log, newTransactionId, observe, rate, timeouts } = this.#options;
    const nowMs = clock.monotonicMs();
    if (rate.limited) this.#ration.sent(nowMs);
    for (const part of parts) observe.waited(part.priority, nowMs - part.sinceMs);
    if (parts[0]?.checks) observe.checked(names?.length ?? parts[0].cost);
    this.#choice.begins(connection, parts[0] as Part);
    const shipment = {
      account,
      parts,
      names,
      clTRID: parts[0]?.job.clTRID ?? newTransactionId(),
      timeoutMs: timeouts.commandMs,
      nowMs: () => clock.monotonicMs(),
      log,
      again: (part: Part, after: 'again' | 'again-soon') => this.#again(part, after),
      apart: (groups: readonly (readonly Part[])[]) => this.#apart(groups),
    };
    void ship(shipment, connection);
    this.#choice.changed(connection);
  }

  #again(part: Part, after: 'again' | 'again-soon'): void {
    const { clock } = this.#options;
    if (after === 'again-soon') clock.after(PAUSE_BEFORE_REPEAT_MS, () => this.#tryAgain([part]));
    else this.#tryAgain([part]);
  }

  #apart(groups: readonly (readonly Part[])[]): void {
    const untilMs = this.#options.clock.monotonicMs() + this.#options.timeouts.queueMs;
    for (const group of groups) {
      // No key of checks begins so
      const key = group.length > 1 ? `apart ${++this.#orders}` : undefined;
      for (const part of group) part.apart(key, untilMs);
    }
    this.#tryAgain(groups.flat());
  }

  #tryAgain(parts: readonly Part[]): void {
    for (const part of parts) {
      const { job } = part;
      if (job.settled) continue;
      if (this.#closed) {
        job.refuse(this.#closed);
      } else if (job.abandoned) {
        job.refuse(new RequestRefused('caller-gone', 'the caller has gone'));
      } else {
        part.sinceMs = this.#options.clock.monotonicMs();
        this.#queue.putBack(part);
      }
    }
    this.dispatch();
    this.#host.onDemand();
  }

  leaveQueue(part: Part): boolean {
    return this.#queue.remove(part);
  }

  onFullQueue(): RequestRefused {
    const { account, room } = this.#options;
    const message = `${account}: ${room.limit} requests wait for a connection already`;
    return new RequestRefused('queue-full', message, this.#backlogMs());
  }

  onExpiry(): RequestRefused {
    const { account, rate } = this.#options;
    const why = this.rationed
      ? `its turn did not come in time: the budget gives this adapter ${rate.words}`
      : `no connection became free in time: ${this.#host.whyNone()}`;
    const message = `${account}: ${why}, ${this.#queue.size} more requests wait`;
    return new RequestRefused('queue-expired', message, this.#backlogMs());
  }

  /** How long what waits will take, as far as only the rate of commands is in the way; undefined: it is not. */
  #backlogMs(): number | undefined {
    if (!this.rationed) return undefined;
    return Math.min(LONGEST_RETRY_MS, this.#options.rate.timeOfMs(this.#queue.commands));
  }

  /** Refuses what waits. */
  cutQueue(refusal: RequestRefused): void {
    for (let part = this.#queue.takeAny(); part; part = this.#queue.takeAny()) part.job.refuse(refusal);
  }

  /** Nothing is taken or tried again any more. */
  close(refusal: RequestRefused): void {
    this.#closed = refusal;
    this.#lingering?.cancel();
    this.cutQueue(refusal);
    this.#ration.stop();
  }
}
