import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ApiKeys } from '../../../src/gateway/auth/api-keys.ts';
import { mayRegister } from '../../../src/gateway/auth/callers.ts';
import { createLog } from '../../../src/lib/log.ts';

const KEY = 'k-0123456789abcdef';
const OTHER = 'k-fedcba9876543210';

function open() {
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    name: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  const keys = new ApiKeys(log);
  const take = (files: Record<string, string>) =>
    keys.take(new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])));
  return { keys, take, logged: () => lines.join('') };
}

describe('API keys', () => {
  it('tell callers by their key, or by its digest', () => {
    const { keys, take } = open();
    take({
      shop: `key: ${KEY}\nscopes: ['epp:core:com', discovery]\n`,
      partner: `{keySha256: "${hash('sha256', OTHER).toUpperCase()}", scopes: ["epp:query"]}`,
    });
    const shop = keys.find(KEY);
    expect(shop?.id).toBe('shop');
    expect([shop?.mayUse('core', 'com'), shop?.mayUse('core', 'net')]).toEqual([true, false]);
    expect(shop && mayRegister(shop)).toBe(true);
    expect(keys.find(OTHER)?.id).toBe('partner');
    expect(keys.find(OTHER)?.mayUse('query', 'net')).toBe(true);
    for (const wrong of ['', KEY.slice(1), `${KEY} `, hash('sha256', OTHER), `${KEY}, ${KEY}`])
      expect(keys.find(wrong)).toBeUndefined();
  });

  const secret = 'S3CRET-0123456789abcdef';
  it.each([
    ['no YAML', `key: "${secret}\n  - x: [`, 'no YAML'],
    ['a bare key', secret, 'must hold the fields'],
    ['the key as a field', `${secret}: x\nscopes: []`, 'must hold the fields'],
    ['no key', 'scopes: []', 'key must be there'],
    ['both', `key: ${secret}\nkeySha256: ${'a'.repeat(64)}\nscopes: []`, 'key must be there'],
    ['no scopes', `key: ${secret}`, 'scopes must be a list'],
    ['a short key', 'key: S3CRET-0123\nscopes: []', 'key must be 16 to 512'],
    ['a key with a space', `key: "${secret} x"\nscopes: []`, 'key must be 16 to 512'],
    ['a number', 'key: 12345678901234567890\nscopes: []', 'key must be a text'],
    ['no digest', `keySha256: ${secret}\nscopes: []`, 'keySha256 must be 64 hex digits'],
    ['a wrong scope', `key: ${secret}\nscopes: [epp:*, "epp:S3CRET"]`, 'scopes.1 must be a scope'],
    ['nothing', '', 'must hold the fields'],
  ])('leave a file out that has %s, and say why without its content', (_what, text, problem) => {
    const { keys, take, logged } = open();
    take({ shop: text, good: `key: ${KEY}\nscopes: []` });
    expect(keys.find(KEY)?.id).toBe('good');
    expect(keys.find(secret)).toBeUndefined();
    expect(logged()).toContain('"file":"shop"');
    expect(logged()).toContain(problem);
    expect(logged()).not.toContain('S3CRET');
    expect(logged()).not.toContain(KEY);
  });

  it('keep what a file said last when it turns wrong, and forget it when it goes', () => {
    const { keys, take, logged } = open();
    take({ shop: `key: ${KEY}\nscopes: ['epp:core']` });
    take({ shop: 'broken: [' });
    expect(keys.find(KEY)?.mayUse('core', 'com')).toBe(true);
    expect(logged()).toContain('what it said last counts');
    take({ shop: `key: ${OTHER}\nscopes: ['epp:core']` });
    expect(keys.find(KEY)).toBeUndefined();
    expect(keys.find(OTHER)?.id).toBe('shop');
    take({});
    expect(keys.find(OTHER)).toBeUndefined();
  });

  it('let a key stand for one caller alone', () => {
    const { keys, take, logged } = open();
    take({ b: `key: ${KEY}\nscopes: ['epp:*']`, c: `keySha256: ${hash('sha256', KEY)}\nscopes: []` });
    expect(keys.find(KEY)?.id).toBe('b');
    expect(logged()).toContain('another caller has the same key');
  });

  it('take a name that can be no caller for none', () => {
    const { keys, take } = open();
    take({ 'two words': `key: ${KEY}\nscopes: []` });
    expect(keys.find(KEY)).toBeUndefined();
  });
});
