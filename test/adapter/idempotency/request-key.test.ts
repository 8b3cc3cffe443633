import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestKey } from '../../../src/adapter/idempotency/request-key.ts';
import type { EppCommand } from '../../../src/epp/command.ts';

const owner = { scope: 'epp.core', tenant: 'shop' };
const create: EppCommand = {
  object: 'domain',
  command: 'create',
  body: { name: 'a.com', authInfo: { pw: 'hunter2' }, period: { value: 1, unit: 'y' } },
};

describe('what a store sees of a key', () => {
  const key = new RequestKey('order-1', owner);

  it('is another for another key, tenant or scope', () => {
    const ids = [
      key,
      new RequestKey('order-2', owner),
      new RequestKey('order-1', { ...owner, tenant: 'other' }),
      new RequestKey('order-1', { ...owner, tenant: undefined }),
      new RequestKey('order-1', { ...owner, scope: 'epp.manage' }),
      new RequestKey('shop","order-1', { ...owner, tenant: '' }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is the same for the same request, however it was written', () => {
    const turned: EppCommand = {
      command: 'create',
      object: 'domain',
      body: { period: { unit: 'y', value: 1 }, authInfo: { pw: 'hunter2' }, name: 'a.com' },
    };
    expect(key.fingerprint('verisign', turned)).toBe(key.fingerprint('verisign', create));
    expect(new RequestKey('order-1', owner).fingerprint('verisign', create)).toBe(
      key.fingerprint('verisign', create),
    );
  });

  it.each<[string, string, EppCommand]>([
    ['account', 'cnnic', create],
    ['command', 'verisign', { ...create, command: 'update' }],
    ['object', 'verisign', { ...create, object: 'host' }],
    ['body', 'verisign', { ...create, body: { ...create.body, period: { value: 2, unit: 'y' } } }],
    ['password', 'verisign', { ...create, body: { ...create.body, authInfo: { pw: 'hunter3' } } }],
    ['extensions', 'verisign', { ...create, extensions: { raw: ['<x xmlns="urn:x"/>'] } }],
  ])('is another for another %s', (_what, account, command) => {
    expect(key.fingerprint(account, command)).not.toBe(key.fingerprint('verisign', create));
  });

  it('is the same for two commands exactly where they say the same', () => {
    const leaf = fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 3 }), fc.boolean());
    const names = fc.constantFrom('name', 'pw', 'a', 'b');
    const body = fc.dictionary(
      names,
      fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(names, leaf, { noNullPrototype: true })),
      { noNullPrototype: true },
    );
    const print = (it: Record<string, unknown>) => key.fingerprint('verisign', { ...create, body: it });
    const turned = (it: Record<string, unknown>) => Object.fromEntries(Object.entries(it).reverse());
    fc.assert(
      fc.property(body, body, (one, other) => {
        expect(print(turned(one))).toBe(print(one));
        expect(print(one) === print(other)).toBe(isDeepStrictEqual(one, other));
      }),
      { numRuns: 300 },
    );
  });

  it('cannot be tried against guesses of a password without the key', () => {
    const other = new RequestKey('order-2', owner);
    expect(other.fingerprint('verisign', create)).not.toBe(key.fingerprint('verisign', create));
  });

  it('holds answers that the key alone opens', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const sealed = key.seal(text);
        expect(new RequestKey('order-1', owner).open(sealed)).toBe(text.toWellFormed());
      }),
      { numRuns: 50 },
    );
    const others = [
      new RequestKey('order-2', owner),
      new RequestKey('order-1', { ...owner, tenant: 'other' }),
    ];
    for (const other of others) expect(() => other.open(key.seal('x'))).toThrow();
    const sealed = key.seal('the password is hunter2');
    expect(Buffer.from(sealed, 'base64').includes('hunter2')).toBe(false);
    expect(key.seal('x')).not.toBe(key.seal('x'));
  });
});
