import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandError, checkCommand, readCommand, writeCommand } from '../../../src/epp/catalogue.ts';
import type { EppCommand } from '../../../src/epp/command.ts';
import { writeResponseExtension } from '../../../src/epp/extensions/catalogue.ts';
import type { FeeCheckData } from '../../../src/epp/extensions/fee-versions.ts';
import { readServerDocument } from '../../../src/epp/responses/response.ts';
import { parseXml } from '../../../src/epp/xml.ts';
import { dateTime, list, object, words } from '../command-arbitraries.ts';
import { response } from '../documents.ts';
import {
  currency,
  feeCheck,
  feeCredits,
  feeObject,
  feeOfCommand,
  feeTransform,
  type Values,
} from './ietf-arbitraries.ts';

const URIS: Record<string, string> = {
  '0.6': 'urn:ietf:params:xml:ns:fee-0.6',
  '0.11': 'urn:ietf:params:xml:ns:fee-0.11',
  '0.12': 'urn:ietf:params:xml:ns:fee-0.12',
  '0.21': 'urn:ietf:params:xml:ns:fee-0.21',
  '1.0': 'urn:ietf:params:xml:ns:epp:fee-1.0',
};
const VERSIONS = Object.keys(URIS);
const offered = (...versions: string[]) => new Set(versions.map((version) => URIS[version] as string));

const NAMES = ['a.com', 'b.com'];
const BODIES: Record<string, Record<string, unknown>> = {
  check: { names: NAMES },
  info: { name: 'a.com' },
  create: { name: 'a.com', authInfo: { pw: 'x' } },
  renew: { name: 'a.com', curExpDate: '2026-01-31' },
  transfer: { name: 'a.com', op: 'request' },
  update: { name: 'a.com' },
};
const withFee = (command: string, fee: unknown): EppCommand => ({
  object: 'domain',
  command,
  body: BODIES[command] ?? {},
  extensions: { fee },
});

/** The extension alone, as one version has it. */
function written(version: string, command: string, fee: unknown): string {
  const xml = writeCommand(withFee(command, fee), { offered: offered(version) });
  const [, inside = ''] = /<extension>(.*)<\/extension>/.exec(xml) ?? [];
  expect(inside).toContain(` xmlns:fee="${URIS[version]}"`);
  return inside.replace(` xmlns:fee="${URIS[version]}"`, '').replaceAll('fee:', '');
}

const readBack = (xml: string) => readCommand(parseXml(xml))?.extensions?.fee;

function told(extension: string): unknown {
  const frame = readServerDocument(parseXml(response({ extension })));
  return frame.kind === 'response' ? frame.response.extensions?.fee : undefined;
}

function refusals(version: string, command: string, fee: unknown): string[] {
  try {
    writeCommand(withFee(command, fee), { offered: offered(version) });
    return [];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.issues.map(({ path }) => path);
  }
}

const oneYear = { unit: 'y', value: 1 };
const asked = { currency: 'USD', commands: [{ name: 'create', phase: 'sunrise', period: oneYear }] };
const several = { commands: [{ name: 'renew' }, { name: 'custom', customName: 'sync' }] };
const cost = { currency: 'USD', fees: [{ value: '5.00', refundable: true, 'grace-period': 'P5D' }] };

