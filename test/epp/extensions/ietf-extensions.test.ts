import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CATALOGUE,
  checkCommand,
  nameOf,
  onTheWire,
  readCommand,
  writeCommand,
} from '../../../src/epp/catalogue.ts';
import type { EppCommand, EppObject } from '../../../src/epp/command.ts';
import { EXTENSIONS, extensionsOf, writeResponseExtension } from '../../../src/epp/extensions/catalogue.ts';
import { ietfExtensions } from '../../../src/epp/extensions/ietf.ts';
import { PASSWORD_IN_EXTENSION } from '../../../src/epp/extensions/login-sec.ts';
import { readServerDocument } from '../../../src/epp/responses/response.ts';
import { parseXml } from '../../../src/epp/xml.ts';
import type { XmlElement } from '../../../src/epp/xml-element.ts';
import { commandArbitrary } from '../command-arbitraries.ts';
import { response } from '../documents.ts';
import { CANNOT_VALIDATE, validate } from '../xmllint.ts';
import { SIGNED, type Values, WITH_ANSWERS, WITH_COMMANDS } from './ietf-arbitraries.ts';

/** fee-0.6 alone has these. */
const OF_OLD_VERSIONS: Record<string, string[]> = { fee: ['domain:info', 'infData'] };

function commandOf(name: string): [EppObject | undefined, string] {
  const [object, command] = name.split(':');
  return command === undefined ? [undefined, name] : [object as EppObject, command];
}

/** A password stands in one place alone. */
function withPasswords(command: EppCommand): EppCommand {
  const { pw, newPW } = (command.extensions?.loginSec ?? {}) as Record<string, string>;
  const moved = {
    ...(pw === undefined ? {} : { pw: PASSWORD_IN_EXTENSION }),
    ...(newPW === undefined ? {} : { newPW: PASSWORD_IN_EXTENSION }),
  };
  return { ...command, body: { ...command.body, ...moved } };
}

const extended = (command: string, values: Values) =>
  fc
    .tuple(commandArbitrary(...commandOf(command)), fc.record(values, { requiredKeys: [] }))
    .map(([{ extensions: raw, ...base }, given]) => {
      const extensions = { ...raw, ...given };
      return withPasswords(Object.keys(extensions).length === 0 ? base : { ...base, extensions });
    });

const pairsOf = (table: Record<string, Values>) =>
  Object.entries(table).flatMap(([extension, parts]) =>
    Object.entries(parts).map(([part, value]) => ({ extension, part, value })),
  );
const pairs = pairsOf(WITH_COMMANDS);
const answers = pairsOf(WITH_ANSWERS);
const extendable = [...new Set(pairs.map(({ part }) => part)), 'domain:restore'];
/** All that goes with a command; with a restore what goes with an update. */
const valuesOf = (command: string): Values =>
  Object.fromEntries(
    extensionsOf(command).flatMap(({ definition: { name } }) => {
      const values = WITH_COMMANDS[name];
      const value = values?.[command === 'domain:restore' ? 'domain:update' : command];
      return value ? [[name, value]] : [];
    }),
  );

