/** Extensions of commands: what is wrong with them, and what has to stand in the frame byte for byte. */
import { describe, expect, it } from 'vitest';
import { CommandError, checkCommand, readCommand, writeCommand } from '../../../src/epp/catalogue.ts';
import type { EppCommand, EppObject } from '../../../src/epp/command.ts';
import { parseXml } from '../../../src/epp/xml.ts';
import { SIGNED_CODE, SIGNED_MARK } from './signed-documents.ts';

const LOGIN = {
  clID: 'acme',
  pw: 'password',
  options: { version: '1.0', lang: 'en' },
  svcs: { objURIs: ['urn:x'] },
};
const BODIES: Record<string, Record<string, unknown>> = {
  'domain:check': { names: ['a.com'] },
  'domain:create': { name: 'a.com', authInfo: { pw: 'x' } },
  'domain:renew': { name: 'a.com', curExpDate: '2026-01-31' },
  'contact:create': {
    id: 'abc',
    postalInfos: [{ type: 'int', name: 'A', addr: { city: 'B', cc: 'US' } }],
    email: 'a@b',
    authInfo: { pw: '' },
  },
  'contact:update': { id: 'abc' },
  login: LOGIN,
  'login (word)': { ...LOGIN, pw: '[LOGIN-SECURITY]' },
  'login (new word)': { ...LOGIN, newPW: '[LOGIN-SECURITY]' },
};

function extended(name: string, extensions: Record<string, unknown>): EppCommand {
  const [object, command] = name.split(' ')[0]?.split(':') ?? [];
  const body = BODIES[name] ?? { name: 'a.com' };
  if (command === undefined) return { command: object as string, body, extensions };
  return { object: object as EppObject, command, body, extensions };
}

function problems(name: string, extensions: Record<string, unknown>): string[] {
  try {
    checkCommand(extended(name, extensions));
    return [];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [...new Set(error.issues.map(({ path }) => path))];
  }
}

const ds = { keyTag: 1, alg: 8, digestType: 2, digest: 'AB' };
const key = { flags: 257, protocol: 3, alg: 8, pubKey: 'AQPJ' };
const phase = { value: 'sunrise' };
const fees = [{ value: '1.00' }];
const report = {
  preData: 'a',
  postData: 'b',
  delTime: '2026-01-31T12:00:00Z',
  resTime: '2026-01-31T12:00:00Z',
  resReason: { text: 'c' },
  statements: [{ text: 'd' }],
};

