/**
 * Takes the messages of an account's queue (RFC 5730 section 2.9.2.3).
 *
 *   poll req ──1301──▶ sink takes it ─────────────────────▶ poll ack ──▶ poll req …
 *       │                  │ refuses it for good, or has         ▲
 *       │ 1300             │ failed at it in many runs           │      acknowledged only after somebody has it durably;
 *       ▼                  ▼                                     │      a sink that is away leaves the message at
 *     done             set aside ────────────────────────────────┘      the registry
 *       ╰─ unreadable ─────▲
 *
 * At least once: after an acknowledgement whose outcome is unknown the registry may give the message again. The one taken last is
 * then only acknowledged; a message that another process took may still come twice, and its id tells.
 */
import { type EppCommand, type EppResponse, resultCode } from '../../epp/command.ts';
import { EppError } from '../../epp/session.ts';
import { messageOf } from '../../lib/errors.ts';
import type { PeriodicJob, Term } from './periodic.ts';
import {
  MessageFailed,
  MessageRefused,
  type MessageSink,
  messageIn,
  type PollMessage,
  unreadableMessageIn,
} from './poll-message.ts';

/** Sends a command in the name of the account and gives the registry's answer, whatever its code. */
export type Ask = (command: EppCommand, term: Term) => Promise<EppResponse>;

export interface PollEvents {
  /** How many wait at the registry, as far as it told, and when it put the first of them there. */
  waiting(count: number, oldest?: Date): void;
  delivered(): void;
  setAside(message: PollMessage, reason: string): void;
}

export interface PollOptions {
  account: string;
  intervalMs: number;
  ask: Ask;
  sink: MessageSink;
  /** Takes what the sink refuses. */
  setAside: MessageSink;
  events: PollEvents;
}

const NO_MESSAGES = 1300;
const ACK_TO_DEQUEUE = 1301;
const OBJECT_DOES_NOT_EXIST = 2303;
/** Then the other jobs have their turn. */
const MOST_IN_ONE_RUN = 1_000;
/** In so many runs a sink may fail at a message that holds up all behind it. */
const FAILED_RUNS = 5;

export function pollJob(options: PollOptions): PeriodicJob {
  const queue = new MessageQueue(options);
  return {
    name: 'poll',
    intervalMs: options.intervalMs,
    async run(term) {
      for (let count = 0; count < MOST_IN_ONE_RUN && !term.signal.aborted; count++) {
        const message = await queue.first(term);
        if (!message) return;
        await queue.handOver(message, term);
        await queue.acknowledge(message.id, term);
      }
    },
  };
}

class MessageQueue {
  readonly #options: PollOptions;
  /** Delivered, but perhaps not acknowledged. */
  #taken: string | undefined;
  #failing = { id: '', runs: 0 };

  constructor(options: PollOptions) {
    this.#options = options;
  }

  /** Undefined: none waits. */
  async first(term: Term): Promise<PollMessage | undefined> {
    const message = await this.#request(term);
    this.#options.events.waiting(message?.count ?? 0, queuedAt(message));
    return message;
  }

  async #request(term: Term): Promise<PollMessage | undefined> {
    const { account, ask } = this.#options;
    try {
      const answer = await ask({ command: 'poll', body: { op: 'req' } }, term);
      const code = resultCode(answer);
      if (code === NO_MESSAGES) return undefined;
      if (code !== ACK_TO_DEQUEUE) throw refused('give', answer);
      return messageIn(answer, account);
    } catch (error) {
      const frame = error instanceof EppError ? error.frame : undefined;
      const message = frame && unreadableMessageIn(frame, { account, reason: messageOf(error) });
      if (!message) throw error;
      return message;
    }
  }

  /** Resolves when somebody has the message. */
  async handOver(message: PollMessage, term: Term): Promise<void> {
    if (message.id === this.#taken) return;
    const { events, setAside, sink } = this.#options;
    const reason = message.unreadable?.reason ?? (await this.#deliver(message, sink, term));
    if (reason === undefined) {
      events.delivered();
    } else {
      await setAside.deliver(message, term.signal);
      events.setAside(message, reason);
    }
    this.#taken = message.id;
  }

  /** Why the message must be set aside; undefined when it was taken. */
  async #deliver(message: PollMessage, sink: MessageSink, term: Term): Promise<string | undefined> {
    try {
      await sink.deliver(message, term.signal);
      return undefined;
    } catch (error) {
      if (error instanceof MessageRefused) return messageOf(error);
      if (!(error instanceof MessageFailed)) throw error;
      const { id, runs } = this.#failing;
      this.#failing = { id: message.id, runs: id === message.id ? runs + 1 : 1 };
      if (this.#failing.runs < FAILED_RUNS) throw error;
      return `${messageOf(error)}, in each of ${FAILED_RUNS} runs`;
    }
  }

  async acknowledge(id: string, term: Term): Promise<void> {
    const { ask, events } = this.#options;
    const answer = await ask({ command: 'poll', body: { op: 'ack', msgID: id } }, term);
    const code = resultCode(answer);
    // Gone already: an acknowledgement of which we never heard did arrive
    if (code >= 2000 && code !== OBJECT_DOES_NOT_EXIST) throw refused('acknowledge', answer);
    this.#taken = undefined;
    const left = answer.messageQueue?.count;
    if (left !== undefined) events.waiting(left);
  }
}

/** A registry may write what it likes there. */
function queuedAt(message: PollMessage | undefined): Date | undefined {
  const date = new Date(message?.date ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function refused(what: string, answer: EppResponse): Error {
  const [result] = answer.results;
  return new Error(
    `the registry would not ${what} a poll message: ${result?.code ?? 'no code'} ${result?.message ?? ''}`,
  );
}
