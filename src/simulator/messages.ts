/** The message queue of each registrar (RFC 5730 section 2.9.2.3). */
import type { Poll } from '../epp/commands/session.ts';
import { escapeXml } from '../epp/xml-write.ts';
import { Refusal, type Request } from './registry.ts';
import type { Reply } from './replies.ts';
import type { MessageContent, RegistryStore } from './store.ts';
import { type Listener, tellData, tellExtensions } from './tell.ts';

/** Puts a message at the end of a registrar's queue. */
export function enqueue(store: RegistryStore, clientId: string, content: MessageContent, date: Date): void {
  const queue = store.messages.get(clientId) ?? { next: 1, waiting: [] };
  store.messages.set(clientId, queue);
  queue.waiting.push({ id: String(queue.next++), date, content });
}

export function poll(request: Request): Reply {
  const { registry, clientId, body } = request;
  const { op, msgID } = body as Poll;
  const waiting = registry.store.messages.get(clientId)?.waiting ?? [];
  const [first] = waiting;
  if (op === 'req') {
    if (!first) return { code: 1300 };
    const message = `<qDate>${first.date.toISOString()}</qDate><msg>${escapeXml(first.content.text)}</msg>`;
    const msgQ = `<msgQ count="${waiting.length}" id="${first.id}">${message}</msgQ>`;
    return { code: 1301, msgQ, ...partsOf(request, first.content) };
  }
  if (first?.id !== msgID) throw new Refusal(2303, 'this is not the first message of the queue');
  waiting.shift();
  const [next] = waiting;
  return next ? { code: 1000, msgQ: `<msgQ count="${waiting.length}" id="${next.id}"/>` } : { code: 1000 };
}

function partsOf(to: Listener, { data, extensions = [], raw = {} }: MessageContent): Omit<Reply, 'code'> {
  const object = data ? tellData(to, data) : {};
  const extended = tellExtensions(to, extensions);
  const resData = raw.resData === undefined ? object.resData : `<resData>${raw.resData}</resData>`;
  const extension = (extended.extension ?? '') + (raw.extension ?? '');
  const unhandled = (object.unhandled ?? '') + (extended.unhandled ?? '');
  return {
    ...(resData === undefined ? {} : { resData }),
    ...(extension === '' ? {} : { extension }),
    ...(unhandled === '' ? {} : { unhandled }),
  };
}
