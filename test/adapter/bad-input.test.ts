import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_ID, type Harness, start } from './harness.ts';

let h: Harness;
beforeAll(async () => {
  h = await start({ connections: { idleTimeoutSeconds: 3600 } });
});
afterAll(() => h.stop());

const authInfo = { pw: 'transfer-secret' };
const create = { name: 'a.com', authInfo };
const contact = {
  id: 'sh8013',
  postalInfos: [{ type: 'int', name: 'John Doe', addr: { city: 'Dulles', cc: 'US' } }],
  email: 'jdoe@example.com',
  authInfo,
};

interface Bad {
  path: string;
  body: unknown;
  status: number;
  /** The error's field. */
  field?: string;
  code?: string;
  says?: string;
  headers?: Record<string, string>;
}

const cases: Bad[] = [
  // where
  { path: '/org/check', body: { names: ['a.org'] }, status: 404, field: 'tld', says: '"org"' },
  { path: '/xcom/check', body: { names: ['a.xcom'] }, status: 404, field: 'tld' },
  { path: '/com./check', body: { names: ['a.com'] }, status: 404, field: 'tld' },
  { path: `/${'x'.repeat(300)}/check`, body: {}, status: 404, field: 'tld' },
  { path: '/%00/check', body: {}, status: 404, field: 'tld' },
  { path: '/com/frobnicate', body: {}, status: 404, field: 'command', says: 'check, info, create' },
  { path: '/com/login', body: {}, status: 404, field: 'command' },
  { path: '/com/logout', body: {}, status: 404, field: 'command' },
  { path: '/com/hello', body: {}, status: 404, field: 'command' },
  { path: '/com/constructor', body: {}, status: 404, field: 'command' },
  { path: '/com/host/renew', body: { name: 'ns1.a.com' }, status: 404, field: 'command', says: 'delete' },
  { path: '/com/domain/poll', body: { op: 'req' }, status: 404, field: 'command' },
  { path: '/com/nameserver/check', body: {}, status: 404, field: 'object', says: 'domain, host, contact' },
  { path: '/com/__proto__/check', body: {}, status: 404, field: 'object' },
  { path: '/com', body: {}, status: 404, code: 'not-found' },
  { path: '/com/domain/check/more', body: {}, status: 404, code: 'not-found' },
  {
    path: '/com/check',
    body: { names: ['a.com'] },
    headers: { 'x-epp-accreditation': 'nobody' },
    status: 404,
    field: 'x-epp-accreditation',
    says: 'acme',
  },
  // the body as a whole
  { path: '/com/check', body: '{"names": ["a.com"]', status: 400, field: 'body', code: 'bad-json' },
  { path: '/com/check', body: '', status: 400, field: 'body' },
  { path: '/com/check', body: 'names=a.com', status: 400, field: 'body' },
  { path: '/com/check', body: '{"__proto__": {"x": 1}}', status: 400, field: 'body' },
  { path: '/com/check', body: ['a.com'], status: 400, field: 'body' },
  { path: '/com/check', body: 'null', status: 400, field: 'body' },
  { path: '/com/check', body: '"a.com"', status: 400, field: 'body' },
  { path: '/com/check', body: 17, status: 400, field: 'body' },
  {
    path: '/com/check',
    body: 'names: [a.com]',
    headers: { 'content-type': 'application/yaml' },
    status: 415,
    field: 'content-type',
  },
  {
    path: '/com/check',
    body: '{}',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    field: 'content-type',
  },
  { path: '/com/create', body: { ...create, x: 'x'.repeat(300_000) }, status: 413, field: 'body' },
  // missing and unknown fields
  { path: '/com/check', body: {}, status: 400, field: 'names' },
  { path: '/com/check', body: { names: ['a.com'], fast: true }, status: 400, field: 'fast' },
  { path: '/com/create', body: { name: 'a.com' }, status: 400, field: 'authInfo' },
  { path: '/com/create', body: { authInfo }, status: 400, field: 'name' },
  { path: '/com/create', body: { ...create, clTRID: 'ABC-1' }, status: 400, field: 'clTRID' },
  {
    path: '/com/create',
    body: { ...create, period: { value: 1, unti: 'y' } },
    status: 400,
    field: 'period.unti',
  },
  { path: '/com/renew', body: { name: 'a.com' }, status: 400, field: 'curExpDate' },
  { path: '/com/transfer', body: { name: 'a.com' }, status: 400, field: 'op' },
  { path: '/com/poll', body: { op: 'ack' }, status: 400, field: 'msgID' },
  {
    path: '/com/contact/create',
    body: { ...contact, postalInfos: undefined },
    status: 400,
    field: 'postalInfos',
  },
  // wrong values
  { path: '/com/check', body: { names: [] }, status: 400, field: 'names' },
  { path: '/com/check', body: { names: 'a.com' }, status: 400, field: 'names' },
  { path: '/com/check', body: { names: ['a.com', 7] }, status: 400, field: 'names[1]' },
  { path: '/com/check', body: { names: [{ code: 1 }] }, status: 400, field: 'names[0]' },
  { path: '/com/check', body: { names: ['a.com', 'b.net'] }, status: 400, field: 'names[1]', says: '"com"' },
  { path: '/com/check', body: { names: ['com'] }, status: 400, field: 'names[0]' },
  { path: '/com/check', body: { names: ['a..com'] }, status: 400, field: 'names[0]' },
  { path: '/com/check', body: { names: ['a b.com'] }, status: 400, field: 'names[0]' },
  { path: '/com/check', body: { names: [`${'x'.repeat(64)}.com`] }, status: 400, field: 'names[0]' },
  {
    path: '/com/check',
    body: { names: Array.from({ length: 6 }, (_, i) => `a${i}.com`) },
    status: 400,
    field: 'names',
    says: 'at most 5',
  },
  {
    path: '/com/contact/check',
    body: { ids: Array.from({ length: 6 }, (_, i) => `sh801${i}`) },
    status: 400,
    field: 'ids',
    says: 'at most 5',
  },
  { path: '/com/info', body: { name: 'a.net' }, status: 400, field: 'name' },
  { path: '/com/info', body: { name: '' }, status: 400, field: 'name' },
  { path: '/com/info', body: { name: null }, status: 400, field: 'name' },
  { path: '/com/info', body: { name: 'a.com</domain:name>' }, status: 400, field: 'name' },
  { path: '/com/info', body: { name: 'a\u0000.com' }, status: 400, field: 'name' },
  { path: '/com/info', body: { name: 'a.com', hosts: 'some' }, status: 400, field: 'hosts' },
  { path: '/com/create', body: { ...create, period: { value: 0 } }, status: 400, field: 'period.value' },
  { path: '/com/create', body: { ...create, period: { value: 1.5 } }, status: 400, field: 'period.value' },
  {
    path: '/com/create',
    body: { ...create, period: { value: 1, unit: 'd' } },
    status: 400,
    field: 'period.unit',
  },
  { path: '/com/create', body: { ...create, ns: {} }, status: 400, field: 'ns' },
  {
    path: '/com/create',
    body: { ...create, ns: { hostObjs: ['ns 1'] } },
    status: 400,
    field: 'ns.hostObjs[0]',
  },
  { path: '/com/create', body: { ...create, registrant: 'x' }, status: 400, field: 'registrant' },
  { path: '/com/create', body: { ...create, authInfo: { pw: 'a\nb' } }, status: 400, field: 'authInfo.pw' },
  { path: '/com/create', body: { ...create, extensions: '<x/>' }, status: 400, field: 'extensions' },
  {
    path: '/com/create',
    body: { ...create, extensions: { raw: [7] } },
    status: 400,
    field: 'extensions.raw[0]',
  },
  {
    path: '/com/create',
    body: { ...create, extensions: { raw: ['<x'] } },
    status: 400,
    field: 'extensions.raw[0]',
  },
  {
    path: '/com/create',
    body: { ...create, extensions: { raw: ['<x/>'] } },
    status: 400,
    field: 'extensions.raw[0]',
  },
  {
    path: '/com/create',
    body: {
      ...create,
      extensions: {
        raw: ['<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x xmlns="urn:x">&e;</x>'],
      },
    },
    status: 400,
    field: 'extensions.raw[0]',
  },
  { path: '/com/renew', body: { name: 'a.com', curExpDate: '31.12.2027' }, status: 400, field: 'curExpDate' },
  { path: '/com/transfer', body: { name: 'a.com', op: 'steal' }, status: 400, field: 'op' },
  {
    path: '/com/host/create',
    body: { name: 'ns1.a.com', addrs: [{ ip: 'v5', addr: '::1' }] },
    status: 400,
    field: 'addrs[0].ip',
  },
  { path: '/com/contact/create', body: { ...contact, id: 'x' }, status: 400, field: 'id' },
];