describe('what a check asks of fees', () => {
  it.each([
    [
      '0.6',
      asked,
      '<check><domain><name>a.com</name><currency>USD</currency><command phase="sunrise">create</command><period unit="y">1</period></domain>' +
        '<domain><name>b.com</name><currency>USD</currency><command phase="sunrise">create</command><period unit="y">1</period></domain></check>',
    ],
    [
      '0.6',
      several,
      '<check><domain><name>a.com</name><command>renew</command></domain><domain><name>b.com</name><command>renew</command></domain>' +
        '<domain><name>a.com</name><command>sync</command></domain><domain><name>b.com</name><command>sync</command></domain></check>',
    ],
    [
      '0.6',
      {
        commands: [
          { name: 'create', names: ['a.com'], currency: 'USD' },
          { name: 'create', names: ['b.com'], currency: 'EUR' },
        ],
      },
      '<check><domain><name>a.com</name><currency>USD</currency><command>create</command></domain>' +
        '<domain><name>b.com</name><currency>EUR</currency><command>create</command></domain></check>',
    ],
    [
      '0.11',
      asked,
      '<check><command phase="sunrise">create</command><currency>USD</currency><period unit="y">1</period></check>',
    ],
    [
      '0.11',
      { commands: [{ name: 'restore', class: 'premium' }] },
      '<check><command>restore</command><class>premium</class></check>',
    ],
    [
      '0.12',
      { ...asked, ...several },
      '<check><currency>USD</currency><command name="renew"/><command name="sync"/></check>',
    ],
    [
      '0.12',
      { commands: [{ name: 'create', period: oneYear, class: 'premium', date: '2026-01-31T12:00:00Z' }] },
      '<check><command name="create"><period unit="y">1</period><class>premium</class><date>2026-01-31T12:00:00Z</date></command></check>',
    ],
    [
      '0.21',
      { ...asked, commands: [...asked.commands, ...several.commands] },
      '<check><currency>USD</currency><command name="create" phase="sunrise"><period unit="y">1</period></command>' +
        '<command name="renew"/><command name="custom" customName="sync"/></check>',
    ],
    [
      '1.0',
      { ...asked, ...several },
      '<check><currency>USD</currency><command name="renew"/><command name="custom" customName="sync"/></check>',
    ],
  ])('fee-%s %j', (version, fee, xml) => {
    expect(written(version, 'check', fee)).toBe(xml);
  });

  it('of an info stands in fee-0.6 alone', () => {
    expect(written('0.6', 'info', asked)).toBe(
      '<info><currency>USD</currency><command phase="sunrise">create</command><period unit="y">1</period></info>',
    );
    for (const version of VERSIONS.slice(1)) {
      expect(refusals(version, 'info', asked), version).toEqual(['extensions.fee.commands']);
    }
    expect(refusals('0.6', 'info', { commands: [{ name: 'create' }] })).toEqual([
      'extensions.fee.currency',
      'extensions.fee.commands[0].period',
    ]);
  });

  it('by another client of fee-0.6 keeps names and currencies apart', () => {
    const xml =
      '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><check><check xmlns="urn:ietf:params:xml:ns:domain-1.0"><name>a.com</name><name>b.com</name></check></check>' +
      `<extension><check xmlns="${URIS['0.6']}"><domain><name>a.com</name><currency>USD</currency><command phase="sunrise">create</command><period unit="y">1</period></domain>` +
      '<domain><name>b.com</name><currency>EUR</currency><command phase="claims" subphase="landrush">\n create</command></domain>' +
      '<domain><name>b.com</name><currency>EUR</currency><command>defensive</command></domain></check></extension></command></epp>';
    expect(readBack(xml)).toEqual({
      commands: [
        { name: 'create', phase: 'sunrise', period: oneYear, currency: 'USD', names: ['a.com'] },
        { name: 'create', phase: 'claims', subphase: 'landrush', currency: 'EUR', names: ['b.com'] },
        { name: 'custom', customName: 'defensive', currency: 'EUR', names: ['b.com'] },
      ],
    });
  });

  const values: Record<string, fc.Arbitrary<unknown>> = {
    '0.6': feeCheck(4),
    '0.11': feeCheck(1, { class: words(1, 20) }),
    '0.12': feeCheck(4, { class: words(1, 20), date: dateTime }),
    '0.21': feeCheck(4),
    '1.0': feeCheck(4),
  };
  it.each(VERSIONS)('is read back in fee-%s', (version) => {
    fc.assert(
      fc.property(values[version] as fc.Arbitrary<unknown>, (fee) => {
        const xml = writeCommand(withFee('check', fee), { offered: offered(version) });
        expect(readBack(xml)).toEqual(fee);
      }),
    );
  });
});

