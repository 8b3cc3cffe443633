import { closesSession, type ResultCode } from '../epp/result-codes.ts';
import type { JournalEntry } from './journal.ts';
import { type Reply, response } from './replies.ts';

/** What a command came to, before it is written. */
export interface Answer {
  content: { reply: Reply } | { greeting: string };
  clTRID: string | undefined;
  svTRID: string;
  /** Of an executed transform. */
  entry: JournalEntry | undefined;
  /** The connection ends behind it. */
  closes: boolean;
}

export function answerOf(
  reply: Reply,
  ids: { clTRID: string | undefined; svTRID: string },
  entry?: JournalEntry,
): Answer {
  return { content: { reply }, ...ids, entry, closes: closesSession(reply.code) };
}

/** The same in other words. */
export function withCode({ clTRID, svTRID, entry }: Answer, code: ResultCode, closes?: boolean): Answer {
  return {
    content: { reply: { code } },
    clTRID,
    svTRID,
    entry,
    closes: closes ?? closesSession(code),
  };
}

export function xmlOf({ content, clTRID, svTRID }: Answer): string {
  return 'greeting' in content ? content.greeting : response(content.reply, clTRID, svTRID);
}
