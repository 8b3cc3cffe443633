/** The console on real sockets. */
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Access, Verdict } from '../../src/console/access.ts';
import { HEARTBEAT_MS } from '../../src/console/overview-stream.ts';
import { ManualClock } from '../kube/manual-clock.ts';
import { eventually } from '../support/eventually.ts';
import { badDay, set } from './overviews.ts';
import { type ServeOptions, serveConsole, ToldOverviews } from './serve.ts';
import { StreamReader } from './stream-reader.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(more: Partial<ServeOptions> = {}) {
  const source = new ToldOverviews();
  const clock = new ManualClock();
  const server = await serveConsole({ source, clock, ...more });
  open.push(server);
  const stream = async (token?: string) => {
    const reader = await StreamReader.open(server.url, token);
    open.push(reader);
    return reader;
  };
  return { source, clock, stream, server, url: server.url };
}

/** Lets a verdict be changed while pages are open. */
class ToldAccess implements Access {
  readonly needsToken = true;
  current: Verdict = { sight: 'all' };
  async verdict(): Promise<Verdict> {
    return this.current;
  }
}

describe('the page', () => {
  it('is there under /console/, with its files and nothing else', async () => {
    const { url } = await start();
    const page = await fetch(`${url}/console`);
    expect(page.url).toBe(`${url}/console/`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    const names = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(['icon.svg', 'page.css', 'page.js']));
    const types = await Promise.all(
      [...names, 'bar.js'].map(async (name) =>
        (await fetch(`${url}/console/${name}`)).headers.get('content-type'),
      ),
    );
    expect(new Set(types)).toEqual(
      new Set(['image/svg+xml', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8']),
    );
    for (const path of ['tsconfig.json', 'page.ts', '../console-routes.ts', '%2e%2e/access.ts'])
      expect((await fetch(`${url}/console/${path}`)).status, path).toBe(404);
  });

  it('allows a browser nothing but its own files', async () => {
    const { url } = await start();
    const { headers } = await fetch(`${url}/console/`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|http|\*/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('set-cookie')).toBeNull();
  });

  it('is sent again only when it is another one', async () => {
    const { url } = await start();
    const first = await fetch(`${url}/console/page.css`);
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const headers = { 'if-none-match': etag };
    expect((await fetch(`${url}/console/page.css`, { headers })).status).toBe(304);
    expect((await fetch(`${url}/console/page.js`, { headers })).status).toBe(200);
  });
});

describe('the overview', () => {
  it('is JSON, once everything was read', async () => {
    const { url, source, clock } = await start();
    const early = await fetch(`${url}/console/api/overview`);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '5']);
    const overview = badDay();
    source.tell(overview);
    await clock.advance(1_000);
    const answer = await fetch(`${url}/console/api/overview`);
    expect(await answer.json()).toEqual({ ...overview, handOvers: [] });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('cannot be changed', async () => {
    const { url } = await start();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect((await fetch(`${url}/console/api/overview`, { method })).status, method).toBe(404);
  });

  it.each([401, 403, 503] as const)('is refused with %i and not a word more', async (refused) => {
    const access = new ToldAccess();
    access.current = { refused };
    const { url, source, clock } = await start({ access });
    source.tell(badDay());
    await clock.advance(1_000);
    for (const path of ['overview', 'stream']) {
      const answer = await fetch(`${url}/console/api/${path}`);
      expect(answer.status).toBe(refused);
      expect(Object.keys((await answer.json()) as object)).toEqual(['error']);
    }
  });
});

describe('a stream', () => {
  it('tells what is there, and then what is new', async () => {
    const { source, clock, stream } = await start();
    source.tell(badDay(40, 24));
    await clock.advance(1_000);
    source.tell(badDay(42, 22));
    await clock.advance(1_000);
    const page = await stream();
    const first = await page.overview();
    expect(first.accounts[0]?.sets[0]?.granted).toBe(42);
    expect(page.handOvers).toMatchObject([
      { reset: true, handOvers: [{ connections: 2, to: 'epp.core.bj' }] },
    ]);
    // The same once more is nothing new
    source.tell({ ...first, at: new Date().toISOString() });
    await clock.advance(1_000);
    source.tell(badDay(41, 23));
    await clock.advance(1_000);
    expect((await page.overview(2)).accounts[0]?.sets[0]?.granted).toBe(41);
    expect(page.overviews).toHaveLength(2);
    expect(page.handOvers[1]).toMatchObject({
      reset: false,
      handOvers: [{ connections: 1, to: 'epp.query.bj' }],
    });
  });

  it('opens before everything was read, and breathes', async () => {
    const { source, clock, stream } = await start();
    const page = await stream();
    await eventually(() => page.comments === 1);
    await clock.advance(HEARTBEAT_MS);
    await eventually(() => page.comments === 2);
    source.tell(badDay());
    await clock.advance(1_000);
    expect((await page.overview()).accounts).toHaveLength(2);
  });

  it('ends when its token is worth nothing any more, and shows less when that allows less', async () => {
    const access = new ToldAccess();
    const { source, clock, stream } = await start({ access });
    source.tell({ ...badDay(), sets: [set('epp.core.bj', { namespace: 'lab' })] });
    await clock.advance(1_000);
    const page = await stream('any');
    expect((await page.overview()).accounts).toHaveLength(2);
    access.current = { sight: new Set(['lab']) };
    await clock.advance(HEARTBEAT_MS);
    expect(await page.overview(2)).toMatchObject({ accounts: [], sets: [{ namespace: 'lab' }] });
    expect(page.handOvers.at(-1)).toEqual({ reset: true, handOvers: [] });
    access.current = { refused: 401 };
    await clock.advance(HEARTBEAT_MS);
    await eventually(() => page.ended);
  });

  it('is one of so many', async () => {
    const { url, stream } = await start({ maxStreams: 2 });
    const [first] = [await stream(), await stream()];
    const refused = await fetch(`${url}/console/api/stream`);
    expect([refused.status, await refused.json()]).toEqual([503, { error: 'unavailable' }]);
    first?.close();
    await eventually(async () => (await stream()).response.status === 200);
  });

  it('ends when the server does', async () => {
    const { server, stream } = await start();
    const page = await stream();
    await server.close();
    await eventually(() => page.ended);
  });

  it('gives a slow page the newest, not all that it missed, and cuts one that is dead', async () => {
    const { source, clock, server } = await start();
    const socket = connect(server.port, '127.0.0.1');
    open.push({ close: () => socket.destroy() });
    socket.write('GET /console/api/stream HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await eventually(() => socket.bytesRead > 0 || socket.readableLength > 0);
    socket.pause();
    const turns = 30;
    const ballast = 'x'.repeat(1_000_000);
    const tell = async (turn: number) => {
      source.tell({ ...badDay(), sets: [set('epp.core.bj', { name: `turn-${turn}-${ballast}` })] });
      await clock.advance(1_500);
    };
    for (let turn = 1; turn <= turns; turn += 1) await tell(turn);
    let received = '';
    const told = new Set<string>();
    const onData = (chunk: Buffer) => {
      received = received.slice(-100) + chunk.toString('latin1');
      for (const [turn] of received.matchAll(/turn-\d+-/g)) told.add(turn);
    };
    socket.on('data', onData).resume();
    await eventually(() => told.has(`turn-${turns}-`));
    // The rest is what the two kernels hold between them
    expect(told.size).toBeLessThan(turns / 2);
    socket.pause();
    for (let turn = 1; turn <= turns; turn += 1) await tell(-turn);
    await clock.advance(5 * HEARTBEAT_MS);
    socket.resume();
    await eventually(() => socket.closed);
  });
});
