import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newAuthInfo } from '../../src/epp/auth-info.ts';
import { checkCommand, readCommand, writeCommand } from '../../src/epp/catalogue.ts';
import type { EppCommand } from '../../src/epp/command.ts';
import { parseXml } from '../../src/epp/xml.ts';

describe('newAuthInfo', () => {
  it('has letters of both cases, a digit and a sign, whatever the chance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 64 }), (length) => {
        const pw = newAuthInfo(length);
        expect(pw).toMatch(/^[\x21-\x7e]+$/);
        expect(pw).toHaveLength(length);
        for (const characters of [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/]) expect(pw).toMatch(characters);
      }),
    );
  });

  it('tries again where chance has left a class of characters out', () => {
    const numbers = [...Array(20).fill(33), ...Array.from({ length: 20 }, (_, index) => index * 4)];
    expect(newAuthInfo(20, () => numbers.shift() ?? 0)).toBe('!%)-159=AEIMQUY]aeim');
    expect(numbers).toEqual([]);
  });

  it('does not come twice, and uses every character', () => {
    const many = Array.from({ length: 2000 }, () => newAuthInfo());
    expect(new Set(many).size).toBe(2000);
    expect(new Set(many.join('')).size).toBe(94);
    expect(many.every((pw) => pw.length === 20)).toBe(true);
  });

  it.each([19, 0, 20.5, 256, Number.NaN])(
    'is not weaker than RFC 9154, nor longer than its type: %s',
    (length) => {
      expect(() => newAuthInfo(length)).toThrow(RangeError);
    },
  );
});

describe('secure authorization information (RFC 9154)', () => {
  const update = (object: 'domain' | 'contact', key: string, authInfo: unknown): EppCommand => ({
    object,
    command: 'update',
    body: { [key]: object === 'domain' ? 'a.com' : 'abc', chg: { authInfo } },
  });

  it.each([
    [
      'set',
      update('domain', 'name', { pw: '<&">\'%1aB' }),
      "<domain:authInfo><domain:pw>&lt;&amp;&quot;&gt;'%1aB</domain:pw></domain:authInfo>",
    ],
    ['unset', update('domain', 'name', null), '<domain:authInfo><domain:null/></domain:authInfo>'],
    ['emptied', update('domain', 'name', { pw: '' }), '<domain:authInfo><domain:pw/></domain:authInfo>'],
    [
      'emptied for a contact',
      update('contact', 'id', { pw: '' }),
      '<contact:authInfo><contact:pw/></contact:authInfo>',
    ],
    [
      'left out at creation',
      { object: 'domain', command: 'create', body: { name: 'a.com', authInfo: { pw: '' } } } as EppCommand,
      '<domain:authInfo><domain:pw/></domain:authInfo>',
    ],
    [
      'verified',
      { object: 'domain', command: 'info', body: { name: 'a.com', authInfo: { pw: 'x' } } } as EppCommand,
      '<domain:authInfo><domain:pw>x</domain:pw></domain:authInfo>',
    ],
  ])('can be %s', (_how, command, xml) => {
    const written = writeCommand(command);
    expect(written).toContain(xml);
    expect(readCommand(parseXml(written))).toMatchObject({ body: checkCommand(command).body });
  });

  it('survives the way to the registry, whatever its characters', () => {
    for (let count = 0; count < 200; count++) {
      const pw = newAuthInfo();
      const read = readCommand(parseXml(writeCommand(update('domain', 'name', { pw }))));
      expect(read?.body).toEqual({ name: 'a.com', chg: { authInfo: { pw } } });
    }
  });
});
