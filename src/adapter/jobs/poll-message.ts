/** A message of a registry's queue, and who takes it. */
import type { EppResponse } from '../../epp/command.ts';
import { dereferenced } from '../../epp/xml-characters.ts';

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
  /** The frame that could not be read, and why; then there is nothing else but the id and the count. */
  unreadable?: { frame: string; reason: string };
}

/** The sink will never take this message. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
}

/** The sink answers, and fails at this message: it may do better later, or never. */
export class MessageFailed extends Error {
  override readonly name = 'MessageFailed';
}

/**
 * Where messages go. Resolves when the message is safe. Rejects with a MessageRefused where no later try will help, with a
 * MessageFailed where one may, and with another error while the sink is away.
 */
export interface MessageSink {
  deliver(message: PollMessage, signal: AbortSignal): Promise<void>;
}

/** Throws where the registry gave no id. */
export function messageIn(answer: EppResponse, account: string): PollMessage {
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

/**
 * What can be told of a message whose frame breaks the rules of XML or EPP, so that it can be set aside and acknowledged like any other.
 * Undefined where even the id cannot be found.
 */
export function unreadableMessageIn(
  frame: string,
  { account, reason }: { account: string; reason: string },
): PollMessage | undefined {
  const attributes = /<(?:[\w.-]+:)?msgQ\s([^<>]*)>/.exec(frame)?.[1] ?? '';
  const value = (name: string) => new RegExp(`(?:^|\\s)${name}\\s*=\\s*(["'])(.*?)\\1`).exec(attributes)?.[2];
  const id = value('id');
  if (!id) return undefined;
  return {
    account,
    id: dereferenced(id),
    count: Number.parseInt(value('count') ?? '', 10) || 1,
    results: [],
    unreadable: { frame, reason },
  };
}
