import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anonymousCaller,
  callerOf,
  isCallerId,
  mayRegister,
  tenantOf,
} from '../../../src/gateway/auth/callers.ts';
import { ANONYMOUS_GRANTS, grantsOf } from '../../../src/gateway/auth/scopes.ts';

describe('the id of a caller', () => {
  it.each(['shop', 'auth0|5f7c', 'user@example.com', 'system:serviceaccount:shop:orders', 'x'.repeat(255)])(
    'may be %s',
    (id) => {
      expect(isCallerId(id)).toBe(true);
    },
  );
  it.each(['', 'a b', 'a\nb', 'é', '\u0000', 'x'.repeat(256), undefined, null, 7, ['shop']])(
    'may not be %j',
    (id) => {
      expect(isCallerId(id)).toBe(false);
    },
  );
});

describe('a caller', () => {
  it('without authentication is who it says, and may send every command, but register nothing', () => {
    const caller = anonymousCaller({ 'x-epp-tenant': 'shop' });
    expect(caller.id).toBe('shop');
    expect(caller.mayUse('core', 'com')).toBe(true);
    expect(mayRegister(caller)).toBe(false);
    expect(anonymousCaller({}).id).toBe('anonymous');
    expect(anonymousCaller({ 'x-epp-tenant': 'no tenant' }).id).toBe('anonymous');
  });

  it('registers instances by the scope for it alone', () => {
    expect(mayRegister(callerOf('a', grantsOf(['epp:*'])))).toBe(false);
    expect(mayRegister(callerOf('a', grantsOf(['discovery'])))).toBe(true);
    expect(mayRegister({ id: 'a', mayUse: () => true })).toBe(false);
  });
});

describe('the tenant of a caller', () => {
  const tenant = (id: string) => tenantOf(callerOf(id, ANONYMOUS_GRANTS));

  it('is its id where a header can hold that', () => {
    expect(tenant('shop')).toBe('shop');
    expect(tenant('auth0|5f7c')).toBe('auth0|5f7c');
  });

  it('fits the header, and is no other caller’s', () => {
    const id = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 255,
    });
    fc.assert(
      fc.property(id, id, (one, other) => {
        expect(tenant(one)).toMatch(/^[!#$%&'*+\-.^_`|~\dA-Za-z]{1,64}$/);
        expect(tenant(one) === tenant(other)).toBe(one === other);
        expect(tenant(tenant(one)) === tenant(one)).toBe(tenant(one) === one);
      }),
    );
  });
});
