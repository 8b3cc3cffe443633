import { maySpeakOf } from './answer-subject.ts';
import type { CheckedCommand } from './checked-command.ts';
import type { EppResponse } from './command.ts';
import type { ServerFrame } from './responses/response.ts';
import type { EppError } from './session.ts';

/** A command on its way: waiting for its turn, or written and waiting for its reply. */
export interface Exchange {
  readonly command: CheckedCommand;
  /** Undefined of a hello, which has none (RFC 5730 section 2.3). */
  readonly clTRID: string | undefined;
  /** The document to write; made before the turn comes, so that nothing can fail then. */
  readonly xml: string;
  /** For the reply, in milliseconds from the write. */
  readonly timeoutMs: number;
  /** Monotonic milliseconds after which it is not written any more; Infinity: none. */
  readonly deadlineMs: number;
  /** Monotonic milliseconds at which its reply is overdue; NaN until it is written. */
  dueMs: number;
  /** Nobody waits for the reply any more; it keeps its place, so that the reply is not taken for another's. */
  givenUp: boolean;
  /** Stops listening for its withdrawal. */
  unlisten: (() => void) | undefined;
  resolve(response: EppResponse): void;
  reject(error: EppError): void;
}

export type Match = { exchange: Exchange; response: EppResponse } | { problem: string };

const CLIENT_ID = /<(?:[\w.-]+:)?clTRID[^>]*>\s*([^<\s]+)/g;

/**
 * Commands written and not yet answered, oldest first. A registry answers in order (RFC 5734 section 3), and every reply
 * repeats the clTRID of its command: both are held to, because a reply taken for another command's mixes up answers without
 * anyone noticing.
 */
export class InFlight {
  readonly #exchanges: Exchange[] = [];

  get length(): number {
    return this.#exchanges.length;
  }

  /** The one whose reply comes next. */
  get head(): Exchange | undefined {
    return this.#exchanges[0];
  }

  add(exchange: Exchange): void {
    this.#exchanges.push(exchange);
  }

  /** The last so many, oldest first. */
  last(count: number): Exchange[] {
    return this.#exchanges.slice(this.#exchanges.length - count);
  }

  /**
   * The exchange that a frame answers, and its reply; or why it answers none.
   * @param written so many, the oldest, can be answered: the others were not written yet
   */
  match(frame: ServerFrame, written = this.#exchanges.length): Match {
    const head = written > 0 ? this.#exchanges[0] : undefined;
    if (!head) return { problem: `a ${told(frame)} came although no command was in flight` };
    const isHello = head.command.command === 'hello';
    if (frame.kind === 'greeting') {
      if (!isHello) return { problem: `a greeting came in answer to ${head.command.command}` };
      this.#exchanges.shift();
      return { exchange: head, response: { results: [], data: { ...frame.greeting } } };
    }
    const { clTRID } = frame.response;
    if (clTRID === undefined ? written > 1 : isHello || clTRID !== head.clTRID) {
      const expected = head.clTRID ?? 'that of a hello';
      return {
        problem: `a ${told(frame)} with clTRID ${clTRID ?? '(none)'} came where ${expected} was expected`,
      };
    }
    // With several in flight a registry can put one's clTRID into another's answer
    if (written > 1 && !maySpeakOf(head.command, frame.response)) {
      return { problem: `a ${told(frame)} with clTRID ${clTRID} speaks of other names than its command` };
    }
    this.#exchanges.shift();
    return { exchange: head, response: frame.response };
  }

  /**
   * The exchange that a frame answers which cannot be read: the oldest, where the frame names its clTRID, or where it alone
   * can be meant and the frame names none. It has left.
   * @param written as in `match`
   */
  matchUnreadable(document: string, written = this.#exchanges.length): Exchange | undefined {
    const head = written > 0 ? this.#exchanges[0] : undefined;
    if (head?.clTRID === undefined) return undefined;
    const named = [...document.matchAll(CLIENT_ID)].map(([, clTRID]) => clTRID);
    if (!named.includes(head.clTRID) && (named.length > 0 || written > 1)) return undefined;
    return this.#exchanges.shift();
  }

  /** Those whose reply is overdue, oldest first. */
  overdue(nowMs: number): Exchange[] {
    return this.#exchanges.filter(({ dueMs, givenUp }) => dueMs <= nowMs && !givenUp);
  }

  /** When the next reply is overdue, in monotonic milliseconds; Infinity: none is. */
  nextDueMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { dueMs, givenUp } of this.#exchanges) if (!givenUp && dueMs < next) next = dueMs;
    return next;
  }

  /** Empties the queue. */
  takeAll(): Exchange[] {
    return this.#exchanges.splice(0);
  }
}

/** With its code: a registry that is about to close may say so unasked. */
function told(frame: ServerFrame): string {
  if (frame.kind === 'greeting') return 'greeting';
  const [result] = frame.response.results;
  return `reply (${result?.code ?? 'no code'}: ${result?.message ?? ''})`;
}
