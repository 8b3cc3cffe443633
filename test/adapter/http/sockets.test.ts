/** What clients do with a connection besides asking once and waiting: pipelining, half-closing, leaving, repeating headers. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  answer,
  answers,
  BODY,
  DONE,
  HELD_BODY,
  PLACES,
  post,
  type SocketFace,
  startSocketFace,
} from './socket-face.ts';

let face: SocketFace;
beforeEach(async () => {
  face = await startSocketFace();
});
afterEach(() => face.app.close());

const release = () => {
  for (const one of face.held.splice(0)) one.answer(DONE);
};
const statuses = (text: () => string) => answers({ text }).map(({ status }) => status);
const idle = () => eventually(async () => (await face.check()).status === 200, { what: 'a place' });

describe('requests in a row on one connection', () => {
  it('are answered in their order, whichever is done first', async () => {
    const { socket, text } = face.client();
    socket.write(post(HELD_BODY) + post(BODY) + post('{"names": [7]}') + post(BODY));
    await eventually(() => face.ran === 3);
    expect(text()).toBe('');
    release();
    await eventually(() => answers({ text }).length === 4);
    expect(statuses(text)).toEqual([200, 200, 400, 200]);
    socket.destroy();
  });

  it('take a place each: those over the limit are refused, in their turn', async () => {
    const { socket, text } = face.client();
    socket.write(post(HELD_BODY).repeat(PLACES + 3));
    await eventually(() => face.held.length === PLACES);
    release();
    await eventually(() => answers({ text }).length === PLACES + 3);
    expect(statuses(text)).toEqual([...Array(PLACES).fill(200), 503, 503, 503]);
    expect(answer({ text })).toMatchObject({ body: { type: '/problems/too-many-requests', retry: 'after' } });
    expect(face.ran).toBe(PLACES);
    await idle();
    socket.destroy();
  });

  it('give all their places back, and none is sent on, when the connection is cut', async () => {
    const { socket } = face.client();
    socket.write(post(HELD_BODY).repeat(PLACES));
    await eventually(() => face.held.length === PLACES);
    expect((await face.check()).status).toBe(503);
    socket.destroy();
    await eventually(() => face.held.every(({ gone }) => gone.aborted), {
      what: 'all callers known to be gone',
    });
    const answered = await Promise.all(Array.from({ length: PLACES }, () => face.check()));
    expect(answered.map(({ status }) => status)).toEqual(Array(PLACES).fill(200));
    release();
  });

  it('by the thousand from a client that never reads are not taken in without an end, and it is cut', async () => {
    const socket = connect({ port: face.port, host: '127.0.0.1' });
    const cut = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.pause();
    const flood = post(BODY).repeat(200);
    for (let i = 0; i < 300; i++) socket.write(flood);
    await cut;
    expect(face.ran).toBeLessThan(60_000);
    await idle();
  });
});

describe('answers that nobody reads', () => {
  it('are cut in time, however patient the server is with requests; who waits for a command is not', async () => {
    await face.app.close();
    const patient = { headersMs: 60_000, requestMs: 60_000, keepAliveMs: 60_000 };
    face = await startSocketFace({ timeouts: patient, unreadMs: 100 });
    const waiting = face.client();
    waiting.socket.write(post(HELD_BODY) + post(BODY));
    await eventually(() => face.ran === 2);
    const socket = connect({ port: face.port, host: '127.0.0.1' });
    const cut = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.pause();
    for (let i = 0; i < 300; i++) socket.write(post(BODY).repeat(200));
    await cut;
    await idle();
    expect(waiting.text()).toBe('');
    release();
    await eventually(() => answers(waiting).length === 2);
    expect(statuses(waiting.text)).toEqual([200, 200]);
    waiting.socket.destroy();
  });
});

describe('a caller', () => {
  // a caller that closes and one that only says no more look alike: what waits is not sent for nobody
  it('who closes his side is taken to have gone', async () => {
    const { socket, text, closed } = face.client();
    socket.write(post(HELD_BODY));
    await eventually(() => face.held.length === 1);
    socket.end();
    await eventually(() => face.held[0]?.gone.aborted === true, { what: 'known to be gone' });
    await closed;
    expect(text()).toBe('');
    release();
    await idle();
  });

  it('who has gone is known to have, before his command is done', async () => {
    const { socket } = face.client();
    socket.write(post(HELD_BODY));
    await eventually(() => face.held.length === 1);
    expect(face.held[0]?.gone.aborted).toBe(false);
    socket.resetAndDestroy();
    await eventually(() => face.held[0]?.gone.aborted === true, { what: 'known to be gone' });
    release();
    await idle();
  });

  it('who waits for a sign before he sends his body gets it', async () => {
    const { socket, text } = face.client();
    socket.write(post('', `expect: 100-continue\r\ncontent-length: ${BODY.length}\r\n`));
    await eventually(() => text().startsWith('HTTP/1.1 100 '));
    socket.write(BODY);
    await eventually(() => text().includes('HTTP/1.1 200 '));
    socket.destroy();
  });

  it('who wants another protocol is told what there is', async () => {
    const { socket, text } = face.client();
    socket.write('GET /com/check HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    await eventually(() => answers({ text }).length === 1);
    expect(answer({ text })).toMatchObject({ status: 405, body: { type: '/problems/method-not-allowed' } });
    socket.destroy();
  });

  it.each([
    ['a tunnel', 'CONNECT registry.example:700 HTTP/1.1\r\nhost: a\r\n\r\n', 0],
    ['a method that is none', `BREW${post(BODY).slice(4)}`, 400],
    ['no host', post(BODY).replace('host: a\r\n', ''), 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ])('who asks for %s gets nothing, and nothing is run', async (_what, text, status) => {
    const asking = face.client();
    asking.socket.write(text);
    await asking.closed;
    expect(Number(/^HTTP\/1\.1 (\d+)/.exec(asking.text())?.[1] ?? 0)).toBe(status);
    expect(face.ran).toBe(0);
  });
});

describe('headers', () => {
  const length = `content-length: ${BODY.length}\r\n`;

  it.each([
    ['x-epp-tenant', 'a', 'b'],
    ['x-epp-timeout', '1s', '2s'],
    ['idempotency-key', 'a', 'b'],
  ])('that stand twice are none: %s', async (name, one, other) => {
    const { socket, text } = face.client();
    socket.write(post(BODY, `${length}${name}: ${one}\r\n${name}: ${other}\r\n`));
    await eventually(() => answers({ text }).length === 1);
    expect(answer({ text })).toMatchObject({
      status: 400,
      body: { type: '/problems/bad-header', errors: [{ field: name }] },
    });
    expect(face.ran).toBe(0);
    socket.destroy();
  });

  it('are all read, however many there are: an idempotency key behind thousands of others too', async () => {
    const { socket } = face.client();
    socket.write(
      post(
        HELD_BODY,
        `content-length: ${HELD_BODY.length}\r\n${'a:b\r\n'.repeat(2_500)}idempotency-key: key-1\r\n`,
      ),
    );
    await eventually(() => face.held.length === 1);
    expect(face.held[0]?.idempotencyKey).toBe('key-1');
    release();
    socket.destroy();
  });
});

describe('when the server closes', () => {
  it('what is being answered still is, and connections without a request are closed', async () => {
    const waiting = face.client();
    const quiet = face.client();
    quiet.socket.write(post(BODY));
    waiting.socket.write(post(HELD_BODY));
    await eventually(() => face.held.length === 1 && answers(quiet).length === 1);
    face.stage = 'refusing';
    const closed = face.app.close();
    await quiet.closed;
    expect(answers(waiting)).toEqual([]);
    release();
    await waiting.closed;
    expect(answer(waiting).status).toBe(200);
    expect(answer(waiting).headers).toMatch(/^connection: close$/im);
    await closed;
  });

  it('what asks meanwhile is refused as by one that is shutting down, not as by a broken one', async () => {
    const { socket, text, closed } = face.client();
    socket.write(post(BODY).slice(0, -1));
    // its headers are there, so that it is no connection without a request
    await eventually(
      () =>
        new Promise<boolean>((resolve) => {
          face.app.server.getConnections((_error, count) => resolve(count === 1));
        }),
    );
    await face.check();
    face.stage = 'refusing';
    const over = face.app.close();
    socket.write(BODY.slice(-1));
    await closed;
    await over;
    expect(answer({ text })).toMatchObject({
      status: 503,
      body: { type: '/problems/draining', outcome: 'not-sent', retry: 'elsewhere' },
    });
    expect(face.ran).toBe(1);
  });

  it('who is not answered in time is cut, and it ends', async () => {
    const never = face.client();
    never.socket.write(post(HELD_BODY));
    const slow = face.client();
    slow.socket.write(post('', 'content-length: 1000\r\n'));
    await eventually(() => face.held.length === 1);
    await face.app.close();
    await Promise.all([never.closed, slow.closed]);
    expect(answers(never)).toEqual([]);
    await eventually(() => face.held[0]?.gone.aborted === true, { what: 'known to be gone' });
    release();
  });
});
