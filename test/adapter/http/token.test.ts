/** An adapter that answers those alone who show the token of the namespace. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAdapter } from '../../../src/adapter/adapter.ts';
import { httpTellPeer } from '../../../src/adapter/checks/drop-route.ts';
import { DROP_PATH } from '../../../src/adapter/checks/notice-format.ts';
import { adapterFile } from '../../../src/api/files/adapter-file.ts';
import { INTERNAL_TOKEN_HEADER } from '../../../src/api/http/internal-token.ts';
import { LOAD_PATH, loadReport } from '../../../src/api/http/load-report.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ACCOUNT, type Harness, SET, start } from '../harness.ts';
import { ScriptedBudget } from '../scripted-budget.ts';

const TOKEN = 'token-of-the-namespace';
const OLD = 'token-before-that';
const GUESS = 'guess-of-a-stranger';
const check = { names: ['example.com'] };
const shown = { [INTERNAL_TOKEN_HEADER]: TOKEN };

let h: Harness;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'eppset-token-'));
  await mkdir(join(dir, 'token'));
  await writeFile(join(dir, 'token/send'), `${TOKEN}\n`);
  await writeFile(join(dir, 'token/accept'), `${TOKEN}\n${OLD}\n`);
  h = await start({ file: { internalToken: { dir: join(dir, 'token') }, accessLog: 'all' } });
});
afterAll(async () => {
  await h.stop();
  await rm(dir, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(h.adapter.url + path, { headers });

describe('without the token', () => {
  it.each([
    ['POST', '/com/check'],
    ['POST', '/com/host/check'],
    ['POST', '/com/raw'],
    ['POST', DROP_PATH],
    ['GET', LOAD_PATH],
    ['GET', '/debug/pools'],
    ['GET', '/com/check'],
    ['GET', '/nothing/that/is/here'],
  ])('%s %s is 401, whatever is shown', async (method, path) => {
    for (const headers of [{}, { [INTERNAL_TOKEN_HEADER]: GUESS }, { [INTERNAL_TOKEN_HEADER]: '' }]) {
      const body = method === 'POST' ? { body: JSON.stringify(check) } : {};
      const type = { 'content-type': 'application/json' };
      const reply = await fetch(h.adapter.url + path, { method, headers: { ...type, ...headers }, ...body });
      expect(reply.status).toBe(401);
      expect(reply.headers.get('x-epp-outcome')).toBe('not-sent');
      expect(reply.headers.get('www-authenticate')).toBe(INTERNAL_TOKEN_HEADER);
      expect(await reply.json()).toEqual({
        type: '/problems/unauthorized',
        title: 'Caller is not known',
        status: 401,
        detail: 'the token of the namespace is missing or not taken',
        outcome: 'not-sent',
        retry: 'never',
      });
    }
  });

  it.each(['/livez', '/healthz', '/readyz', '/metrics', '/openapi.json', '/problems/unauthorized'])(
    '%s answers',
    async (path) => {
      expect((await get(path)).status).toBe(200);
    },
  );

  it('a command is refused before its body is there', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const sent = request(
      `${h.adapter.url}/com/check`,
      { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': '1000' } },
      (reply) => resolve(reply.statusCode),
    );
    sent.once('error', reject);
    sent.flushHeaders();
    expect(await promise).toBe(401);
    sent.destroy();
  });

  it('an adapter of the set is not listened to', async () => {
    const { tell, close } = httpTellPeer();
    const message = { from: 'other', set: SET, notices: [] };
    await expect(tell(h.adapter.url, message, 10_000)).rejects.toThrow('answered 401');
    await close();
  });
});

describe('with the token', () => {
  it.each([TOKEN, OLD])('a command is done', async (token) => {
    const { status, body } = await h.post('/com/check', check, { [INTERNAL_TOKEN_HEADER]: token });
    expect([status, body.outcome]).toEqual([200, 'done']);
  });

  it('what is wrong is told as ever', async () => {
    expect((await h.post('/com/nothing', check, shown)).status).toBe(404);
    expect((await get('/com/check', shown)).status).toBe(405);
    expect((await get('/debug/pools', shown)).status).toBe(200);
  });

  it('an adapter of the set is listened to', async () => {
    const { tell, close } = httpTellPeer({ send: () => TOKEN });
    const message = { from: 'other', set: SET, notices: [] };
    expect(await tell(h.adapter.url, message, 10_000)).toMatch(/./);
    await close();
  });

  it('the load is told', async () => {
    await h.post('/com/check', check, shown);
    const load = loadReport.parse(await (await get(LOAD_PATH, shown)).json());
    expect(load).toEqual({
      set: SET,
      stage: 'serving',
      accounts: {
        [ACCOUNT]: { accreditation: 'acme', granted: 10, open: expect.any(Number), busy: 0, waiting: 0 },
      },
    });
    expect(load.accounts[ACCOUNT]?.open).toBeGreaterThan(0);
  });
});

it('nothing of any token is in the log', async () => {
  await h.post('/com/check', check, { [INTERNAL_TOKEN_HEADER]: GUESS });
  await h.post('/com/check', check, shown);
  expect(h.logged()).toContain('request refused');
  for (const token of [TOKEN, OLD, GUESS]) expect(h.logged()).not.toContain(token);
});

it('an adapter does not start without the files that it was told of, as its own file names them', async () => {
  const file = adapterFile.parse({
    kind: 'AdapterFile',
    set: SET,
    class: 'core',
    budget: { mode: 'local' },
    internalToken: { dir: '../nowhere' },
    accounts: [
      {
        name: ACCOUNT,
        accreditation: 'acme',
        tlds: ['com'],
        endpoint: { host: '127.0.0.1' },
        credentials: { dir: 'login' },
        connections: { idleTimeoutSeconds: 600 },
        pool: { max: 1 },
      },
    ],
  });
  const options = { file, budget: new ScriptedBudget(1), metrics: new Registry(), log: silentLog };
  await expect(startAdapter({ ...options, folder: join(dir, 'config') })).rejects.toThrow(
    `cannot read ${join(dir, 'nowhere/send')} (ENOENT)`,
  );
});
