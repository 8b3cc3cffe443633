import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOST_PATTERN, host, webUrl } from '../../../src/api/schema/names.ts';

describe('host', () => {
  it('takes every IP address', () => {
    fc.assert(fc.property(fc.ipV4(), (text) => void expect(host().safeParse(text).success).toBe(true)));
    const plainV6 = fc.ipV6().filter((text) => !text.includes('.'));
    fc.assert(fc.property(plainV6, (text) => void expect(host().safeParse(text).success).toBe(true)));
  });

  it('takes every domain name', () => {
    fc.assert(fc.property(fc.domain(), (text) => void expect(host().safeParse(text).success).toBe(true)));
  });

  it('takes nothing but names and addresses', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-fA-F:.]{1,40}$/), (text) => {
        if (!host().safeParse(text).success) return;
        expect(isIP(text) !== 0 || /^[-a-zA-Z0-9.]*[a-zA-Z][-a-zA-Z0-9]*$/.test(text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('webUrl', () => {
  it('takes only what the URL parser takes as well', () => {
    const url = fc.stringMatching(
      new RegExp(`^https?://(${HOST_PATTERN.split('|').slice(0, 1)})(:[0-9]{1,5})?([/?][!-~]{0,20})?$`),
    );
    fc.assert(
      fc.property(url, (text) => {
        // Punycode that decodes to nothing is refused by the URL parser alone.
        if (webUrl().safeParse(text).success && !/xn--/i.test(text)) expect(URL.canParse(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    'https://host.example',
    'http://host',
    'http://10.0.0.1:8080/a/b?c=d#e',
    'https://[2001:db8::1]:443/',
    'https://host?x',
  ])('takes %s', (text) => {
    expect(webUrl().safeParse(text).success).toBe(true);
    expect(URL.canParse(text)).toBe(true);
  });

  it.each([
    'host.example',
    'ftp://host',
    'https://user@host/',
    'https://user:password@host/',
    'https://',
    'https://host:0/',
    'https://host:65536/',
    'https://host/ space',
    'https://host/\n',
    'https://1.2.3.4.5/',
    'https://[::1/',
    'HTTPS://host/',
  ])('refuses %j', (text) => {
    expect(webUrl().safeParse(text).success).toBe(false);
  });
});
