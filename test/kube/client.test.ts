import { describe, expect, it } from 'vitest';
import { isGone, isNotFound } from '../../src/kube/api-error.ts';
import { CONFIG_MAP } from '../../src/kube/builtin.ts';
import { createClient, decodeWatchEvent } from '../../src/kube/client.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';

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