describe('what a command may cost', () => {
  it.each(VERSIONS)('is written in fee-%s', (version) => {
    for (const command of ['create', 'renew', 'transfer', 'update']) {
      expect(written(version, command, cost)).toBe(
        `<${command}><currency>USD</currency><fee refundable="1" grace-period="P5D">5.00</fee></${command}>`,
      );
    }
  });

  it.each(VERSIONS)('is read back in fee-%s', (version) => {
    const value = {
      '0.6': feeTransform({ currency }, {}),
      '1.0': feeTransform({}, { currency, credits: feeCredits(true) }, true),
    };
    const others = feeTransform({}, { currency, credits: feeCredits() });
    fc.assert(
      fc.property(value[version as keyof typeof value] ?? others, (fee) => {
        expect(readBack(writeCommand(withFee('create', fee), { offered: offered(version) }))).toEqual(fee);
      }),
    );
  });
});

describe('what a version cannot say', () => {
  const [fee] = cost.fees;
  it.each([
    ['0.6', 'check', { commands: [{ name: 'create', class: 'x' }] }, ['commands[0].class']],
    ['0.6', 'check', { ...asked, commands: [{ name: 'create', currency: 'EUR' }] }, ['currency']],
    ['0.6', 'create', { fees: cost.fees }, ['currency']],
    ['0.6', 'create', { ...cost, credits: [{ value: '-1' }] }, ['credits']],
    ['0.6', 'create', { ...cost, fees: [fee, { ...fee, lang: 'en' }] }, ['fees[1].lang']],
    ['0.11', 'check', several, ['commands']],
    ['0.11', 'check', { commands: [{ name: 'create', names: ['a.com'] }] }, ['commands[0].names']],
    ['0.11', 'renew', { ...cost, credits: [{ value: '-1', lang: 'en' }] }, ['credits[0].lang']],
    ['0.12', 'check', { commands: [{ name: 'create', currency: 'USD' }] }, ['commands[0].currency']],
    [
      '0.21',
      'check',
      { commands: [{ name: 'create' }, { name: 'renew', class: 'x' }] },
      ['commands[1].class'],
    ],
    ['0.21', 'update', { fees: [{ value: '1', lang: 'en' }] }, ['fees[0].lang']],
    ['1.0', 'check', { commands: [{ name: 'create', date: '2026-01-31T12:00:00Z' }] }, ['commands[0].date']],
  ])('fee-%s refuses of %s %j: %s', (version, command, value, paths) => {
    expect(checkCommand(withFee(command, value)).extensions).toBeDefined();
    expect(refusals(version, command, value)).toEqual(paths.map((path) => `extensions.fee.${path}`));
  });

  it('is said in another version that the login has', () => {
    const value = { commands: [{ name: 'create', class: 'premium' }] };
    const xml = writeCommand(withFee('check', value), { offered: offered('1.0', '0.11', '0.6') });
    expect(xml).toContain(`xmlns:fee="${URIS['0.11']}"`);
    expect(writeCommand(withFee('check', several), { offered: offered('0.6', '0.21') })).toContain(
      URIS['0.21'],
    );
    expect(writeCommand(withFee('check', several))).toContain(URIS['1.0']);
  });

  it('tells the version in words', () => {
    expect(() => writeCommand(withFee('check', several), { offered: offered('0.11') })).toThrow(
      'domain:check: extensions.fee.commands: must be one: fee-0.11 asks for one command in a check',
    );
  });
});

