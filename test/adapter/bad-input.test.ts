/** Bad input of hundreds of kinds, each on a real socket: a 4xx that names the field, and nothing reaches the registry. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROBLEMS, type ProblemCode } from '../../src/adapter/http/problem-catalogue.ts';
import { CATALOGUE, nameOf } from '../../src/epp/catalogue.ts';
import { EXTENSIONS } from '../../src/epp/extensions/catalogue.ts';
import { type Bad, SECRET } from './bad-input/case.ts';
import { domains } from './bad-input/domains.ts';
import { extensions } from './bad-input/extensions.ts';
import { contacts, hosts, others } from './bad-input/objects.ts';
import { places } from './bad-input/places.ts';
import { raws } from './bad-input/raw.ts';
import { registryExtensions } from './bad-input/registry-extensions.ts';
import { CLIENT_ID, type Harness, SET, start } from './harness.ts';

const groups: Readonly<Record<string, readonly Bad[]>> = {
  'a path, a header or a body as a whole': places,
  'a command on domains': domains,
  'a command on hosts': hosts,
  'a command on contacts': contacts,
  'another command': others,
  'an extension': extensions,
  'an extension of a registry': registryExtensions,
  'a command as XML': raws,
};
const cases = Object.values(groups).flat();

let h: Harness;
beforeAll(async () => {
  // no keepalive comes in between, and every extension is on offer: what is refused is refused for what it says
  h = await start({
    connections: { idleTimeoutSeconds: 3600 },
    registry: { extensions: EXTENSIONS.flatMap(({ uris }) => uris) },
    file: { idempotency: { store: 'memory' } },
  });
});
afterAll(() => h.stop());

/** Commands of the account at the registry, logins apart. */
const reached = () => h.registry.stats().accounts[CLIENT_ID]?.commands;

/** `fetch` would mend paths and refuse headers: this sends what it is given. */
function post({ path, body, headers = {} }: Bad): Promise<{
  status: number | undefined;
  headers: Record<string, unknown>;
  text: string;
}> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      h.adapter.url,
      { method: 'POST', path, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      },
    );
    request.on('error', reject);
    request.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** Where a pointer leads: it, or the object that lacks it. */
function expectPointer(pointer: string, body: unknown): void {
  expect(pointer).toMatch(/^#/);
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
  let value = JSON.parse(typeof body === 'string' ? body : JSON.stringify(body));
  for (const [index, key] of keys.entries()) {
    expect([pointer, typeof value === 'object' && value !== null]).toEqual([pointer, true]);
    if (index < keys.length - 1) value = value[key];
  }
}

const title = ({ path, body, headers }: Bad) =>
  `${path.slice(0, 60)} ${JSON.stringify(body).slice(0, 100)} ${headers ? JSON.stringify(headers).slice(0, 60) : ''}`;

describe.each(Object.entries(groups))('%s that is wrong', { timeout: 60_000 }, (_group, wrong) => {
  it.each(wrong.map((one) => [title(one), one] as const))('%s', async (_title, one) => {
    const { status, code, fields, says, body } = one;
    const before = h.registry.stats();
    const reply = await post(one);
    expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(`"/problems/${code}"`)]);
    const problem = JSON.parse(reply.text);
    expect(problem).toMatchObject({
      type: `/problems/${code}`,
      title: PROBLEMS[code as ProblemCode].title,
      status,
      outcome: 'not-sent',
      retry: 'never',
    });
    const errors: { field: string; message: string; pointer?: string }[] = problem.errors ?? [];
    expect(errors.map(({ field }) => field)).toEqual(fields);
    const told: string = errors.length > 0 ? (errors[0]?.message ?? '') : problem.detail;
    expect(told).toContain(says);
    expect(told.length).toBeGreaterThan(10);
    expect(problem.detail).toContain(told);
    for (const { pointer } of errors) if (pointer !== undefined) expectPointer(pointer, body);
    if (code === 'invalid-request' && fields[0] !== 'query' && !one.headers) {
      expect(errors.every(({ pointer }) => pointer !== undefined)).toBe(true);
    }
    expect(reply.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json(;|$)/),
      'x-epp-outcome': 'not-sent',
      'x-epp-set': SET,
    });
    expect(reply.headers['retry-after']).toBeUndefined();
    // what is told is what is wrong, never what was given: it may be a secret
    expect(reply.text).not.toContain(SECRET);
    expect(h.registry.stats().accounts[CLIENT_ID]).toEqual(before.accounts[CLIENT_ID]);
  });
});

describe('what is no command at all', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])(
    '%s is no way to give a command',
    async (method) => {
      for (const path of ['/com/check', '/com/domain/check', '/com/raw']) {
        const reply = await fetch(h.adapter.url + path, { method });
        expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST']);
        if (method === 'HEAD') continue;
        expect(await reply.json()).toMatchObject({
          type: '/problems/method-not-allowed',
          outcome: 'not-sent',
          retry: 'never',
          detail: expect.stringContaining('commands are POST'),
        });
      }
    },
  );

  it('bytes that are no UTF-8 are no JSON and no XML', async () => {
    for (const [path, type] of [
      ['/com/check', 'application/json'],
      ['/com/raw', 'application/xml'],
    ] as const) {
      const reply = await fetch(h.adapter.url + path, {
        method: 'POST',
        headers: { 'content-type': type },
        body: Buffer.from('{"names": ["\xfc.com"]}', 'latin1'),
      });
      expect(reply.status).toBe(400);
      expect(await reply.json()).toMatchObject({
        type: '/problems/bad-json',
        outcome: 'not-sent',
        errors: [{ field: 'body', message: expect.stringContaining('UTF-8') }],
      });
    }
  });

  it('a body that breaks off is dropped', async () => {
    await new Promise<void>((resolve) => {
      const broken = httpRequest(`${h.adapter.url}/com/check`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': 100 },
      });
      broken.on('error', () => resolve());
      broken.write('{"names": [', () => broken.destroy(new Error('gone')));
    });
    expect((await h.get('/healthz')).status).toBe(200);
  });
});

describe('all of it', () => {
  it('is of at least 200 kinds: of every command and every extension', () => {
    const kinds = new Set(cases.map(({ path, body, headers }) => JSON.stringify([path, body, headers])));
    expect(kinds.size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(200);
    const own = ['hello', 'login', 'logout'];
    for (const definition of CATALOGUE) {
      const name = nameOf(definition);
      if (own.includes(name)) continue;
      const paths = [`/com/${name.replace(':', '/')}`, `/com/${name.replace(/^domain:/, '')}`];
      expect([name, cases.some(({ path, status }) => status === 400 && paths.includes(path))]).toEqual([
        name,
        true,
      ]);
    }
    const named = new Set(cases.flatMap(({ fields }) => fields.map((field) => field.split(/[.[]/)[1])));
    expect(EXTENSIONS.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it('reached the registry in none of these cases, and is counted', async () => {
    expect(reached()).toEqual({});
    const { body } = await h.get('/metrics');
    const counted = (status: string) =>
      [...(body as string).matchAll(new RegExp(`^epp_request_total{.*status="${status}"} (\\d+)$`, 'gm'))]
        .map(([, count]) => Number(count))
        .reduce((sum, count) => sum + count, 0);
    for (const code of new Set(cases.map((one) => one.code))) {
      const known = cases.filter((one) => one.code === code).length;
      expect([code, counted(code) >= known]).toEqual([code, true]);
    }
    expect(counted('1000')).toBe(0);
  });
});
