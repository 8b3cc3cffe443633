import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPunycode } from '../../src/routing/punycode.ts';

describe('punycode', () => {
  // RFC 3492 section 7.1 has the long ones
  it.each([
    'fsqu00a',
    'bcher-kva',
    'fiqs8s',
    'ls8h',
    'strae-oqa',
    'egbpdaj6bu4bxfgehfvwxn',
    'ihqwcrb4cv8a8dqg056pqjye',
    'proprostnemluvesky-uyb24dma41a',
    '-with-super-monkeys-pc58ag80a8qai00g7n9n',
    '3b-ww4c5e180e575a65lsy2b',
  ])('%j stands for a name', (encoded) => {
    expect(isPunycode(encoded)).toBe(true);
  });

  it.each([
    ['', 'nothing'],
    ['-', 'nothing'],
    ['abc-', 'plain letters alone'],
    ['99999999', 'a code point beyond the last'],
    ['0', 'a number that breaks off'],
    ['zz9', 'a number that breaks off'],
    ['bcher-kva-', 'plain letters alone'],
    ['bcher-kvä', 'a digit that is none'],
    ['qd9b62k', 'half a surrogate pair'],
  ])('%j is %s', (encoded) => {
    expect(isPunycode(encoded)).toBe(false);
  });

  it('has every name that the platform writes so', () => {
    let encoded = 0;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), (label) => {
        const ascii = domainToASCII(label);
        if (!/^xn--[\da-z-]+$/.test(ascii)) return;
        encoded++;
        expect([ascii, isPunycode(ascii.slice(4))]).toEqual([ascii, true]);
      }),
      { numRuns: 2_000 },
    );
    expect(encoded).toBeGreaterThan(100);
  });

  it('is judged whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof isPunycode(text) === 'boolean'));
  });
});
