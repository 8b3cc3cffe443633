import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { GatewayFileInput } from '../../src/api/files/gateway-file.ts';
import { type AssembledGateway, assembleGateway } from '../../src/gateway/assemble.ts';
import { loadGatewayFile } from '../../src/gateway/load-file.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { eventually } from '../support/eventually.ts';
import { type StandIn, standIn } from './harness.ts';

const SEARCH = 'key-of-the-search-service';
const SHOP = 'key-of-the-shop-service';

let folder: string;
let core: StandIn;
let query: StandIn;
let old: { server: Server; url: string; headers: IncomingHttpHeaders[] };
let lines: string[];
let gateway: AssembledGateway | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eppset-gateway-'));
  await mkdir(join(folder, 'callers'));
  await mkdir(join(folder, 'token'));
  await writeFile(join(folder, 'callers/search'), stringify({ key: SEARCH, scopes: ['epp:query:com'] }));
  await writeFile(join(folder, 'callers/shop'), stringify({ key: SHOP, scopes: ['epp:*'] }));
  await writeFile(join(folder, 'token/send'), 'internal-token-of-the-namespace');
  await writeFile(join(folder, 'token/accept'), 'internal-token-of-the-namespace\n');
  [core, query] = await Promise.all([standIn('epp.core.bj'), standIn('epp.query.bj')]);
  old = await oldSystem();
  lines = [];
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  await Promise.all([core.kill(), query.kill()]);
  await new Promise((resolve) => old.server.close(resolve));
  await rm(folder, { recursive: true });
});

async function oldSystem(): Promise<typeof old> {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    response.setHeader('connection', 'close');
    request.resume().on('end', () => response.end('{"outcome":"done"}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers };
}

const fileWith = (more: Partial<GatewayFileInput>): string =>
  stringify({
    kind: 'GatewayFile',
    name: 'whole',
    prefix: 'epp',
    region: 'bj',
    discovery: {
      mode: 'static',
      sets: [core, query].map(({ instance }) => ({ set: instance.set, endpoints: [instance.origin] })),
    },
    businesses: [
      { name: 'query', commands: ['domain:check'] },
      { name: 'core', default: true },
    ],
    routes: [{ tlds: ['com', 'net'], accounts: [{ name: 'one-acme', accreditation: 'acme' }] }],
    internalToken: { dir: 'token' },
    ...more,
  } satisfies GatewayFileInput);

async function start(more: Partial<GatewayFileInput> = {}): Promise<void> {
  const path = join(folder, 'gateway.yaml');
  await writeFile(path, fileWith(more));
  const loaded = await loadGatewayFile(path);
  gateway = await assembleGateway({
    loaded,
    reread: () => readFile(path, 'utf8'),
    metrics: new Registry(),
    log: createLog({ level: 'debug', name: 'test', destination: { write: (line) => void lines.push(line) } }),
    clock: systemClock,
    listen: { host: '127.0.0.1', port: 0 },
    drainGraceMs: 10,
  });
}

async function post(path: string, headers: Record<string, string> = {}, body: object = { name: 'a.com' }) {
  const answer = await fetch(`${gateway?.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

describe('a gateway with API keys', () => {
  beforeEach(() => start({ authentication: { apiKeys: { dir: 'callers' } } }));

  it('takes nobody without one, and says no more than that', async () => {
    for (const headers of [{}, { 'x-api-key': 'guessed' }]) {
      const { status, text } = await post('/com/check', headers);
      expect(status).toBe(401);
      expect(text).not.toContain('guessed');
    }
    expect(query.asked).toEqual([]);
  });

  it('takes a caller for the businesses and TLDs of its scopes', async () => {
    const key = { 'x-api-key': SEARCH };
    expect((await post('/com/check', key)).status).toBe(200);
    expect((await post('/net/check', key)).status).toBe(403);
    expect((await post('/com/create', key)).status).toBe(403);
    expect(core.asked).toEqual([]);
  });

  it('lets nobody reach the connections of another business by naming its set', async () => {
    const key = { 'x-api-key': SEARCH };
    expect((await post('/com/check', { ...key, 'x-epp-set': 'epp.core.bj' })).status).toBe(403);
    expect((await post('/epp.core.bj/com/check', key)).status).toBe(403);
    expect((await post('/epp.query.bj/com/check', key)).status).toBe(200);
    expect(core.asked).toEqual([]);
    expect((await post('/epp.core.bj/com/check', { 'x-api-key': SHOP })).status).toBe(200);
  });

  it('shows adapters its own token and the name of the caller, and nobody the key', async () => {
    await post('/com/create', { 'x-api-key': SHOP, 'x-epp-tenant': 'somebody-else' });
    expect(core.asked[0]?.headers).toMatchObject({
      'x-eppset-token': 'internal-token-of-the-namespace',
      'x-epp-tenant': 'shop',
    });
    expect(JSON.stringify(core.asked)).not.toContain(SHOP);
    const log = lines.join('');
    expect(log).toContain('"shop"');
    expect(log).not.toContain(SHOP);
    expect(log).not.toContain('internal-token');
  });
});

describe('a gateway before an older system', () => {
  it('sends it what is not for the sets yet, but no key of its own, and follows its file', async () => {
    const authentication = { apiKeys: { dir: 'callers' } };
    await start({ authentication, rollout: { percent: 0, legacy: { url: old.url } } });
    const headers = { 'x-api-key': SHOP, authorization: 'Bearer of-the-old-system' };
    const answer = await post('/com/create', headers);
    expect([answer.status, answer.headers.get('x-epp-path')]).toEqual([200, 'legacy']);
    expect(old.headers[0]).toMatchObject({ authorization: 'Bearer of-the-old-system' });
    expect(JSON.stringify(old.headers)).not.toContain(SHOP);

    const path = join(folder, 'gateway.yaml');
    await writeFile(path, fileWith({ authentication, rollout: { percent: 100, legacy: { url: old.url } } }));
    await eventually(async () => (await post('/com/create', headers)).headers.get('x-epp-path') === 'sets', {
      what: 'the new percentage',
    });
    await writeFile(path, 'kind: GatewayFile\nprefix: [');
    await eventually(() => /"level":(4|5)0/.test(lines.join('')), { what: 'a word on the wrong file' });
    expect((await post('/com/create', headers)).status).toBe(200);
  });

  it('keeps every caller to what it may ask for', async () => {
    await start({ limits: { perCaller: { requestsPerSecond: 0.001, burst: 2 } } });
    const statuses: number[] = [];
    for (let number = 0; number < 3; number++) {
      statuses.push((await post('/com/check', { 'x-epp-tenant': 'greedy' })).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
    expect((await post('/com/check', { 'x-epp-tenant': 'modest' })).status).toBe(200);
  });
});
