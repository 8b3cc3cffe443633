/**
 * Takes the messages of an account's queue (RFC 5730 section 2.9.2.3).
 *
 *   poll req ──1301──▶ sink takes it ────────────▶ poll ack ──▶ poll req …
 *       │                  │ refuses it for good      ▲
 *       │ 1300             └───▶ set aside ───────────┘     acknowledged only after somebody has it durably;
 *       ▼                                                   a sink that is away leaves the message at the registry
 *     done
 *
 * At least once: after an acknowledgement whose outcome is unknown the registry may give the message again. The one taken last is
 * then only acknowledged; a message that another process took may still come twice, and its id tells.
 */
import { type EppCommand, type EppResponse, resultCode } from '../../epp/command.ts';
import { messageOf } from '../../lib/errors.ts';
import type { PeriodicJob, Term } from './periodic.ts';

/** A message as a sink gets it. Everything but the account, the id and the count is the registry's. */
export interface PollMessage {
  account: string;
  id: string;
  /** Messages in the queue, this one included. */
  count: number;
  /** When the registry put it there: XML Schema dateTime. */
  date?: string;
  message?: string;
  /** As of a response; see docs/http-api.md. */
  data?: Record<string, unknown>;
  dataType?: string;
  rawData?: string[];
  extensions?: EppResponse['extensions'];
  results: EppResponse['results'];
  svTRID?: string;
}

/** The sink will never take this message. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
}

/** Where messages go. Resolves when the message is safe. Rejects with a MessageRefused where no later try will help. */
export interface MessageSink {
  deliver(message: PollMessage, signal: AbortSignal): Promise<void>;
}

/** Sends a command in the name of the account and gives the registry's answer, whatever its code. */
export type Ask = (command: EppCommand, term: Term) => Promise<EppResponse>;

export interface PollEvents {
  /** How many wait at the registry, as far as it told. */
  waiting(count: number): void;
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

export function pollJob(options: PollOptions): PeriodicJob {
  /** Delivered, but perhaps not acknowledged. */
  let taken: string | undefined;
  const { account, ask, events, sink } = options;

  async function handOver(message: PollMessage, term: Term): Promise<void> {
    if (message.id === taken) return;
    try {
      await sink.deliver(message, term.signal);
      events.delivered();
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      await options.setAside.deliver(message, term.signal);
      events.setAside(message, messageOf(error));
    }
    taken = message.id;
  }

  async function acknowledge(id: string, term: Term): Promise<void> {
    const answer = await ask({ command: 'poll', body: { op: 'ack', msgID: id } }, term);
    const code = resultCode(answer);
    // Gone already: an acknowledgement of which we never heard did arrive
    if (code >= 2000 && code !== OBJECT_DOES_NOT_EXIST) throw refused('acknowledge', answer);
    taken = undefined;
    const left = answer.messageQueue?.count;
    if (left !== undefined) events.waiting(left);
  }

  return {
    name: 'poll',
    intervalMs: options.intervalMs,
    async run(term) {
      for (let count = 0; count < MOST_IN_ONE_RUN && !term.signal.aborted; count++) {
        const answer = await ask({ command: 'poll', body: { op: 'req' } }, term);
        const code = resultCode(answer);
        if (code === NO_MESSAGES) {
          events.waiting(0);
          return;
        }
        if (code !== ACK_TO_DEQUEUE) throw refused('give', answer);
        const message = messageIn(answer, account);
        events.waiting(message.count);
        await handOver(message, term);
        await acknowledge(message.id, term);
      }
    },
  };
}

function messageIn(answer: EppResponse, account: string): PollMessage {
  const { messageQueue, results, svTRID, data, dataType, rawData, extensions } = answer;
  if (!messageQueue?.id) {
    throw new Error('the registry gave a message without an id: it cannot be acknowledged');
  }
  return {
    account,
    ...messageQueue,
    ...(data && { data }),
    ...(dataType !== undefined && { dataType }),
    ...(rawData && { rawData }),
    ...(extensions && { extensions }),
    results,
    ...(svTRID !== undefined && { svTRID }),
  };
}

function refused(what: string, answer: EppResponse): Error {
  const [result] = answer.results;
  return new Error(
    `the registry would not ${what} a poll message: ${result?.code ?? 'no code'} ${result?.message ?? ''}`,
  );
}
