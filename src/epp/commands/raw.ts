/**
 * A command as XML, for what is not typed here. It is read and written anew, so that nothing can break out of its element, and
 * has neither clTRID nor credentials of its own: those are the session's.
 */
import { z } from 'zod';
import { EPP_URI } from '../namespaces.ts';
import { XmlError } from '../xml.ts';
import { attributeOf, elementsOf, type XmlElement } from '../xml-element.ts';
import { parseXmlStrictly } from '../xml-strict.ts';
import { rawXml } from '../xml-write.ts';
import type { CommandDefinition } from './definition.ts';
import { CommandError, issuesOf } from './issues.ts';

export const RAW = 'raw';

/** RFC 5730 section 2.9; `login`, `logout` and `hello` are the session's own. */
const VERBS = ['check', 'info', 'poll', 'transfer', 'create', 'delete', 'renew', 'update'] as const;
type Verb = (typeof VERBS)[number];

const START = '<command>';
const END = '</command>';

const schema = z.strictObject({
  xml: z
    .string()
    .min(1)
    .describe(
      'A document `<epp>`, its `<command>`, or what stands in that: one of check, info, poll, transfer, create, delete, renew, update. A clTRID in it is replaced by one of the adapter.',
    ),
  transform: z
    .boolean()
    .optional()
    .describe(
      'True where the command changes something although its verb is that of a query: it is never sent twice then. What its verb says by default.',
    ),
});

/** What a raw command is, as far as it matters here. */
export interface RawCommand {
  verb: Verb;
  /** `<command>` with the verb's element, and `<extension>` where there is one, written anew. */
  xml: string;
  transform: boolean;
}

/** Throws XmlError. @param xml as the schema says */
export function readRaw(xml: string): RawCommand {
  const command = commandOf(xml);
  const parts = elementsOf(command);
  const foreign = parts.find(({ uri }) => uri !== EPP_URI);
  if (foreign) throw new XmlError(`<${foreign.local}> in <command> is not in the namespace ${EPP_URI}`);
  if (textIn(command)) throw new XmlError('text stands between the elements of <command>');
  const rest = parts.filter(({ local }) => local !== 'clTRID');
  const [element, extension, more] = rest;
  if (!element) throw new XmlError('<command> is empty');
  const unexpected = more ?? (extension?.local === 'extension' ? undefined : extension);
  if (unexpected) throw new XmlError(`<${unexpected.local}> stands where only one <extension> may`);
  const verb = verbOf(element);
  const written = [element, ...(extension ? [extension] : [])].map((part) => rawXml(part, EPP_URI));
  return {
    verb,
    xml: `${START}${written.join('')}${END}`,
    transform: changes(verb, attributeOf(element, 'op')),
  };
}

/** `<command>`, from whatever of it was given. */
function commandOf(xml: string): XmlElement {
  let root = parseXmlStrictly(xml);
  // Without any namespace it is taken for EPP's: the default that people leave out. It is one element, so nothing breaks out
  if (root.uri === '' && root.prefix === '') {
    const [wrapped] = elementsOf(parseXmlStrictly(`<epp xmlns="${EPP_URI}">${xml}</epp>`));
    if (wrapped) root = wrapped;
  }
  if (root.uri !== EPP_URI) throw new XmlError(`<${root.local}> is not in the namespace ${EPP_URI}`);
  if (root.local === 'command') return root;
  if (root.local !== 'epp') return { ...root, local: 'command', attributes: [], children: [root] };
  const [command, more] = elementsOf(root);
  if (command?.local !== 'command' || command.uri !== EPP_URI) {
    throw new XmlError('<epp> must hold one <command>');
  }
  if (more || textIn(root)) throw new XmlError('<epp> must hold one <command> and nothing else');
  return command;
}

function verbOf(element: XmlElement): Verb {
  const verb = VERBS.find((known) => known === element.local);
  if (!verb) throw new XmlError(`<${element.local}> is none of ${VERBS.join(', ')}`);
  const objects = elementsOf(element);
  if (verb === 'poll') {
    if (objects.length > 0) throw new XmlError('<poll> holds no element');
    return verb;
  }
  const [object, more] = objects;
  if (!object || more || textIn(element)) throw new XmlError(`<${verb}> must hold one element of an object`);
  if (object.uri === '' || object.uri === EPP_URI) {
    throw new XmlError(`<${object.local}> in <${verb}> must be in the namespace of its object`);
  }
  return verb;
}

function textIn(element: XmlElement): boolean {
  return element.children.some((child) => typeof child === 'string' && child.trim() !== '');
}

/** RFC 5730 section 2.9.2: what only asks. */
function changes(verb: Verb, op: string | undefined): boolean {
  if (verb === 'check' || verb === 'info') return false;
  return !(verb === 'poll' && op === 'req') && !(verb === 'transfer' && op === 'query');
}

function check(given: unknown): Record<string, unknown> {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new CommandError(
      RAW,
      parsed.error.issues.flatMap((issue) => issuesOf(issue)),
    );
  }
  const { xml, verb, transform } = reading(parsed.data.xml);
  if (transform && parsed.data.transform === false) {
    const message = `must not be false: ${verb} changes something`;
    throw new CommandError(RAW, [{ path: 'transform', message }]);
  }
  return { xml, transform: transform || parsed.data.transform === true };
}

function reading(xml: string): RawCommand {
  try {
    return readRaw(xml);
  } catch (error) {
    if (error instanceof XmlError) throw new CommandError(RAW, [{ path: 'xml', message: error.message }]);
    throw error;
  }
}

/** No element of EPP's own: it is not in the catalogue, and no registry reads it. */
export const rawCommand: CommandDefinition = {
  object: undefined,
  command: RAW,
  transform: true,
  isTransform: ({ transform }) => transform !== false,
  schema,
  check,
  write: ({ xml }) => String(xml).slice(START.length, -END.length),
  read: () => {
    throw new TypeError('no registry reads a raw command');
  },
};