describe('bad input', { timeout: 20_000 }, () => {
  it.each(cases)('$path $body', async ({ path, body, status, field, code, says, headers }) => {
    const before = h.registry.stats();
    const reply = await h.post(path, body, headers);
    expect(reply).toMatchObject({
      status,
      body: { outcome: 'not-sent', error: { code: code ?? expect.any(String), message: expect.any(String) } },
    });
    expect(reply.headers.get('x-epp-outcome')).toBe('not-sent');
    expect(reply.body.error.field).toBe(field);
    if (says) expect(reply.body.error.message).toContain(says);
    expect(reply.body.error.message).not.toContain('transfer-secret');
    expect(h.registry.stats().accounts[CLIENT_ID]?.commands).toEqual(before.accounts[CLIENT_ID]?.commands);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])(
    '%s is no way to give a command',
    async (method) => {
      for (const path of ['/com/check', '/com/domain/check']) {
        const reply = await fetch(h.adapter.url + path, { method });
        expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST']);
      }
    },
  );

  it('a body that breaks off, and a path that cannot be decoded, are answered or dropped, and nothing is sent', async () => {
    for (const path of ['/%ZZ/check', `/${'x'.repeat(2_000)}/check`]) {
      expect(await h.post(path, {})).toMatchObject({
        status: 400,
        body: { outcome: 'not-sent', error: { code: 'bad-path' } },
      });
    }
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

  it('reached the registry in none of these cases', () => {
    const { commands } = h.registry.stats().accounts[CLIENT_ID] ?? {};
    expect(commands).toEqual({});
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });
});
