import { describe, expect, it } from 'vitest';
import { ApiError, isConflict, isGone, isNotFound } from '../../src/kube/api-error.ts';
import { CONFIG_MAP, DEPLOYMENT, NAMESPACE } from '../../src/kube/builtin.ts';
import { createClient, decodeWatchEvent } from '../../src/kube/client.ts';
import { collectionPath, objectPath, withQuery } from '../../src/kube/resource-path.ts';
import { statusError } from '../../src/kube/status-error.ts';
import { retryAfter } from '../../src/kube/transport.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';

describe('paths', () => {
  it.each([
    [collectionPath(CONFIG_MAP, 'ns'), '/api/v1/namespaces/ns/configmaps'],
    [collectionPath(CONFIG_MAP), '/api/v1/configmaps'],
    [collectionPath(NAMESPACE, 'ignored'), '/api/v1/namespaces'],
    [objectPath(DEPLOYMENT, { namespace: 'ns', name: 'd' }), '/apis/apps/v1/namespaces/ns/deployments/d'],
    [objectPath(NAMESPACE, { name: 'ns' }, 'status'), '/api/v1/namespaces/ns/status'],
    [objectPath(CONFIG_MAP, { namespace: 'n', name: '../x?' }), '/api/v1/namespaces/n/configmaps/..%2Fx%3F'],
    [withQuery('/p', { a: 'x=1,y', b: undefined, c: true, d: 5 }), '/p?a=x%3D1%2Cy&c=true&d=5'],
    [withQuery('/p', { a: undefined }), '/p'],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected);
  });

  it('refuses a key that would name a collection', () => {
    expect(() => objectPath(CONFIG_MAP, { namespace: 'ns', name: '' })).toThrow('ConfigMap: no name given');
    expect(() => objectPath(CONFIG_MAP, { name: 'a' })).toThrow('ConfigMap a: no namespace given');
  });
});

describe('statusError', () => {
  it('tells request, code, reason and what the server said', () => {
    const body = JSON.stringify({ kind: 'Status', code: 409, reason: 'Conflict', message: 'modified' });
    const error = statusError('replace X a/b', 409, {}, body);
    expect(error).toMatchObject({
      message: 'replace X a/b: 409 Conflict: modified',
      code: 409,
      reason: 'Conflict',
      retryAfterMs: undefined,
    });
    expect(isConflict(error)).toBe(true);
  });

  it.each([
    { headers: { 'retry-after': '3' }, body: '', ms: 3000 },
    { headers: {}, body: JSON.stringify({ details: { retryAfterSeconds: 7 } }), ms: 7000 },
    { headers: { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }, body: '', ms: undefined },
    { headers: {}, body: '', ms: undefined },
  ])('reads how long to wait from $headers and $body', ({ headers, body, ms }) => {
    expect(statusError('x', 429, headers, body).retryAfterMs).toBe(ms);
  });

  it("quotes the beginning of what is not the API's", () => {
    expect(statusError('get X a', 502, {}, `<html>${'x'.repeat(500)}`).message).toBe(
      `get X a: 502: <html>${'x'.repeat(194)}`,
    );
  });
});