describe('a wrong extension', () => {
  it.each([
    ['domain:create', { secDNS: {} }, 'secDNS'],
    ['domain:create', { secDNS: { dsData: [ds], keyData: [key] } }, 'secDNS'],
    ['domain:create', { secDNS: { dsData: [{ ...ds, keyTag: 65_536 }] } }, 'secDNS.dsData[0].keyTag'],
    ['domain:create', { secDNS: { dsData: [{ ...ds, digest: 'ABC' }] } }, 'secDNS.dsData[0].digest'],
    ['domain:create', { secDNS: { keyData: [{ ...key, pubKey: 'AQP' }] } }, 'secDNS.keyData[0].pubKey'],
    ['domain:create', { secDNS: { keyData: [{ ...key, pubKey: 'AB==' }] } }, 'secDNS.keyData[0].pubKey'],
    ['domain:create', { secDNS: { keyData: [key], maxSigLife: 0 } }, 'secDNS.maxSigLife'],
    ['domain:update', { secDNS: { urgent: true } }, 'secDNS'],
    ['domain:update', { secDNS: { rem: { all: true, dsData: [ds] } } }, 'secDNS.rem'],
    ['domain:update', { secDNS: { rem: { all: false } } }, 'secDNS.rem.all'],
    ['domain:info', { secDNS: { dsData: [ds] } }, 'secDNS'],
    ['domain:update', { rgp: { restore: { op: 'report' } } }, 'rgp.restore.report'],
    ['domain:update', { rgp: { restore: { op: 'request', report } } }, 'rgp.restore.report'],
    [
      'domain:update',
      { rgp: { restore: { op: 'report', report: { ...report, delTime: '2026-02-30T12:00:00Z' } } } },
      'rgp.restore.report.delTime',
    ],
    [
      'domain:update',
      { rgp: { restore: { op: 'report', report: { ...report, resReason: { xml: '</report><x>' } } } } },
      'rgp.restore.report.resReason.xml',
    ],
    [
      'domain:update',
      { rgp: { restore: { op: 'report', report: { ...report, statements: [{ text: 'a', xml: '<a/>' }] } } } },
      'rgp.restore.report.statements[0]',
    ],
    ['domain:restore', { rgp: { restore: { op: 'request' } } }, 'rgp'],
    ['domain:check', { fee: { commands: [] } }, 'fee.commands'],
    ['domain:check', { fee: { commands: [{ name: 'custom' }] } }, 'fee.commands[0].customName'],
    [
      'domain:check',
      { fee: { commands: [{ name: 'create', customName: 'x' }] } },
      'fee.commands[0].customName',
    ],
    ['domain:check', { fee: { currency: 'usd', commands: [{ name: 'create' }] } }, 'fee.currency'],
    ['domain:create', { fee: { fees: [{ value: 1 }] } }, 'fee.fees[0].value'],
    ['domain:create', { fee: { fees: [{ value: '-1' }] } }, 'fee.fees[0].value'],
    ['domain:create', { fee: { fees, credits: [{ value: '1' }] } }, 'fee.credits[0].value'],
    [
      'domain:create',
      { fee: { fees: [{ value: '1', 'grace-period': '5 days' }] } },
      'fee.fees[0].grace-period',
    ],
    ['domain:delete', { fee: { fees } }, 'fee'],
    ['domain:create', { launch: { phase: { value: 'sunset' } } }, 'launch.phase.value'],
    ['domain:create', { launch: { phase, codeMarks: [{}] } }, 'launch.codeMarks[0]'],
    [
      'domain:create',
      { launch: { phase, codeMarks: [{ code: { value: 'x' } }], encodedSignedMarks: [{ value: 'AQ==' }] } },
      'launch',
    ],
    [
      'domain:create',
      { launch: { phase, encodedSignedMarks: [{ value: 'A?==' }] } },
      'launch.encodedSignedMarks[0].value',
    ],
    ['domain:create', { launch: { phase, signedMarks: ['<a/>'] } }, 'launch.signedMarks[0]'],
    ['domain:update', { launch: { phase } }, 'launch.applicationID'],
    ['domain:create', { idn: { uname: 'x' } }, 'idn.table'],
    ['domain:create', { allocationToken: ' abc' }, 'allocationToken'],
    ['domain:create', { allocationToken: { token: 'abc' } }, 'allocationToken'],
    ['domain:info', { allocationToken: 'abc' }, 'allocationToken'],
    ['domain:delete', { allocationToken: 'abc' }, 'allocationToken'],
    ['domain:info', { changePoll: {} }, 'changePoll'],
    ['login', { loginSec: {} }, 'loginSec'],
    ['login', { loginSec: { userAgent: {} } }, 'loginSec.userAgent'],
    ['login (word)', { loginSec: { pw: 'short' } }, 'loginSec.pw'],
    ['domain:create', { ttl: { ttls: [{ for: 'A', value: -1 }] } }, 'ttl.ttls[0].value'],
    ['domain:create', { ttl: { ttls: [{ for: 'A', value: 1, custom: 'B' }] } }, 'ttl.ttls[0].custom'],
    ['domain:create', { ttl: { ttls: [{ for: 'custom', value: 1 }] } }, 'ttl.ttls[0].custom'],
    [
      'domain:create',
      {
        ttl: {
          ttls: [
            { for: 'A', value: 1 },
            { for: 'A', value: 2 },
          ],
        },
      },
      'ttl.ttls',
    ],
    ['contact:create', { addlEmail: { email: null } }, 'addlEmail.email'],
    ['domain:create', { verificationCode: {} }, 'verificationCode'],
    [
      'domain:create',
      { verificationCode: { codes: [{ value: 'AQ==' }], signedCode: SIGNED_CODE } },
      'verificationCode',
    ],
    ['domain:create', { verificationCode: { signedCode: SIGNED_MARK } }, 'verificationCode.signedCode'],
  ])('of %s %j is named: %s', (name, extensions, path) => {
    expect(problems(name, extensions)).toEqual([`extensions.${path}`]);
  });

  it.each([
    ['login', { loginSec: { pw: 'a long password, longer than sixteen' } }, ['pw']],
    ['login (word)', { loginSec: { userAgent: { app: 'x' } } }, ['pw']],
    ['login', { loginSec: { newPW: 'a long password, longer than sixteen' } }, ['newPW']],
    ['login (new word)', { loginSec: { userAgent: { os: 'x' } } }, ['newPW']],
    ['login (word)', { loginSec: { pw: 'a long password, longer than sixteen' } }, []],
    ['login', { loginSec: { userAgent: { tech: 'x', os: 'y' } } }, []],
  ])('must agree with the passwords of its %s: %j', (name, extensions, paths) => {
    expect(problems(name, extensions)).toEqual(paths);
  });

  it('tells no secret', () => {
    const secret = 'hunter2\u0000';
    for (const [name, extensions] of [
      ['login (word)', { loginSec: { pw: secret } }],
      ['login', { loginSec: { newPW: 'hunter2 and more' } }],
      ['domain:create', { allocationToken: secret }],
      ['domain:create', { verificationCode: { signedCode: secret } }],
    ] as const) {
      const check = () => checkCommand(extended(name, extensions));
      expect(check).toThrow(CommandError);
      expect(check).not.toThrow(/hunter2/);
    }
  });
});

