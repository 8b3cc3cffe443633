import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyAtHand, bodyOf, endOf } from '../../src/gateway/request-body.ts';
import { MAX_BODY_BYTES } from '../../src/lib/http-server.ts';
import { eventually } from '../support/eventually.ts';

interface Taken {
  /** Asked as the gateway does, behind one await. */
  atHand: string | undefined;
  whole: string;
  request: IncomingMessage;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server that takes bodies as the gateway does, and a client of it. */
async function connected(): Promise<{ socket: Socket; taken: Taken[]; begun: () => number }> {
  const taken: Taken[] = [];
  let begun = 0;
  const server = createServer(async (request, response) => {
    await undefined;
    const atHand = bodyAtHand(request);
    begun++;
    const body = atHand ?? (await bodyOf(request));
    if (body === 'too-large') request.resume();
    else endOf(request);
    taken.push({ atHand: atHand?.toString(), whole: body.toString(), request });
    response.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  socket.resume();
  closers.push(async () => {
    socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { socket, taken, begun: () => begun };
}

const post = (body: string) =>
  `POST /com/check HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const chunked = (...chunks: string[]) =>
  `POST /com/check HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${[...chunks, '']
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join('')}`;

describe('a body', () => {
  it.each([
    ['with a length', post('{"names":[]}'), '{"names":[]}'],
    ['of no bytes', post(''), ''],
  ])('%s is at hand when it came with its headers', async (_what, text, body) => {
    const { socket, taken } = await connected();
    socket.write(text);
    await eventually(() => taken.length === 1, { what: 'the request' });
    expect(taken[0]).toMatchObject({ atHand: body, whole: body });
    // else node keeps it until the next request comes
    await eventually(() => taken[0]?.request.readableEnded === true, { what: 'its end' });
  });

  it.each([
    ['with a length', [post('hello').slice(0, -3), 'llo']],
    ['in chunks', [chunked('he', 'llo').slice(0, -12), chunked('he', 'llo').slice(-12)]],
  ])('%s is waited for when it is cut', async (_what, [first = '', rest = '']) => {
    const { socket, taken, begun } = await connected();
    socket.write(first);
    await eventually(() => begun() === 1, { what: 'its headers' });
    socket.write(rest);
    await eventually(() => taken.length === 1, { what: 'the request' });
    expect(taken[0]).toMatchObject({ atHand: undefined, whole: 'hello' });
  });

  it('is the own one of each request, however they are sent', async () => {
    const { socket, taken } = await connected();
    socket.write(post('one') + chunked('tw', 'o') + post('') + post('four'));
    await eventually(() => taken.length === 4, { what: 'the requests' });
    // one that is not at hand may be overtaken
    expect(new Set(taken.map(({ whole }) => whole))).toEqual(new Set(['one', 'two', '', 'four']));
    socket.write(post('five'));
    await eventually(() => taken.length === 5, { what: 'one more' });
    expect(taken[4]?.whole).toBe('five');
  });

  it('that is too large is said to be', async () => {
    const { socket, taken } = await connected();
    socket.write(post('x'.repeat(MAX_BODY_BYTES + 1)));
    await eventually(() => taken.length === 1, { what: 'the request' });
    expect(taken[0]?.whole).toBe('too-large');
  });
});

describe('a request', () => {
  it('whose caller has gone has no body', async () => {
    const { socket, taken } = await connected();
    socket.write(post('hello'));
    await eventually(() => taken.length === 1, { what: 'the request' });
    const [one] = taken;
    one?.request.destroy();
    expect(one && bodyAtHand(one.request)).toBe('gone');
  });
});
