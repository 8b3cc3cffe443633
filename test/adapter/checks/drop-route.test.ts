import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addDropRoute, httpTellPeer } from '../../../src/adapter/checks/drop-route.ts';
import { DROP_PATH, type DropMessage } from '../../../src/adapter/checks/notice-format.ts';
import { ManualClock } from '../manual-clock.ts';

const message = (more: Partial<DropMessage> = {}): DropMessage => ({
  from: 'other',
  set: 'epp.core.bj',
  notices: [
    { id: 'c1', names: ['X.com'], holdMs: 400 },
    { id: 'c0', names: 'all', holdMs: 0 },
  ],
  ...more,
});

describe('what one adapter tells another', () => {
  const app = () => Fastify();
  let server: ReturnType<typeof app>;
  let url: string;
  const did: string[] = [];
  const { tell, close } = httpTellPeer();
  const clock = new ManualClock();

  beforeEach(async () => {
    did.length = 0;
    server = app();
    addDropRoute(server, {
      cache: {
        hold: (id, names, untilMs, nowMs) => void did.push(`hold ${id} ${names} ${untilMs - nowMs}`),
        lift: (id, names) => void did.push(`lift ${id} ${names}`),
      },
      heard: (from) => void did.push(`heard ${from}`),
      set: 'epp.core.bj',
      instance: 'me',
      clock,
    });
    url = await server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => server.close());

  it('is done in its order, and answered with who did it', async () => {
    expect(await tell(url, message(), 1_000)).toBe('me');
    expect(did).toEqual(['hold c1 x.com 400', 'lift c0 all', 'heard other']);
  });

  it.each([
    ['itself', { from: 'me' }],
    ['another set', { set: 'epp.query.bj' }],
  ])('is nothing to do, and answered all the same, where it is of %s', async (_what, more) => {
    expect(await tell(url, message(more), 1_000)).toBe('me');
    expect(did).toEqual([]);
  });

  it('is a word, where it is nothing else', async () => {
    expect(await tell(url, message({ notices: [] }), 1_000)).toBe('me');
    expect(did).toEqual(['heard other']);
  });

  it.each([
    ['holds for longer than any command takes', { notices: [{ id: 'c', names: ['x.com'], holdMs: 1e9 }] }],
    ['names too much', { notices: [{ id: 'c', names: Array(101).fill('x.com'), holdMs: 0 }] }],
    ['has no sender', { from: '' }],
  ])('is refused where it %s', async (_what, more) => {
    await expect(tell(url, message(more as Partial<DropMessage>), 1_000)).rejects.toThrow('answered 400');
    expect(did).toEqual([]);
  });

  it('fails where nobody is there', async () => {
    await server.close();
    await expect(tell(url, message(), 1_000)).rejects.toThrow();
    await close();
  });

  it('is taken by an adapter that keeps nothing, too', async () => {
    const plain = app();
    addDropRoute(plain, { cache: undefined, set: 'epp.core.bj', instance: 'me', clock });
    const reply = await plain.inject({ method: 'POST', url: DROP_PATH, payload: message() });
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toEqual({ to: 'me' });
    await plain.close();
  });
});
