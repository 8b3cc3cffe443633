import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES } from '../lib/http-server.ts';

const EMPTY = Buffer.alloc(0);

/**
 * A body that is there already, as most are that came with their headers; undefined while some of it is missing. Ask behind an await:
 * while the event `request` is being handled, the parser has not come to it yet. Whoever took it lets `endOf` tell its end.
 */
export function bodyAtHand(request: IncomingMessage): Buffer | 'too-large' | 'gone' | undefined {
  if (request.destroyed) return 'gone';
  // its end is told a moment after its last byte
  if (!request.complete && request.readableLength !== Number(request.headers['content-length']))
    return undefined;
  const body = (request.read() as Buffer | null) ?? EMPTY;
  return body.length > MAX_BODY_BYTES ? 'too-large' : body;
}

/** Behind a body that was at hand: nothing is left to read but its end, and node waits for somebody to. */
export function endOf(request: IncomingMessage): void {
  if (request.complete) request.read();
  else request.resume();
}

/** Its bytes; `too-large` as soon as that is known; `gone` where the caller closed the connection midway. Never rejects. */
export function bodyOf(request: IncomingMessage): Promise<Buffer | 'too-large' | 'gone'> {
  return new Promise((resolve) => {
    const told = request.headers['content-length'];
    if (told !== undefined && Number(told) > MAX_BODY_BYTES) {
      resolve('too-large');
      return;
    }
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        // it goes on to be read, into nothing
        more = undefined;
        resolve('too-large');
      } else if (!first) first = chunk;
      else if (more) more.push(chunk);
      else more = [first, chunk];
    });
    request.on('end', () => resolve(more ? Buffer.concat(more) : (first ?? EMPTY)));
    request.on('close', () => resolve('gone'));
    request.on('error', () => resolve('gone'));
  });
}