describe('decodeWatchEvent', () => {
  const line = (type: string, object: unknown) => JSON.stringify({ type, object });

  it('gives events and bookmarks, and passes over types that it does not know', () => {
    const object = { metadata: { name: 'a', resourceVersion: '5' } };
    expect(decodeWatchEvent('w', line('MODIFIED', object))).toEqual({ type: 'MODIFIED', object });
    expect(decodeWatchEvent('w', line('BOOKMARK', object))).toEqual({
      type: 'BOOKMARK',
      resourceVersion: '5',
    });
    expect(decodeWatchEvent('w', line('NEW_IN_1_99', object))).toBeUndefined();
  });

  it('throws what an ERROR event says', () => {
    const status = { code: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' };
    const decode = () => decodeWatchEvent('watch things', line('ERROR', status));
    expect(decode).toThrow('watch things: 410 Expired: too old resource version: 1 (9)');
    try {
      decode();
    } catch (error) {
      expect(isGone(error)).toBe(true);
    }
  });

  it('does not quote half an event: it may be a Secret', () => {
    const half = line('ADDED', { data: { password: 'hunter2' } }).slice(0, -3);
    expect(() => decodeWatchEvent('watch secrets', half)).toThrow(
      /^watch secrets: the stream broke off inside an event$/,
    );
  });
});

describe('retryAfter', () => {
  const error = (code: number, retryAfterMs?: number) =>
    new ApiError('x', { code, ...(retryAfterMs && { retryAfterMs }) });

  it.each([
    { method: 'POST', code: 429, again: true },
    { method: 'PUT', code: 429, again: true },
    { method: 'GET', code: 429, again: true },
    { method: 'GET', code: 503, again: true },
    { method: 'GET', code: 500, again: true },
    { method: 'GET', code: 0, again: true },
    { method: 'PUT', code: 503, again: false },
    { method: 'PATCH', code: 500, again: false },
    { method: 'POST', code: 0, again: false },
    { method: 'DELETE', code: 504, again: false },
    { method: 'GET', code: 404, again: false },
    { method: 'GET', code: 410, again: false },
    { method: 'PUT', code: 409, again: false },
  ] as const)('after $code a $method is sent again: $again', ({ method, code, again }) => {
    expect(retryAfter({ method }, error(code), 0) !== undefined).toBe(again);
  });

  it('waits at least as long as the server asked', () => {
    expect(retryAfter({ method: 'PUT' }, error(429, 9000), 0)).toBe(9000);
    expect(retryAfter({ method: 'PUT' }, error(429, 1), 3)).toBeGreaterThanOrEqual(2000);
  });

  it('gives up after eight attempts, and never repeats what is no answer of the API', () => {
    expect(retryAfter({ method: 'GET' }, error(503), 6)).toBeDefined();
    expect(retryAfter({ method: 'GET' }, error(503), 7)).toBeUndefined();
    expect(retryAfter({ method: 'GET' }, new Error('stopped'), 0)).toBeUndefined();
  });
});

describe('createClient', () => {
  const token = async () => 'very-secret-token';

  it('says where it could not go, and that nothing was sent, without its token', async () => {
    // Nothing listens on port 1 of this machine.
    const config = { server: 'https://127.0.0.1:1', token };
    const client = createClient(config, { clock: systemClock, log: silentLog, requestTimeoutMs: 200 });
    const key = { namespace: 'ns', name: 'a' };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...key, resourceVersion: '1' } };
    const read = await client.get(CONFIG_MAP, key).catch((error: unknown) => error);
    const write = await client.replace(CONFIG_MAP, object).catch((error: unknown) => error);
    await client.close();
    expect(read).toMatchObject({
      code: 0,
      message: expect.stringMatching(/^get ConfigMap ns\/a: not sent: .*ECONNREFUSED/),
    });
    expect(write).toMatchObject({
      code: 0,
      message: expect.stringMatching(/^replace ConfigMap ns\/a: not sent: .*ECONNREFUSED/),
    });
    expect(JSON.stringify([read, write, String(read), String(write)])).not.toContain('very-secret');
    expect(isNotFound(read)).toBe(false);
  });

  it.each([
    {
      how: 'fails',
      token: () => Promise.reject(new Error('the plugin is broken')),
      says: 'create ConfigMap ns/a: not sent, there is no token: the plugin is broken',
    },
    {
      how: 'hangs',
      token: () => new Promise<string>(() => {}),
      says: /^create ConfigMap ns\/a: no answer within \d+ ms/,
    },
  ])('ends in time when what gives its tokens $how', async ({ token, says }) => {
    const config = { server: 'https://127.0.0.1:1', token };
    const client = createClient(config, { clock: systemClock, log: silentLog, requestTimeoutMs: 50 });
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'a' } };
    await expect(client.create(CONFIG_MAP, object)).rejects.toThrow(says);
    await client.close();
  });

  it('refuses to replace an object that was not read', async () => {
    const client = createClient({ server: 'https://127.0.0.1:1' }, { clock: systemClock, log: silentLog });
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'a' } };
    await expect(client.replace(CONFIG_MAP, object)).rejects.toThrow(
      'replace ConfigMap ns/a: metadata.resourceVersion is not set; read the object first',
    );
  });

  it('rejects with the reason of a signal that is aborted already, and sends nothing', async () => {
    const client = createClient({ server: 'https://127.0.0.1:1' }, { clock: systemClock, log: silentLog });
    const stop = new Error('stopping');
    await expect(client.list(CONFIG_MAP, {}, AbortSignal.abort(stop))).rejects.toBe(stop);
  });
});
