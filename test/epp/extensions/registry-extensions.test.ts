import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandError, checkCommand, readCommand, writeCommand } from '../../../src/epp/catalogue.ts';
import type { EppCommand, EppObject } from '../../../src/epp/command.ts';
import { writeResponseExtension } from '../../../src/epp/extensions/catalogue.ts';
import { cnnicExtensions } from '../../../src/epp/extensions/cnnic.ts';
import { identityDigitalExtensions } from '../../../src/epp/extensions/identity-digital.ts';
import { subProductOf, withSubProduct } from '../../../src/epp/extensions/namestore.ts';
import { verisignExtensions } from '../../../src/epp/extensions/verisign.ts';
import { readServerDocument } from '../../../src/epp/responses/response.ts';
import { parseXml } from '../../../src/epp/xml.ts';
import { commandArbitrary } from '../command-arbitraries.ts';
import { response } from '../documents.ts';
import { CANNOT_VALIDATE, validate } from '../xmllint.ts';
import { WITH_ANSWERS, WITH_COMMANDS } from './registry-arbitraries.ts';

const DEFINITIONS = [...verisignExtensions, ...cnnicExtensions, ...identityDigitalExtensions];
/** CNNIC gives these schemas to registrars alone. */
const WITHOUT_SCHEMA = ['cnnicContact', 'cnnicDomain', 'cnnicHost'];

const commandOf = (name: string): [EppObject, string] => name.split(':') as [EppObject, string];
const pairs = Object.entries(WITH_COMMANDS).flatMap(([extension, commands]) =>
  Object.entries(commands).map(([command, value]) => ({ extension, command, value })),
);
const answers = Object.entries(WITH_ANSWERS).flatMap(([extension, elements]) =>
  Object.entries(elements).map(([element, value]) => ({ extension, element, value })),
);

const extended = ({ extension, command, value }: (typeof pairs)[number]) =>
  fc
    .tuple(commandArbitrary(...commandOf(command)), value)
    .map(([base, given]): EppCommand => ({ ...base, extensions: { [extension]: given } }));

const answer = (extension: string) => readServerDocument(parseXml(response({ extension })));

/** The first problem of a command with this extension. */
function problem(command: string, extensions: Record<string, unknown>): string | undefined {
  const bodies: Record<string, Record<string, unknown>> = {
    'domain:create': { name: 'a.com', authInfo: { pw: 'x' } },
    'contact:update': { id: 'abc' },
  };
  const [object, name] = commandOf(command);
  try {
    checkCommand({ object, command: name, body: bodies[command] ?? { name: 'a.com' }, extensions });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.issues[0]?.path;
  }
}

describe("registries' own extensions", () => {
  it('are all tried here', () => {
    const known = (of: (definition: (typeof DEFINITIONS)[number]) => object) =>
      Object.fromEntries(
        DEFINITIONS.map((one) => [one.name, Object.keys(of(one)).sort()] as const).filter(
          ([, names]) => names.length > 0,
        ),
      );
    const tried = (table: Record<string, object>) =>
      Object.fromEntries(Object.entries(table).map(([name, value]) => [name, Object.keys(value).sort()]));
    expect(tried(WITH_COMMANDS)).toEqual(known(({ commands }) => commands));
    expect(tried(WITH_ANSWERS)).toEqual(known(({ responses }) => responses));
  });

  it.each(pairs)('$extension with $command is read back by the registry as it was meant', (pair) => {
    fc.assert(
      fc.property(extended(pair), (given) => {
        expect(readCommand(parseXml(writeCommand(given)))).toEqual(checkCommand(given));
        expect(checkCommand(given)).toEqual(given);
      }),
      { numRuns: 100 },
    );
  });

  it.each(answers)('$extension:$element of an answer is read as it was written', (each) => {
    fc.assert(
      fc.property(each.value, (value) => {
        const xml = writeResponseExtension(each.extension, each.element, value);
        expect(answer(xml)).toMatchObject({ response: { extensions: { [each.extension]: value } } });
      }),
      { numRuns: 100 },
    );
  });

  it.skipIf(CANNOT_VALIDATE !== undefined)(
    `are valid by the schemas (skipped where ${CANNOT_VALIDATE ?? 'they are not at hand'})`,
    () => {
      const sample = <T>(values: fc.Arbitrary<T>) => fc.sample(values, { numRuns: 60, seed: 1 });
      const valid = <P extends { extension: string }>(list: P[]) =>
        list.filter(({ extension }) => !WITHOUT_SCHEMA.includes(extension));
      validate([
        ...valid(pairs).flatMap((pair) => sample(extended(pair)).map((given) => writeCommand(given))),
        ...valid(answers).flatMap(({ extension, element, value }) =>
          sample(value).map((given) =>
            response({ extension: writeResponseExtension(extension, element, given) }),
          ),
        ),
      ]);
    },
    60_000,
  );

  it.each([
    ['domain:info', { namestoreExt: {} }, 'extensions.namestoreExt.subProduct'],
    ['domain:info', { namestoreExt: { subProduct: 'x'.repeat(65) } }, 'extensions.namestoreExt.subProduct'],
    ['domain:update', { sync: { expMonthDay: '05-31' } }, 'extensions.sync.expMonthDay'],
    ['domain:update', { sync: { expMonthDay: '--04-31' } }, 'extensions.sync.expMonthDay'],
    ['domain:update', { sync: { expMonthDay: '--13-01' } }, 'extensions.sync.expMonthDay'],
    ['domain:update', { sync: { expMonthDay: '--02-29' } }, undefined],
    ['domain:info', { sync: { expMonthDay: '--02-28' } }, 'extensions.sync'],
    ['domain:info', { whoisInf: { flag: 1 } }, 'extensions.whoisInf.flag'],
    ['domain:create', { idnLang: { tag: 'no language' } }, 'extensions.idnLang.tag'],
    ['domain:create', { coa: { attrs: [] } }, 'extensions.coa.attrs'],
    ['domain:update', { coa: {} }, 'extensions.coa'],
    ['domain:update', { cdn: { chg: {} } }, 'extensions.cdn.chg'],
    ['domain:create', { cnnicDomain: { type: 'E' } }, 'extensions.cnnicDomain.purveyor'],
    ['domain:create', { cnnicDomain: { type: 'X', purveyor: 'acme' } }, 'extensions.cnnicDomain.type'],
    [
      'contact:update',
      { cnnicContact: { chg: { contact: { type: 'sfz', value: '1' } } } },
      'extensions.cnnicContact.chg.contact.type',
    ],
    ['domain:create', { charge: { sets: [{}] } }, 'extensions.charge.sets[0].category'],
  ])('of %s %j name the wrong field: %s', (command, extensions, path) => {
    expect(problem(command, extensions)).toBe(path);
  });
});

