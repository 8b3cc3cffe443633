import { describe, expect, it } from 'vitest';
import { readHeaders, requestIdOf } from '../../../src/api/http/request-headers.ts';

describe('headers of a request', () => {
  it('are optional, all of them', () => {
    expect(readHeaders({})).toEqual({});
  });

  it.each([
    ['x-epp-tenant', 'shop', { tenant: 'shop' }],
    ['x-epp-tenant', "!#$%&'*+-.^_`|~0aZ", { tenant: "!#$%&'*+-.^_`|~0aZ" }],
    ['x-epp-tenant', 'x'.repeat(64), { tenant: 'x'.repeat(64) }],
    ['x-epp-timeout', '2500', { timeoutMs: 2_500 }],
    ['x-epp-timeout', '5s', { timeoutMs: 5_000 }],
    ['x-epp-timeout', '1m30s', { timeoutMs: 90_000 }],
    ['x-epp-timeout', '250ms', { timeoutMs: 250 }],
    ['x-epp-timeout', '1h', { timeoutMs: 3_600_000 }],
    ['x-epp-timeout', '1', { timeoutMs: 1 }],
    [
      'idempotency-key',
      '8e03978e-40d5-43dd-bc93-6894a57f9324',
      { idempotencyKey: '8e03978e-40d5-43dd-bc93-6894a57f9324' },
    ],
    ['idempotency-key', '"8e03978e"', { idempotencyKey: '8e03978e' }],
    ['idempotency-key', 'x'.repeat(255), { idempotencyKey: 'x'.repeat(255) }],
    ['x-epp-accreditation', 'acme', { accreditation: 'acme' }],
  ])('%s: %s', (name, value, read) => {
    expect(readHeaders({ [name]: value })).toEqual(read);
  });

  it.each([
    ['x-epp-tenant', ''],
    ['x-epp-tenant', 'a b'],
    ['x-epp-tenant', 'a,b'],
    ['x-epp-tenant', 'one, two'],
    ['x-epp-tenant', 'ü'],
    ['x-epp-tenant', 'x'.repeat(65)],
    ['x-epp-timeout', ''],
    ['x-epp-timeout', '0'],
    ['x-epp-timeout', '0s'],
    ['x-epp-timeout', '-1'],
    ['x-epp-timeout', '1.5'],
    ['x-epp-timeout', '5 s'],
    ['x-epp-timeout', 'soon'],
    ['x-epp-timeout', '5s1m'],
    ['x-epp-timeout', '3600001'],
    ['x-epp-timeout', '2h'],
    ['x-epp-timeout', '99999999999'],
    ['x-epp-timeout', '1e3'],
    ['x-epp-timeout', '5s, 6s'],
    ['idempotency-key', ''],
    ['idempotency-key', 'a b'],
    ['idempotency-key', 'a, b'],
    ['idempotency-key', '""'],
    ['idempotency-key', '"a'],
    ['idempotency-key', 'x'.repeat(256)],
    ['idempotency-key', 'ü'],
  ])('%s: %j is wrong, and named', (name, value) => {
    expect(readHeaders({ [name]: value })).toEqual({
      errors: [{ field: name, message: expect.any(String) }],
    });
  });

  it('are all looked at before any is told', () => {
    const read = readHeaders({ 'x-epp-tenant': '', 'x-epp-timeout': '', 'idempotency-key': '' });
    expect('errors' in read && read.errors.map(({ field }) => field)).toEqual([
      'x-epp-tenant',
      'x-epp-timeout',
      'idempotency-key',
    ]);
  });

  it.each([
    ['abc-123', 'abc-123'],
    ['0HMVD5K:00000001', '0HMVD5K:00000001'],
    ['x'.repeat(128), 'x'.repeat(128)],
    ['x'.repeat(129), undefined],
    ['', undefined],
    ['a b', undefined],
    ['a\tb', undefined],
    ['<script>', undefined],
    ['{"a":1}', undefined],
  ])('x-request-id %j is taken as %j', (written, id) => {
    expect(requestIdOf({ 'x-request-id': written })).toBe(id);
  });
});
