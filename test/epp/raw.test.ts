import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCommand, readCommand, writeCommand } from '../../src/epp/catalogue.ts';
import { CommandError } from '../../src/epp/commands/issues.ts';
import { parseXml } from '../../src/epp/xml.ts';
import { anyCommand } from './command-arbitraries.ts';

const EPP = 'urn:ietf:params:xml:ns:epp-1.0';
const DOMAIN = 'urn:ietf:params:xml:ns:domain-1.0';
const object = (name: string) =>
  `<domain:${name} xmlns:domain="${DOMAIN}"><domain:name>a.com</domain:name></domain:${name}>`;
const check = `<check>${object('check')}</check>`;

const raw = (xml: unknown, transform?: boolean) => ({
  command: 'raw',
  body: { xml, ...(transform === undefined ? {} : { transform }) } as Record<string, unknown>,
});

describe('a raw command', () => {
  it.each([
    ['a document', `<?xml version="1.0"?><epp xmlns="${EPP}"><command>${check}</command></epp>`],
    [
      'a document with prefixes',
      `<e:epp xmlns:e="${EPP}"><e:command><e:check>${object('check')}</e:check></e:command></e:epp>`,
    ],
    ['a command', `<command xmlns="${EPP}">${check}</command>`],
    ['what stands in a command', `<check xmlns="${EPP}">${object('check')}</check>`],
    ['a command without its namespace', `<command>${check}</command>`],
    ['a check without its namespace', check],
    ['a clTRID of its own', `<command>${check}<clTRID>MINE-1</clTRID></command>`],
    ['comments and processing instructions', `<!-- a --><command><?b?>${check}<!-- c --></command>`],
  ])('is %s, and goes out with the transaction id of its session', (_name, xml) => {
    const written = writeCommand(checkCommand(raw(xml)), { clTRID: 'OURS-1' });
    expect(readCommand(parseXml(written))).toEqual({
      object: 'domain',
      command: 'check',
      body: { names: ['a.com'] },
      clTRID: 'OURS-1',
    });
    expect(written).not.toContain('MINE');
  });

  it('takes its extensions along', () => {
    const extension = '<extension><x:y xmlns:x="urn:x" a="&lt;&quot;">&amp;</x:y></extension>';
    const written = writeCommand(checkCommand(raw(`<command>${check}${extension}</command>`)), {
      clTRID: 'OURS-1',
    });
    expect(written).toContain(
      '</check><extension><x:y xmlns:x="urn:x" a="&lt;&quot;">&amp;</x:y></extension><clTRID>',
    );
  });

  it.each([
    ['check', undefined, false],
    ['info', undefined, false],
    ['transfer', 'query', false],
    ['poll', 'req', false],
    ['poll', 'ack', true],
    ['poll', undefined, true],
    ['transfer', 'request', true],
    ['transfer', undefined, true],
    ['create', 'query', true],
    ['delete', undefined, true],
    ['renew', undefined, true],
    ['update', undefined, true],
  ])('%s with op %s changes something: %s', (verb, op, transform) => {
    const attribute = op === undefined ? '' : ` op="${op}"`;
    const xml = `<${verb}${attribute}>${verb === 'poll' ? '' : object(verb)}</${verb}>`;
    expect(checkCommand(raw(xml)).transform).toBe(transform);
    expect(checkCommand(raw(xml, true)).transform).toBe(true);
    const calm = () => checkCommand(raw(xml, false)).transform;
    if (transform) expect(calm).toThrow('transform: must not be false');
    else expect(calm()).toBe(false);
  });

  it.each([
    ['nothing', '', 'xml'],
    ['a number', 7, 'xml'],
    ['no XML', 'check a.com', 'xml: a start tag was expected'],
    ['half of it', `<command>${check}`, 'xml: the document ends'],
    ['two', check + check, 'xml: something stands after'],
    ['a DOCTYPE', `<!DOCTYPE a [<!ENTITY b "c">]>${check}`, 'DOCTYPE'],
    ['an unknown entity', `<check>${object('check')}<!-- --></check>`.replace('a.com', '&bomb;'), 'entity'],
    ['a bare ampersand', check.replace('a.com', 'a & b'), 'entity'],
    ['a control character', check.replace('a.com', 'a\u0007'), 'character'],
    ['a lone surrogate', check.replace('a.com', 'a\ud800'), 'character'],
    ['a login', '<login><clID>acme</clID><pw>secret-1</pw></login>', '<login> is none of'],
    ['a logout', '<logout/>', '<logout> is none of'],
    ['a hello', `<epp xmlns="${EPP}"><hello/></epp>`, 'one <command>'],
    ['a hello beside', `<epp xmlns="${EPP}"><command>${check}</command><hello/></epp>`, 'nothing else'],
    [
      'two commands',
      `<epp xmlns="${EPP}"><command>${check}</command><command>${check}</command></epp>`,
      'nothing else',
    ],
    ['two verbs', `<command>${check}${check}</command>`, '<check> stands where'],
    ['two extensions', `<command>${check}<extension/><extension/></command>`, '<extension> stands where'],
    ['no verb', '<command/>', 'empty'],
    ['a verb that is none', '<frobnicate/>', '<frobnicate> is none of'],
    ['the raw of ours', '<raw/>', '<raw> is none of'],
    ['a response', `<epp xmlns="${EPP}"><response/></epp>`, 'one <command>'],
    ['another namespace', `<command xmlns="urn:other">${check}</command>`, 'not in the namespace'],
    ['another namespace inside', `<command xmlns="${EPP}"><x xmlns="urn:x"/>${check}</command>`, '<x>'],
    ['text between', `<command>text${check}</command>`, 'text'],
    ['no object', '<check/>', 'one element of an object'],
    ['two objects', `<check>${object('check')}${object('check')}</check>`, 'one element of an object'],
    ['an object without namespace', '<check><domain/></check>', 'namespace of its object'],
    ['an object in EPP', `<check xmlns="${EPP}"><domain/></check>`, 'namespace of its object'],
    ['an undeclared prefix', '<check><domain:check/></check>', '"domain" is not declared'],
    [
      'an undeclared prefix within',
      `<check>${object('check').replace('<domain:name>a.com</domain:name>', '<x:y/>')}</check>`,
      '"x" is not',
    ],
    ['an undeclared prefix of an attribute', `<check x:y="1">${object('check')}</check>`, '"x" is not'],
    ['a poll with something in it', `<poll op="req">${object('check')}</poll>`, '<poll> holds'],
    ['depth', `<check>${'<a xmlns="urn:x">'.repeat(100)}${'</a>'.repeat(100)}</check>`, 'nested'],
  ])('is refused where it is %s', (_name, xml, says) => {
    expect(() => checkCommand(raw(xml))).toThrow(CommandError);
    expect(() => checkCommand(raw(xml))).toThrow(says);
  });

  it('is what it was after another reading, whatever command of ours it is', () => {
    fc.assert(
      fc.property(
        anyCommand.filter(({ command }) => !['hello', 'login', 'logout'].includes(command)),
        (given) => {
          const xml = writeCommand(given);
          const once = checkCommand(raw(xml));
          expect(checkCommand({ ...once }).body).toEqual(once.body);
          const { clTRID: _, ...read } = readCommand(parseXml(writeCommand(once))) ?? {};
          const { clTRID: __, ...wanted } = readCommand(parseXml(xml)) ?? {};
          expect(read).toEqual(wanted);
          expect(once.transform).toBe(checkCommand(given).transform);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never becomes anything but one command, whatever it is made of', () => {
    const pieces = fc.constantFrom(
      ...[
        '<',
        '>',
        '</',
        '/>',
        '<check>',
        '</check>',
        '<command>',
        '</command>',
        '<epp>',
        '</epp>',
        '<login/>',
      ],
      ...[
        '<clTRID>',
        '</clTRID>',
        '<extension>',
        '</extension>',
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        '&lt;',
        '&',
      ],
      ...[object('check'), `xmlns="${EPP}"`, 'xmlns:a="urn:a"', '"', ' '],
    );
    let passed = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        let written: string;
        try {
          written = writeCommand(checkCommand(raw(parts.join(''))), { clTRID: 'OURS-1' });
        } catch (error) {
          expect(error).toBeInstanceOf(CommandError);
          return;
        }
        passed++;
        const read = readCommand(parseXml(written));
        expect(read).toMatchObject({ command: 'check', clTRID: 'OURS-1' });
      }),
      { numRuns: 20_000, examples: [[[check]], [['<command>', check, '</command>']]] },
    );
    expect(passed).toBeGreaterThan(1);
  });
});
