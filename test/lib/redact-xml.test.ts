import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCommand } from '../../src/epp/catalogue.ts';
import { parseXml } from '../../src/epp/xml.ts';
import { redactXml } from '../../src/lib/redact-xml.ts';

describe('redactXml', () => {
  it.each([
    ['<pw>SECRET</pw><a>b</a>', '<pw>[redacted]</pw><a>b</a>'],
    ['<newPW>SECRET</newPW>', '<newPW>[redacted]</newPW>'],
    ['<domain:pw roid="X-1">SECRET</domain:pw>', '<domain:pw roid="X-1">[redacted]</domain:pw>'],
    ['<weird-1.x:pw\n>SECRET</weird-1.x:pw >', '<weird-1.x:pw\n>[redacted]</weird-1.x:pw >'],
    ['<d:authInfo><d:ext><x>SECRET</x></d:ext></d:authInfo>', '<d:authInfo>[redacted]</d:authInfo>'],
    ['<pw><![CDATA[SEC</pwRET]]></pw>', '<pw>[redacted]</pw>'],
    [
      '<loginSec:pw>SECRET</loginSec:pw><loginSec:newPW>SECRET</loginSec:newPW>',
      '<loginSec:pw>[redacted]</loginSec:pw><loginSec:newPW>[redacted]</loginSec:newPW>',
    ],
    [
      '<allocationToken:allocationToken xmlns:allocationToken="urn:x">SECRET</allocationToken:allocationToken>',
      '<allocationToken:allocationToken xmlns:allocationToken="urn:x">[redacted]</allocationToken:allocationToken>',
    ],
    ['<PW>SECRET</PW>', '<PW>[redacted]</PW>'],
    ['<pw>SECRET', '<pw>[redacted]'],
    ['<pw a=">">SECRET</pw>', '<pw a=">[redacted]</pw>'],
    ['<pw>SEC</pwx>RET</pw><a/>', '<pw>[redacted]</pw><a/>'],
    ['<pw><![CDATA[SEC</pw>RET]]></pw><a/>', '<pw>[redacted]</pw><a/>'],
    [
      '<b><![CDATA[x]]></b><pw>SECRET</pw><b><![CDATA[</pw>]]></b>',
      '<b><![CDATA[x]]></b><pw>[redacted]</pw><b><![CDATA[</pw>]]></b>',
    ],
    ['<pw><![CDATA[SECRET</pw>', '<pw>[redacted]'],
    ['<pw/><name>kept</name><pw />', '<pw/><name>kept</name><pw />'],
    ['<power>kept</power><pwx>kept</pwx>', '<power>kept</power><pwx>kept</pwx>'],
  ])('%s', (xml, redacted) => {
    expect(redactXml(xml)).toBe(redacted);
  });

  it('leaves no secret in any frame that we write, and the rest as it is', () => {
    const secret = fc.string({ unit: fc.constantFrom(...'QZ7&<>"#'), minLength: 6, maxLength: 16 });
    fc.assert(
      fc.property(secret, secret, (first, second) => {
        const login = writeCommand({
          command: 'login',
          body: {
            clID: 'acme',
            pw: first,
            newPW: second,
            options: { version: '1.0', lang: 'en' },
            svcs: { objURIs: ['urn:x'] },
          },
        });
        const update = writeCommand({
          object: 'domain',
          command: 'update',
          body: { name: 'a.com', chg: { registrant: 'jd1234', authInfo: { pw: first } } },
        });
        for (const xml of [login, update]) {
          const redacted = redactXml(xml);
          expect(redacted).not.toMatch(/[QZ7#]{2}|&(?:lt|gt|quot|amp)/);
          expect(() => parseXml(redacted)).not.toThrow();
          expect(redacted.replaceAll('[redacted]', '')).toContain(
            xml.includes('acme') ? '<clID>acme</clID>' : 'jd1234',
          );
        }
      }),
    );
  });

  it('takes linear time on hostile text', () => {
    const start = performance.now();
    redactXml('<pw'.repeat(200_000));
    redactXml(`<pw ${'a'.repeat(400_000)}`);
    redactXml('<a:'.repeat(200_000));
    redactXml('<pw></pw>'.repeat(50_000));
    redactXml('<pw><![CDATA['.repeat(50_000));
    redactXml('<pw></pwx>'.repeat(20_000));
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});