describe('what others have signed', () => {
  const create = (xml: string) => extended('domain:create', { launch: { phase, signedMarks: [xml] } });
  const code = (xml: string) => extended('domain:renew', { verificationCode: { signedCode: xml } });

  it('stands in the frame byte for byte', () => {
    expect(writeCommand(create(SIGNED_MARK))).toContain(
      `<launch:phase>sunrise</launch:phase>${SIGNED_MARK}</launch:create>`,
    );
    expect(writeCommand(code(SIGNED_CODE))).toContain(`<extension>${SIGNED_CODE}</extension>`);
  });

  it('loses the XML declaration of its file', () => {
    const file = `\ufeff<?xml version="1.0" encoding="UTF-8"?>\n${SIGNED_MARK}\n`;
    expect(writeCommand(create(file))).toBe(writeCommand(create(SIGNED_MARK)));
  });

  it('is read by the registry as XML that stands alone', () => {
    const read = readCommand(parseXml(writeCommand(create(SIGNED_MARK))))?.extensions?.launch as {
      signedMarks: string[];
    };
    expect(parseXml(read.signedMarks[0] as string)).toEqual(parseXml(SIGNED_MARK));
    expect(readCommand(parseXml(writeCommand(code(SIGNED_CODE))))?.extensions).toEqual({
      verificationCode: { signedCode: SIGNED_CODE },
    });
  });

  const inside = (xml: string) => SIGNED_MARK.replace('<smd:org>', `<smd:org>${xml}`);
  it.each([
    ['another root', '<x:signedMark xmlns:x="urn:x"/>', /must be the element signedMark/],
    ['a second root', `${SIGNED_MARK}<a xmlns="urn:a"/>`, /after the root/],
    ['an end of what it stands in', `${SIGNED_MARK}</launch:create>`, /after the root/],
    ['a comment', inside('<!-- c -->'), /no comments/],
    ['an instruction', inside('<?x?>'), /no comments/],
    ['CDATA', inside('<![CDATA[a]]>'), /no comments/],
    ['the end of CDATA', inside(']]>'), /no comments/],
    ['an entity', inside('&uuml;'), /entity/],
    ['a bare ampersand', inside('a & b'), /"&"/],
    ['a reference to nothing', inside('&#0;'), /character/],
    ['a reference to half a character', inside('&#xD800;'), /character/],
    ['a number that is none', inside('&#x110000;'), /character/],
    ['a control character', inside('\u0001'), /character/],
    ['an undeclared prefix', inside('<p:a/>'), /not declared/],
    ['an undeclared prefix of an attribute', inside('<smd:a p:b=""/>'), /not declared/],
    ['no namespace', inside('<a xmlns=""/>'), /without namespace/],
    ['a name that is no plain one', inside('<smd:\u00d7/>'), /plain ASCII/],
    ['no end', SIGNED_MARK.slice(0, -5), /./],
  ])('is refused with %s', (_what, xml, cause) => {
    expect(() => checkCommand(create(xml))).toThrow(CommandError);
    expect(() => checkCommand(create(xml))).toThrow(cause);
  });
});

