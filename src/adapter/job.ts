/**
 * One request on its way through a pool, and the one answer that its caller gets. It goes in parts, each of them one command
 * or a share of one:
 *
 *   Job ── Part ──▶ queue ──▶ command ──▶ answer ─╮
 *       ╲─ Part ──▶ queue ──▶ command ──▶ answer ─┴─▶ joined, told once    (one part, unless a check has too many names)
 */
import type { EppCommand, EppResponse } from '../epp/command.ts';
import { EppError } from '../epp/session.ts';
import type { Timer } from '../lib/clock.ts';
import { joinAnswers } from './scheduler/checks.ts';
import type { Place } from './scheduler/fair-queue.ts';
import type { Priority } from './scheduler/priority.ts';
import type { Seat } from './scheduler/queue-room.ts';
import type { QueueEntry } from './scheduler/request-queue.ts';
import { type Answer, mayTryAgain, RequestRefused, type Work } from './work.ts';

/** What follows a failed attempt: nothing, the next one at once, or one after a short pause. */
export type AfterAttempt = 'settled' | 'again' | 'again-soon';

/** What a part is made of. */
export interface PartOptions {
  command: EppCommand;
  cost: number;
  mergeKey: string | undefined;
  /** Monotonic milliseconds until which it may wait for a connection. */
  deadlineMs: number;
  /** Monotonic milliseconds after which its caller has no use for it, however often it was tried. */
  lastMs: number;
  order: number;
  /** Monotonic milliseconds since when it waits. */
  sinceMs: number;
}

export interface JobHost {
  /** Why a request has waited in vain. */
  onExpiry(): RequestRefused;
  onFullQueue(): RequestRefused;
  /** Takes a part out of the queue where it still waits. */
  leaveQueue(part: Part): boolean;
}

export class Job {
  readonly transform: boolean;
  readonly priority: Priority;
  readonly tenant: string;
  /** What its attempts are called by; undefined: each gets a name of its own. */
  readonly clTRID: string | undefined;
  /** Rejects with a RequestRefused (nothing was sent) or an EppError. */
  readonly answer: Promise<Answer>;
  readonly parts: readonly Part[];
  /** Of the caller's deadline. */
  timer: Timer | undefined;
  readonly host: JobHost;
  readonly #settle: { resolve(answer: Answer): void; reject(error: EppError | RequestRefused): void };
  readonly #answers: (Answer | undefined)[];
  #missing: number;
  #settled = false;
  #abandoned = false;

  constructor(work: Work, parts: readonly PartOptions[], host: JobHost) {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.transform = work.transform;
    this.priority = work.priority ?? (work.transform ? 'transform' : 'query');
    this.tenant = work.tenant ?? '';
    this.clTRID = work.transform ? work.clTRID : undefined;
    this.answer = promise;
    this.host = host;
    this.#settle = { resolve, reject };
    this.parts = parts.map((part, index) => new Part(this, index, part));
    this.#answers = parts.map(() => undefined);
    this.#missing = parts.length;
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** It has its answer, whatever that is. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Its caller has gone: what was sent is finished, but nothing is sent any more. */
  abandon(): void {
    this.#abandoned = true;
    const waiting = this.parts.filter((part) => this.host.leaveQueue(part));
    if (waiting.length > 0) this.refuse(new RequestRefused('caller-gone', 'the caller has gone'));
  }

  /** Nobody waits any longer. What waits for a connection expires by itself at that moment. */
  outOfTime(): void {
    const running = this.parts.find((part) => part.clTRID !== undefined);
    if (this.#settled || !running) return;
    const { clTRID } = running;
    this.fail(
      new EppError("the registry has not answered within the caller's time", {
        kind: 'timeout',
        outcome: 'unknown',
        ...(clTRID === undefined ? {} : { clTRID }),
      }),
    );
  }

  /** It is not tried any more. What is known of an earlier attempt counts for more than why. */
  refuse(refusal: RequestRefused): void {
    this.fail(this.parts.find(({ unknown }) => unknown)?.unknown ?? refusal);
  }

  fail(error: EppError | RequestRefused): void {
    if (this.#settled) return;
    this.#end();
    this.#settle.reject(error);
    if (this.parts.length > 1) for (const part of this.parts) this.host.leaveQueue(part);
  }

  /** @returns false when that comes too late for the caller */
  answered(index: number, answer: Answer): boolean {
    if (this.#settled) return false;
    this.#answers[index] = answer;
    if (--this.#missing > 0) return true;
    this.#end();
    const answers = this.#answers as Answer[];
    this.#settle.resolve(answers.length === 1 ? answer : joinAnswers(answers));
    return true;
  }

  #end(): void {
    this.#settled = true;
    this.timer?.cancel();
  }
}

export class Part implements QueueEntry {
  readonly job: Job;
  readonly command: EppCommand;
  readonly cost: number;
  readonly order: number;
  readonly priority: Priority;
  readonly tenant: string;
  readonly takesRoom: boolean;
  deadlineMs: number;
  sinceMs: number;
  mergeKey: string | undefined;
  place: Place | undefined;
  seat: Seat | undefined;
  timer: Timer | undefined;
  /** Of the attempt that runs. */
  clTRID: string | undefined;
  readonly #index: number;
  readonly #lastMs: number;
  /** How often an attempt ended `unknown`, and the last of these. */
  #unknowns = 0;
  #unknown: EppError | undefined;

  constructor(job: Job, index: number, options: PartOptions) {
    this.job = job;
    this.#index = index;
    this.command = options.command;
    this.cost = options.cost;
    this.mergeKey = options.mergeKey;
    this.deadlineMs = options.deadlineMs;
    this.#lastMs = options.lastMs;
    this.order = options.order;
    this.sinceMs = options.sinceMs;
    this.priority = job.priority;
    this.tenant = job.tenant;
    this.takesRoom = index === 0;
  }

  get transform(): boolean {
    return this.job.transform;
  }

  get checks(): boolean {
    return this.command.command === 'check';
  }

  get unknown(): EppError | undefined {
    return this.#unknown;
  }

  expired(): void {
    this.job.refuse(this.job.host.onExpiry());
  }

  pushedOut(): void {
    if (this.job.host.leaveQueue(this)) this.job.refuse(this.job.host.onFullQueue());
  }

  /** @returns false when that comes too late for the caller */
  answered(response: EppResponse, clTRID: string): boolean {
    this.clTRID = undefined;
    return this.job.answered(this.#index, { response, clTRID });
  }

  /** Shares a command with that group alone; undefined: with nobody. It may wait until then, if its caller does. */
  apart(group: string | undefined, untilMs: number): void {
    this.mergeKey = group;
    this.deadlineMs = Math.min(this.#lastMs, Math.max(this.deadlineMs, untilMs));
  }

  /** Nothing was written, nor would be by another attempt. */
  refused(refusal: RequestRefused): void {
    this.clTRID = undefined;
    this.job.refuse(refusal);
  }

  failed(error: EppError, nowMs: number): AfterAttempt {
    this.clTRID = undefined;
    if (error.outcome === 'unknown') {
      this.#unknowns++;
      this.#unknown = error;
    }
    const { transform, deadlineMs } = this;
    const again = mayTryAgain({ transform, error, unknowns: this.#unknowns, nowMs, deadlineMs });
    if (!again || this.job.abandoned || this.job.settled) {
      this.job.fail(error);
      return 'settled';
    }
    // What cut this connection may just be cutting the others, and the next attempt is the last
    return error.outcome === 'not-sent' ? 'again' : 'again-soon';
  }
}
