import { describe, expect, it } from 'vitest';
import { decimalOf, unitsOf } from '../../src/simulator/money.ts';
import { isRegistrable, isServed, superordinateOf } from '../../src/simulator/names.ts';

const TLDS = new Set(['com', 'co.uk', 'xn--fiqs8s']);

describe('names', () => {
  it.each([
    ['a.com', true],
    ['A.CO.UK', true],
    ['x.xn--fiqs8s', true],
    ['a.b.com', false],
    ['com', false],
    ['.com', false],
    ['a.uk', false],
    ['a', false],
  ])('%s is served: %s', (name, served) => expect(isServed(TLDS, name)).toBe(served));

  it.each([
    ['ns1.a.com', 'a.com'],
    ['x.y.A.co.UK', 'a.co.uk'],
    ['a.com', 'a.com'],
    ['ns1.a.org', undefined],
    ['com', undefined],
    ['co.uk', undefined],
  ])('the host %s stands in %s', (host, domain) => expect(superordinateOf(TLDS, host)).toBe(domain));

  it.each([
    ['a.com', true],
    ['1-a.com', true],
    ['-a.com', false],
    ['a-.com', false],
    ['a_b.com', false],
    [`${'a'.repeat(63)}.com`, true],
    [`${'a'.repeat(64)}.com`, false],
  ])('%s can be registered: %s', (name, can) => expect(isRegistrable(name)).toBe(can));
});

describe('amounts', () => {
  it.each([
    ['0', '0.00'],
    ['10', '10.00'],
    ['10.5', '10.50'],
    ['0.0305', '0.0305'],
    ['0.00000001', '0.00000001'],
    ['-2.5', '-2.50'],
    ['-0.01', '-0.01'],
    ['123456789012.99', '123456789012.99'],
  ])('%s is written %s', (given, written) => expect(decimalOf(unitsOf(given))).toBe(written));

  it('add up without rounding', () => {
    expect(decimalOf(unitsOf('0.1') + unitsOf('0.2'))).toBe('0.30');
  });
});
