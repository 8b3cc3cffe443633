import type { Timer } from '../lib/clock.ts';
import type { EppCommand, EppResponse } from './command.ts';
import type { ServerFrame } from './responses/response.ts';
import type { EppError } from './session.ts';

/** A command on its way: waiting for its turn, or written and waiting for its reply. */
export interface Exchange {
  /** With its clTRID. */
  readonly command: EppCommand;
  /** The document to write; made before the turn comes, so that nothing can fail then. */
  readonly xml: string;
  readonly timeoutMs: number;
  timer: Timer | undefined;
  resolve(response: EppResponse): void;
  reject(error: EppError): void;
}

/**
 * Commands written and not yet answered, oldest first. A registry answers in order (RFC 5734 section 3), and every reply repeats the clTRID of its command: both are held to, because a reply taken for another command's
 * mixes up answers without anyone noticing.
 */
export class InFlight {
  readonly #exchanges: Exchange[] = [];

  get length(): number {
    return this.#exchanges.length;
  }

  add(exchange: Exchange): void {
    this.#exchanges.push(exchange);
  }

  /** The exchange that a frame answers, and its reply; or why it answers none. */
  match(frame: ServerFrame): { exchange: Exchange; response: EppResponse } | { problem: string } {
    const head = this.#exchanges[0];
    if (!head) return { problem: `a ${told(frame)} came although no command was in flight` };
    const isHello = head.command.command === 'hello';
    if (frame.kind === 'greeting') {
      if (!isHello) return { problem: `a greeting came in answer to ${head.command.command}` };
      this.#exchanges.shift();
      return { exchange: head, response: { results: [], data: { ...frame.greeting } } };
    }
    const { clTRID } = frame.response;
    if (clTRID === undefined ? this.#exchanges.length > 1 : isHello || clTRID !== head.command.clTRID) {
      return {
        problem: `a ${told(frame)} with clTRID ${clTRID ?? '(none)'} came where ${head.command.clTRID ?? 'that of a hello'} was expected`,
      };
    }
    this.#exchanges.shift();
    return { exchange: head, response: frame.response };
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