const DOMAIN = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"';
const premium = '<fee:fee refundable="1" grace-period="P5D">100.00</fee:fee>';
const renewal = '<fee:fee description="Renewal">10.00</fee:fee>';
const premiumFee = { value: '100.00', refundable: true, 'grace-period': 'P5D' };
const expected = {
  currency: 'USD',
  cd: [
    {
      objID: 'a.com',
      avail: true,
      class: 'premium',
      commands: [
        { name: 'create', phase: 'open', period: oneYear, fees: [premiumFee] },
        { name: 'renew', period: oneYear, fees: [{ value: '10.00', description: 'Renewal' }] },
      ],
    },
  ],
};
/** The same, as each version tells it. */
const TELLS: Record<string, string> = {
  '0.6':
    `<fee:cd><fee:name>a.com</fee:name><fee:currency>USD</fee:currency><fee:command phase="open">create</fee:command><fee:period unit="y">1</fee:period>${premium}<fee:class>premium</fee:class></fee:cd>` +
    `<fee:cd><fee:name>a.com</fee:name><fee:currency>USD</fee:currency><fee:command>renew</fee:command><fee:period unit="y">1</fee:period>${renewal}<fee:class>premium</fee:class></fee:cd>`,
  '0.11':
    `<fee:cd avail="1"><fee:object><domain:name ${DOMAIN}>a.com</domain:name></fee:object><fee:command phase="open">create</fee:command><fee:currency>USD</fee:currency><fee:period unit="y">1</fee:period>${premium}<fee:class>premium</fee:class></fee:cd>` +
    `<fee:cd avail="1"><fee:object><domain:name ${DOMAIN}>a.com</domain:name></fee:object><fee:command>renew</fee:command><fee:currency>USD</fee:currency><fee:period unit="y">1</fee:period>${renewal}<fee:class>premium</fee:class></fee:cd>`,
  '0.12':
    `<fee:currency>USD</fee:currency><fee:cd><fee:object><domain:name ${DOMAIN}>a.com</domain:name></fee:object>` +
    `<fee:command avail="1" name="create" phase="open"><fee:period unit="y">1</fee:period>${premium}<fee:class>premium</fee:class></fee:command>` +
    `<fee:command avail="1" name="renew"><fee:period unit="y">1</fee:period>${renewal}<fee:class>premium</fee:class></fee:command></fee:cd>`,
  '0.21':
    '<fee:currency>USD</fee:currency><fee:cd avail="1"><fee:objID>a.com</fee:objID>' +
    `<fee:command name="create" phase="open"><fee:period unit="y">1</fee:period>${premium}<fee:class>premium</fee:class></fee:command>` +
    `<fee:command name="renew"><fee:period unit="y">1</fee:period>${renewal}<fee:class>premium</fee:class></fee:command></fee:cd>`,
  '1.0':
    '<fee:currency>USD</fee:currency><fee:cd avail="1"><fee:objID>a.com</fee:objID><fee:class>premium</fee:class>' +
    `<fee:command name="create" phase="open"><fee:period unit="y">1</fee:period>${premium}</fee:command>` +
    `<fee:command name="renew"><fee:period unit="y">1</fee:period>${renewal}</fee:command></fee:cd>`,
};
const chkData = (version: string, inside: string) =>
  `<fee:chkData xmlns:fee="${URIS[version]}">${inside}</fee:chkData>`;

