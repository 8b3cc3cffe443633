import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalName, isBelow } from '../../src/routing/domain-name.ts';

describe('canonical name', () => {
  it.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.Com', 'example.com'],
    ['bücher.de', 'xn--bcher-kva.de'],
    ['Bücher。DE', 'xn--bcher-kva.de'],
    ['_dmarc.example.com', '_dmarc.example.com'],
    ['a'.repeat(63), 'a'.repeat(63)],
    ['a'.repeat(64), undefined],
    [`${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`],
    [`${'a.'.repeat(127)}a`, undefined],
    ['', undefined],
    ['.', undefined],
    ['a..b', undefined],
    ['a.', undefined],
    ['-a.com', undefined],
    ['a-.com', undefined],
    ['a b.com', undefined],
    ['a/b.com', undefined],
    ['a@b.com', undefined],
    ['a%62.com', undefined],
    ['a\u0000.com', undefined],
    ['a\n.com', undefined],
    ['[::1]', undefined],
    ['xn--bcher-kva.de', 'xn--bcher-kva.de'],
    ['XN--BCHER-KVA.de', 'xn--bcher-kva.de'],
    ['xn--99999999.com', undefined],
    ['a.xn--99999999', undefined],
    ['XN--99999999.com', undefined],
    ['xn--abc-.com', undefined],
    ['xn--.com', undefined],
  ])('of %j is %j', (written, expected) => {
    expect(canonicalName(written)).toBe(expected);
  });

  it('is its own canonical name, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.domain()), (written) => {
        const name = canonicalName(written);
        if (name !== undefined) expect(canonicalName(name)).toBe(name);
      }),
      { numRuns: 60 },
    );
  });
});

describe('isBelow', () => {
  it.each([
    ['a.com', 'com', true],
    ['a.b.com', 'com', true],
    ['a.co.uk', 'co.uk', true],
    ['com', 'com', false],
    ['.com', 'com', false],
    ['acom', 'com', false],
    ['a.net', 'com', false],
    ['com.a', 'com', false],
  ])('%s in %s: %s', (name, tld, expected) => {
    expect(isBelow(name, tld)).toBe(expected);
  });
});
