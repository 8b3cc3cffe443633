/** Slow, broken and greedy clients, byte by byte on real sockets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  answer,
  BODY,
  DONE,
  drip,
  HELD_BODY,
  PLACES,
  post,
  type SocketFace,
  startSocketFace,
} from './socket-face.ts';

let face: SocketFace;
beforeAll(async () => {
  face = await startSocketFace();
});
afterAll(() => face.app.close());

const client = () => face.client();
const check = () => face.check();

describe('a client that is too slow', () => {
  it('with its headers is told so, and cut', async () => {
    const slow = client();
    await drip(slow, `POST /com/check HTTP/1.1\r\nx-header: ${'x'.repeat(1_000)}`);
    expect(answer(slow)).toMatchObject({
      status: 408,
      body: { type: '/problems/request-timeout', outcome: 'not-sent', retry: 'after' },
    });
    expect(answer(slow).headers).toContain('content-type: application/problem+json');
    expect(answer(slow).headers).toContain('x-epp-outcome: not-sent');
    expect(answer(slow).headers).toContain('retry-after: 1');
    expect(await face.counted('request-timeout')).toBeGreaterThan(0);
  });

  it('with its body is told so, and cut', async () => {
    const slow = client();
    slow.socket.write(post('', `content-length: 1000\r\n`));
    await drip(slow, BODY.padEnd(1_000));
    expect(answer(slow)).toMatchObject({ status: 408, body: { type: '/problems/request-timeout' } });
  });

  it('with its first byte is cut', async () => {
    const mute = client();
    await mute.closed;
    expect(answer(mute).status).toBe(408);
  });

  it('with its next request is cut', async () => {
    const idle = client();
    idle.socket.write(post(BODY));
    await idle.closed;
    expect(answer(idle).status).toBe(200);
    expect(answer(idle).headers).toMatch(/keep-alive: timeout=/i);
  });

  it('takes nobody the place of more than a moment', async () => {
    const crowd = Array.from({ length: 50 }, () => client());
    const before = face.ran;
    for (const [index, slow] of crowd.entries()) {
      void drip(slow, index % 2 === 0 ? post(BODY.padEnd(1_000)) : 'POST /com/check HTTP/1.1\r\nx: ');
    }
    // bodies under way hold places; as soon as they are cut, others have them
    await eventually(async () => (await check()).status === 200, { what: 'a place' });
    await Promise.all(crowd.map(({ closed }) => closed));
    const answers = await Promise.all(Array.from({ length: PLACES }, check));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: PLACES }, () => 200));
    expect(face.ran).toBeGreaterThan(before);
  });
});

describe('a place', () => {
  it('is held by a body that comes slowly, and given back when it breaks off', async () => {
    const slow = Array.from({ length: PLACES }, () => client());
    for (const { socket } of slow) socket.write(post('', 'content-length: 1000\r\n'));
    await eventually(async () => (await check()).status === 503, { what: 'no place' });
    for (const { socket } of slow) socket.destroy();
    await eventually(async () => (await check()).status === 200, { what: 'a place' });
  });

  it('is given back by a caller that goes while its command is at work', async () => {
    const leavers = Array.from({ length: PLACES }, () => client());
    for (const { socket } of leavers) socket.write(post(HELD_BODY));
    await eventually(() => face.held.length === PLACES);
    expect((await check()).status).toBe(503);
    for (const { socket } of leavers) socket.destroy();
    await eventually(async () => (await check()).status === 200, { what: 'a place' });
    for (const one of face.held.splice(0)) one.answer(DONE);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['garbage', 'EPP says hello\r\n\r\n', 400, 'bad-request'],
    ['a TLS handshake', '\u0016\u0003\u0001\u0002\u0000\u0001', 400, 'bad-request'],
    [
      'headers of 20 KiB',
      `POST /com/check HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['a path of 20 KiB', `POST /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431, 'headers-too-large'],
    ['two lengths', post(BODY, 'content-length: 20\r\ncontent-length: 21\r\n'), 400, 'bad-request'],
    [
      'a length and chunks',
      post(BODY, 'content-length: 20\r\ntransfer-encoding: chunked\r\n'),
      400,
      'bad-request',
    ],
    ['a length that is none', post(BODY, 'content-length: twenty\r\n'), 400, 'bad-request'],
    ['a chunk that is none', post('zz\r\n', 'transfer-encoding: chunked\r\n'), 400, 'bad-request'],
    ['a header with a line break', post(BODY, 'x: a\nb\r\ncontent-length: 20\r\n'), 400, 'bad-request'],
  ])('is refused: %s', async (_name, text, status, code) => {
    const before = face.ran;
    const bad = client();
    bad.socket.write(text, 'latin1');
    await bad.closed;
    expect(answer(bad)).toMatchObject({
      status,
      body: { type: `/problems/${code}`, outcome: 'not-sent', retry: 'never' },
    });
    expect(face.ran).toBe(before);
  });

  it('has no answer behind a command that is at work: it would be taken for the answer to that', async () => {
    const bad = client();
    bad.socket.write(post(HELD_BODY));
    await eventually(() => face.held.length === 1);
    bad.socket.write('garbage\r\n\r\n');
    await bad.closed;
    expect(bad.text()).toBe('');
    face.held.shift()?.answer(DONE);
  });

  it('has no answer, either, where it only comes too slowly', async () => {
    const slow = client();
    slow.socket.write(post(HELD_BODY));
    await eventually(() => face.held.length === 1);
    slow.socket.write('POST /com/check HTTP/1.1\r\n');
    await slow.closed;
    expect(slow.text()).toBe('');
    face.held.shift()?.answer(DONE);
  });
});

describe('a body', () => {
  it.each([
    ['by its length', post('', `content-length: ${300 * 1024}\r\n`)],
    [
      'by its chunks',
      post(
        `${(300 * 1024).toString(16)}\r\n${'x'.repeat(300 * 1024)}\r\n0\r\n\r\n`,
        'transfer-encoding: chunked\r\n',
      ),
    ],
  ])('over 256 KiB is refused %s', async (_name, text) => {
    const greedy = client();
    greedy.socket.write(text);
    await eventually(() => greedy.text().includes('\r\n\r\n'));
    expect(answer(greedy)).toMatchObject({
      status: 413,
      body: { type: '/problems/body-too-large', errors: [{ field: 'body' }] },
    });
    greedy.socket.destroy();
  });

  it('shorter than its length is never a command', async () => {
    const before = face.ran;
    const short = client();
    short.socket.end(post(BODY, 'content-length: 21\r\n'));
    await short.closed;
    expect(face.ran).toBe(before);
  });
});
