import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Instance } from '../../../src/gateway/instance.ts';
import { httpLoadAsker, type LoadAsker } from '../../../src/gateway/protection/load-polls.ts';
import { loadOf } from './fixtures.ts';

const LOAD = loadOf({ verisign: [10, 9, 1] });

describe('httpLoadAsker', () => {
  let server: Server;
  let asker: LoadAsker;
  let answer: RequestListener;
  let token = 'first';

  beforeEach(async () => {
    answer = (request, response) => {
      const known = request.url === '/internal/v1/load' && request.headers['x-eppset-token'] === token;
      response.writeHead(known ? 200 : 401).end(JSON.stringify(known ? LOAD : {}));
    };
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    asker = httpLoadAsker({ send: () => token });
  });

  afterEach(async () => {
    await asker.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function adapter(): Instance {
    const id = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { id, origin: `http://${id}`, set: 'epp.core.bj', state: 'ready', weight: 100, source: 'static' };
  }

  it('shows the token as it is now', async () => {
    expect(await asker.ask(adapter(), 5_000)).toEqual(LOAD);
    token = 'second';
    expect(await asker.ask(adapter(), 5_000)).toEqual(LOAD);
  });

  it('fails where it is not let in', async () => {
    const stranger = httpLoadAsker(undefined);
    await expect(stranger.ask(adapter(), 5_000)).rejects.toThrow('answered 401');
    await stranger.close();
  });

  it.each<[string, RequestListener]>([
    ['answers in another form', (_request, response) => response.end('{"set": "epp.core.bj"}')],
    ['answers no JSON', (_request, response) => response.end('<html>')],
    ['answers too much', (_request, response) => response.end(Buffer.alloc(1024 * 1024 + 1, ' '))],
    ['hangs up', ({ socket }) => void socket.destroy()],
  ])('fails where an adapter %s', async (_what, listener) => {
    answer = listener;
    await expect(asker.ask(adapter(), 5_000)).rejects.toThrow();
  });

  it('waits no longer than it is told to', async () => {
    answer = () => {};
    await expect(asker.ask(adapter(), 50)).rejects.toThrow(/timeout/i);
  });
});