describe('frames of other implementations', () => {
  it('reads the refusal of a product', () => {
    const xml =
      '<namestoreExt:nsExtErrData xmlns:namestoreExt="http://www.verisign-grs.com/epp/namestoreExt-1.1">' +
      '<namestoreExt:msg code="1">Specified sub-product does not exist</namestoreExt:msg></namestoreExt:nsExtErrData>';
    expect(answer(xml)).toMatchObject({
      response: {
        extensions: { namestoreExt: { msg: { code: 1, text: 'Specified sub-product does not exist' } } },
      },
    });
  });

  it("writes a contact of .cn as CNNIC's other clients do", () => {
    const frame = writeCommand({
      object: 'contact',
      command: 'update',
      body: { id: 'cnnic' },
      extensions: {
        cnnicContact: {
          chg: {
            mobile: '+86.013811939493',
            purveyor: 'mypurveyor',
            contact: { type: 'ORG', value: '110101190001010001' },
            type: 'E',
          },
        },
      },
    });
    expect(frame).toContain(
      '<extension><cnnic-contact:update xmlns:cnnic-contact="urn:ietf:params:xml:ns:cnnic-contact-1.0"><cnnic-contact:chg>' +
        '<cnnic-contact:type>E</cnnic-contact:type><cnnic-contact:contact type="ORG">110101190001010001</cnnic-contact:contact>' +
        '<cnnic-contact:purveyor>mypurveyor</cnnic-contact:purveyor><cnnic-contact:mobile>+86.013811939493</cnnic-contact:mobile>' +
        '</cnnic-contact:chg></cnnic-contact:update></extension>',
    );
  });

  it('keeps what it does not know as XML', () => {
    const xml = '<sync:notice xmlns:sync="http://www.verisign.com/epp/sync-1.0">x</sync:notice>';
    expect(answer(xml)).toMatchObject({ response: { extensions: { raw: [xml] } } });
  });
});

describe('subProductOf', () => {
  it.each([
    ['com', 'dotCOM'],
    ['NET', 'dotNET'],
    ['cc', 'dotCC'],
    ['name', 'dotNAME'],
    ['xn--tckwe', 'XN--TCKWE'],
    ['sky', 'SKY'],
  ])('knows the product of .%s: %s', (tld, product) => {
    expect(subProductOf(tld)).toBe(product);
  });
});

describe('withSubProduct', () => {
  const check = { object: 'domain', command: 'check', body: { names: ['a.com'] } } as const;
  const product = { namestoreExt: { subProduct: 'dotCOM' } };

  it('adds the product of the TLD, and keeps what else is there', () => {
    const given = { ...check, extensions: { whoisInf: { flag: true } } };
    expect(withSubProduct(given, 'com')).toEqual({
      ...check,
      extensions: { ...product, whoisInf: { flag: true } },
    });
  });

  it('leaves what a caller has chosen', () => {
    const given = { ...check, extensions: { namestoreExt: { subProduct: 'dotTEST' } } };
    expect(withSubProduct(given, 'com')).toBe(given);
  });

  it.each([{ command: 'poll' }, { command: 'login' }, { object: 'balance' as const, command: 'info' }])(
    'adds nothing to $object $command',
    (name) => {
      const given = { ...name, body: {} };
      expect(withSubProduct(given, 'com')).toBe(given);
    },
  );

  it('adds it to each command that has a place for it', () => {
    for (const name of Object.keys(WITH_COMMANDS.namestoreExt ?? {})) {
      const [object, command] = commandOf(name);
      expect(withSubProduct({ object, command, body: {} }, 'com').extensions, name).toEqual(product);
    }
    expect(withSubProduct({ object: 'domain', command: 'restore', body: {} }, 'com').extensions).toEqual(
      product,
    );
  });
});