describe('the extensions of the IETF', () => {
  it('are all tried here', () => {
    const known = (of: (definition: (typeof ietfExtensions)[number]) => object) =>
      Object.fromEntries(
        ietfExtensions.flatMap((one) => {
          const old = OF_OLD_VERSIONS[one.name] ?? [];
          const parts = Object.keys(of(one)).filter((part) => !old.includes(part));
          return parts.length === 0 ? [] : [[one.name, parts.sort()]];
        }),
      );
    const tried = (table: Record<string, object>) =>
      Object.fromEntries(Object.entries(table).map(([name, value]) => [name, Object.keys(value).sort()]));
    expect(tried(WITH_COMMANDS)).toEqual(known(({ commands }) => commands));
    expect(tried(WITH_ANSWERS)).toEqual(known(({ responses }) => responses));
  });

  it.each(extendable)('with %s are read back by the registry as they were meant', (command) => {
    fc.assert(
      fc.property(extended(command, valuesOf(command)), (given) => {
        expect(readCommand(parseXml(writeCommand(given)))).toEqual(onTheWire(checkCommand(given)));
        expect(checkCommand(given)).toEqual(given);
      }),
      { numRuns: 200 },
    );
  });

  it.each(answers)(
    '$extension:$part of an answer is read as it was written',
    ({ extension, part, value }) => {
      fc.assert(
        fc.property(value, (given) => {
          const xml = writeResponseExtension(extension, part, given);
          expect(readServerDocument(parseXml(response({ extension: xml })))).toMatchObject({
            response: { extensions: { [extension]: given } },
          });
        }),
        { numRuns: 200 },
      );
    },
  );

  it.skipIf(CANNOT_VALIDATE !== undefined)(
    `are valid by the schemas (skipped where ${CANNOT_VALIDATE ?? 'they are not at hand'})`,
    () => {
      const sample = <T>(values: fc.Arbitrary<T>, numRuns = 100) => fc.sample(values, { numRuns, seed: 1 });
      const valid = (given: EppCommand) => ({ ...given, extensions: { ...given.extensions, raw: [] } });
      const signed = pairsOf(SIGNED).flatMap(({ extension, part, value }) =>
        sample(extended(part, { [extension]: value }), 10),
      );
      validate(
        [
          ...extendable.flatMap((command) => sample(extended(command, valuesOf(command)))).map(valid),
          ...signed.map(valid),
        ].map((given) => writeCommand(given)),
      );
      validate(
        answers.flatMap(({ extension, part, value }) =>
          sample(value, 60).map((given) =>
            response({ extension: writeResponseExtension(extension, part, given) }),
          ),
        ),
      );
    },
    60_000,
  );

  it('are read without harm, whatever is missing or has another name', () => {
    const trees = [
      ...pairs.flatMap(({ extension, part, value }) =>
        fc
          .sample(extended(part, { [extension]: value }), { numRuns: 8, seed: 2 })
          .map((given) => writeCommand(given)),
      ),
      ...answers.flatMap(({ extension, part, value }) =>
        fc
          .sample(value, { numRuns: 8, seed: 2 })
          .map((given) => response({ extension: writeResponseExtension(extension, part, given) })),
      ),
    ].map((xml) => parseXml(xml));
    fc.assert(
      fc.property(fc.constantFrom(...trees), fc.infiniteStream(fc.nat(99)), (tree, chances) => {
        const damaged = damage(tree, () => chances.next().value ?? 50);
        readCommand(damaged);
        if (tree.children.some((child) => typeof child !== 'string' && child.local === 'response')) {
          readServerDocument(damaged);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('every schema', () => {
  const schemas = [
    ...CATALOGUE.map((command) => [nameOf(command), command.schema] as const),
    ...EXTENSIONS.flatMap(({ name, commands }) =>
      Object.entries(commands).map(([command, { schema }]) => [`${name} of ${command}`, schema] as const),
    ),
  ];
  it.each(schemas)('can be told to callers as JSON Schema: %s', (_name, schema) => {
    expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({ $schema: expect.any(String) });
  });
});

/** Extensions with parts of them gone, doubled, renamed or empty. @param chance in [0, 99] */
function damage(element: XmlElement, chance: () => number, depth = 0): XmlElement {
  const inside = depth > 2;
  const children = element.children.flatMap((child): (XmlElement | string)[] => {
    if (typeof child === 'string') return inside && chance() < 10 ? [] : [child];
    const kind = inside ? chance() : 99;
    if (kind < 8) return [];
    const kept = damage(child, chance, depth + 1);
    if (kind < 14) return [{ ...kept, local: 'x' }];
    if (kind < 20) return [{ ...kept, uri: 'urn:x' }];
    if (kind < 26) return [{ ...kept, children: [] }];
    return kind < 32 ? [kept, kept] : [kept];
  });
  const attributes = element.attributes.filter(() => !inside || chance() >= 15);
  return { ...element, attributes, children };
}