describe('domain:restore', () => {
  const restore = (body: Record<string, unknown>, extensions?: Record<string, unknown>): EppCommand => ({
    object: 'domain',
    command: 'restore',
    body,
    ...(extensions === undefined ? {} : { extensions }),
  });
  const inside = (command: EppCommand) => /<command>(.*)<\/command>/s.exec(writeCommand(command))?.[1];

  it('is an update that changes nothing, with the extension rgp', () => {
    expect(inside(restore({ name: 'a.com' }))).toBe(
      '<update><domain:update xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>a.com</domain:name><domain:chg/></domain:update></update>' +
        '<extension><rgp:update xmlns:rgp="urn:ietf:params:xml:ns:rgp-1.0"><rgp:restore op="request"/></rgp:update></extension>',
    );
  });

  it('brings its report, as text or as XML', () => {
    const given = {
      ...report,
      preData: { xml: 'Data: <d:infData xmlns:d="urn:d"><plain/></d:infData>' },
      statements: [{ text: 'I <have> not' }, { xml: '<b>true</b>', lang: 'de' }],
      other: 'two\nlines',
    };
    const command = restore({ name: 'a.com', op: 'report', report: given });
    expect(inside(command)).toContain(
      '<rgp:restore op="report"><rgp:report><rgp:preData>Data: <d:infData xmlns:d="urn:d"><plain xmlns=""/></d:infData></rgp:preData>' +
        '<rgp:postData>b</rgp:postData><rgp:delTime>2026-01-31T12:00:00Z</rgp:delTime><rgp:resTime>2026-01-31T12:00:00Z</rgp:resTime>' +
        '<rgp:resReason>c</rgp:resReason><rgp:statement>I &lt;have&gt; not</rgp:statement><rgp:statement lang="de"><b xmlns="">true</b></rgp:statement>' +
        '<rgp:other>two\nlines</rgp:other></rgp:report></rgp:restore>',
    );
    expect(readCommand(parseXml(writeCommand(command)))).toEqual({
      object: 'domain',
      command: 'update',
      body: { name: 'a.com', chg: {} },
      extensions: { rgp: { restore: { op: 'report', report: given } } },
    });
  });

  it('takes what an update takes: fees, and the product of NameStore', () => {
    const extensions = { fee: { currency: 'USD', fees }, namestoreExt: { subProduct: 'dotCOM' } };
    expect(readCommand(parseXml(writeCommand(restore({ name: 'a.com' }, extensions))))?.extensions).toEqual({
      ...extensions,
      rgp: { restore: { op: 'request' } },
    });
  });

  it.each([
    [{ name: 'a.com', op: 'report' }, 'report'],
    [{ name: 'a.com', op: 'request', report }, 'report'],
    [{ name: 'a.com', op: 'query' }, 'op'],
    [{ op: 'request' }, 'name'],
  ])('names the wrong field of %j: %s', (body, path) => {
    expect(() => checkCommand(restore(body))).toThrow(`domain:restore: ${path}: `);
  });

  it('is no element of EPP', () => {
    const xml =
      '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><restore><d:restore xmlns:d="urn:ietf:params:xml:ns:domain-1.0"/></restore></command></epp>';
    expect(readCommand(parseXml(xml))).toBeUndefined();
  });
});