describe('what a registry tells of fees', () => {
  it.each(VERSIONS)('is the same JSON in fee-%s', (version) => {
    const xml = chkData(version, TELLS[version] as string);
    expect(told(xml)).toEqual(expected);
    expect(writeResponseExtension('fee', 'chkData', expected, URIS[version])).toBe(xml);
  });

  it('may differ between the commands of an object', () => {
    const xml = chkData(
      '0.12',
      '<fee:currency>USD</fee:currency><fee:cd><fee:object><o:id xmlns:o="urn:o">x</o:id></fee:object>' +
        '<fee:command name="create"><fee:class>premium</fee:class><fee:notAfter>2026-02-01T00:00:00Z</fee:notAfter></fee:command>' +
        '<fee:command name="transfer" avail="0"><fee:class>standard</fee:class><fee:reason>locked</fee:reason></fee:command></fee:cd>',
    );
    expect(told(xml)).toEqual({
      currency: 'USD',
      cd: [
        {
          objID: 'x',
          element: 'id',
          avail: true,
          commands: [
            { name: 'create', class: 'premium', notAfter: '2026-02-01T00:00:00Z' },
            { name: 'transfer', avail: false, class: 'standard', reason: 'locked' },
          ],
        },
      ],
    });
  });

  it('may differ between objects', () => {
    const cd = (name: string, currency: string, rest: string) =>
      `<fee:cd avail="${rest.includes('reason') ? 0 : 1}"><fee:object><domain:name ${DOMAIN}>${name}</domain:name></fee:object><fee:command>create</fee:command>` +
      `<fee:currency>${currency}</fee:currency>${rest}</fee:cd>`;
    const xml = chkData(
      '0.11',
      cd('a.com', 'USD', renewal) +
        cd('b.com', 'EUR', '<fee:reason>minimum\n period is 2 years</fee:reason>'),
    );
    expect(told(xml)).toEqual({
      cd: [
        {
          objID: 'a.com',
          avail: true,
          currency: 'USD',
          commands: [{ name: 'create', fees: [{ value: '10.00', description: 'Renewal' }] }],
        },
        {
          objID: 'b.com',
          avail: false,
          currency: 'EUR',
          commands: [{ name: 'create' }],
          reason: 'minimum period is 2 years',
        },
      ],
    });
  });

  it.each([
    // an object's id, and the command with a name, where 0.11 has neither
    '<fee:cd><fee:objID>a.com</fee:objID><fee:currency>USD</fee:currency><fee:command name="create"><fee:period unit="y">1</fee:period></fee:command><fee:fee>5</fee:fee></fee:cd>',
    '<fee:cd><fee:object>a.com</fee:object><fee:currency>USD</fee:currency><fee:command>create</fee:command><fee:period unit="y">1</fee:period><fee:fee>5</fee:fee></fee:cd>',
  ])('is read from peers that mix versions: %s', (inside) => {
    expect(told(chkData('0.11', inside))).toEqual({
      currency: 'USD',
      cd: [
        {
          objID: 'a.com',
          avail: true,
          commands: [{ name: 'create', period: oneYear, fees: [{ value: '5' }] }],
        },
      ],
    });
  });

  it.each(['', '<fee:cd/>', '<fee:cd><fee:object/></fee:cd>', '<fee:cd><fee:command/></fee:cd>', '<x/>'])(
    'may be less than anyone could use: %s',
    (inside) => {
      for (const version of VERSIONS) expect(told(chkData(version, inside))).toHaveProperty('cd');
    },
  );

  it('of an info is read as of a check with one command', () => {
    const xml =
      `<fee:infData xmlns:fee="${URIS['0.6']}"><fee:currency>USD</fee:currency><fee:command phase="open">create</fee:command>` +
      `<fee:period unit="y">1</fee:period>${premium}<fee:class>premium</fee:class></fee:infData>`;
    const data = {
      currency: 'USD',
      class: 'premium',
      commands: [{ name: 'create', phase: 'open', period: oneYear, fees: [premiumFee] }],
    };
    expect(told(xml)).toEqual(data);
    expect(writeResponseExtension('fee', 'infData', data, URIS['0.6'])).toBe(xml);
  });

  const credits = { credits: feeCredits() };
  const values: Record<string, [object: Values, command: Values]> = {
    '0.21': [{ reason: words(1, 20) }, { ...credits, reason: words(1, 20) }],
    '0.12': [{}, { ...credits, date: dateTime, notAfter: dateTime }],
    '0.11': [{ reason: words(1, 20) }, credits],
    '0.6': [{ avail: fc.constant(true) }, {}],
  };
  it.each(Object.keys(values))('is read as fee-%s has written it', (version) => {
    const [ofObject, ofCommand] = values[version] as [Values, Values];
    const most = version === '0.11' ? 1 : 3;
    const data = object({
      currency,
      cd: fc.uniqueArray(feeObject(list(feeOfCommand(ofCommand), most), ofObject), {
        minLength: 1,
        maxLength: 3,
        selector: ({ objID }) => objID,
      }),
    });
    fc.assert(
      fc.property(data, (given) => {
        const { cd, ...rest } = given as unknown as FeeCheckData;
        expect(told(writeResponseExtension('fee', 'chkData', given, URIS[version]))).toEqual({ ...rest, cd });
      }),
    );
  });

  it.each(VERSIONS)('of a command that was done is read in fee-%s', (version) => {
    const data = {
      currency: 'USD',
      period: oneYear,
      fees: [premiumFee],
      balance: '-5.00',
      creditLimit: '1000',
    };
    for (const element of ['creData', 'renData', 'trnData', 'updData', 'delData']) {
      const xml = writeResponseExtension('fee', element, data, URIS[version]);
      expect(xml).toContain(`<fee:${element} xmlns:fee="${URIS[version]}">`);
      expect(told(xml)).toEqual(data);
    }
    const refund = { currency: 'USD', credits: [{ value: '-5.00', description: 'AGP Credit' }] };
    expect(told(writeResponseExtension('fee', 'delData', refund, URIS[version]))).toEqual(refund);
  });
});
