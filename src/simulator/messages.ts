/** The message queue of each registrar (RFC 5730 section 2.9.2.3). */
import type { Poll } from '../epp/commands/session.ts';
import { escapeXml } from '../epp/xml-write.ts';
import type { Request } from './registry.ts';
import type { Reply } from './replies.ts';
import type { RegistryStore } from './store.ts';

/** Puts messages at the end of a registrar's queue. */
export function enqueue(store: RegistryStore, clientId: string, texts: readonly string[], date: Date): void {
  const queue = store.messages.get(clientId) ?? { next: 1, waiting: [] };
  store.messages.set(clientId, queue);
  for (const text of texts) queue.waiting.push({ id: String(queue.next++), date, text });
}

export function poll({ registry, clientId, body }: Request): Reply {
  const { op, msgID } = body as Poll;
  const waiting = registry.store.messages.get(clientId)?.waiting ?? [];
  const [first] = waiting;
  if (op === 'req') {
    if (!first) return { code: 1300 };
    const message = `<qDate>${first.date.toISOString()}</qDate><msg>${escapeXml(first.text)}</msg>`;
    return { code: 1301, msgQ: `<msgQ count="${waiting.length}" id="${first.id}">${message}</msgQ>` };
  }
  if (first?.id !== msgID) return { code: 2303, reason: 'this is not the first message of the queue' };
  waiting.shift();
  const [next] = waiting;
  return next ? { code: 1000, msgQ: `<msgQ count="${waiting.length}" id="${next.id}"/>` } : { code: 1000 };
}
