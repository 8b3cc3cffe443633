/** One request on its way through a pool: its attempts, and the one answer that its caller gets. */
import { EppError } from '../epp/session.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { PooledConnection } from './pooled-connection.ts';
import type { QueueEntry, Waiting } from './request-queue.ts';
import { type Answer, mayTryAgain, RequestRefused, type Work } from './work.ts';

/** What follows an attempt: nothing, the next one at once, or one after a short pause. */
export type AfterAttempt = 'settled' | 'again' | 'again-soon';

export interface Attempt {
  account: string;
  clTRID: string;
  /** Time for the reply, in milliseconds. */
  timeoutMs: number;
  /** Monotonic milliseconds, asked when the attempt has failed. */
  nowMs: () => number;
  log: Log;
}

export class Job implements QueueEntry {
  readonly transform: boolean;
  readonly deadlineMs: number;
  /** Rejects with a RequestRefused (nothing was sent) or an EppError. */
  readonly answer: Promise<Answer>;
  /** Where it waits; undefined while it runs. */
  place: Waiting<Job> | undefined;
  readonly #work: Work;
  readonly #onExpiry: () => RequestRefused;
  readonly #settle: { resolve(answer: Answer): void; reject(error: EppError | RequestRefused): void };
  #abandoned = false;
  /** How often an attempt ended `unknown`, and the last of these. */
  #unknowns = 0;
  #unknown: EppError | undefined;

  constructor(work: Work, options: { deadlineMs: number; onExpiry: () => RequestRefused }) {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.transform = work.transform;
    this.deadlineMs = options.deadlineMs;
    this.answer = promise;
    this.#work = work;
    this.#onExpiry = options.onExpiry;
    this.#settle = { resolve, reject };
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  expired(): void {
    this.refuse(this.#onExpiry());
  }

  /** Its caller has gone: what was sent is finished, but nothing is sent any more. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** It is not tried any more. What is known of an earlier attempt counts for more than why. */
  refuse(refusal: RequestRefused): void {
    this.#settle.reject(this.#unknown ?? refusal);
  }

  refuseAbandoned(): void {
    this.refuse(new RequestRefused('caller-gone', 'the caller has gone'));
  }

  /** Writes the command before it returns; never rejects. */
  async run(connection: PooledConnection, attempt: Attempt): Promise<AfterAttempt> {
    const { clTRID, timeoutMs } = attempt;
    this.place = undefined;
    try {
      const command = { ...this.#work.command, clTRID };
      const response = await connection.run(command, { transform: this.transform, timeoutMs });
      this.#settle.resolve({ response, clTRID });
      return 'settled';
    } catch (thrown) {
      return this.#afterFailure(asEppError(thrown, attempt), attempt.nowMs());
    }
  }

  #afterFailure(error: EppError, nowMs: number): AfterAttempt {
    if (error.outcome === 'unknown') {
      this.#unknowns++;
      this.#unknown = error;
    }
    const { transform, deadlineMs } = this;
    const again = mayTryAgain({ transform, error, unknowns: this.#unknowns, nowMs, deadlineMs });
    if (!again || this.#abandoned) {
      this.#settle.reject(error);
      return 'settled';
    }
    // What cut this connection may just be cutting the others, and the next attempt is the last
    return error.outcome === 'not-sent' ? 'again' : 'again-soon';
  }
}

function asEppError(thrown: unknown, { account, clTRID, log }: Attempt): EppError {
  if (thrown instanceof EppError) {
    const { kind, outcome, code } = thrown;
    const told = code === undefined ? {} : { code };
    return new EppError(thrown.message, { kind, outcome, clTRID, cause: thrown, ...told });
  }
  // Not foreseen: whether a byte was written is not known
  const message = messageOf(thrown);
  log.error({ account, clTRID, error: message }, 'a command failed in an unforeseen way');
  return new EppError(message, { kind: 'protocol', outcome: 'unknown', clTRID, cause: thrown });
}
