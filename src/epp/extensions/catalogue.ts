/** Every extension that we know: the one list from which `extensions` is checked, written and read. */
import type { EppExtensions } from '../command.ts';
import { type CommandIssue, issuesOf } from '../commands/issues.ts';
import { EPP_URI } from '../namespaces.ts';
import { parseXml, XmlError } from '../xml.ts';
import { elementsOf, type XmlElement } from '../xml-element.ts';
import { escapeXml, rawXml, tag } from '../xml-write.ts';
import { cnnicExtensions } from './cnnic.ts';
import { type CommandExtension, contentFor, type ExtensionDefinition } from './definition.ts';
import { identityDigitalExtensions } from './identity-digital.ts';
import { ietfExtensions } from './ietf.ts';
import { verisignExtensions } from './verisign.ts';

export const EXTENSIONS: readonly ExtensionDefinition[] = [
  ...ietfExtensions,
  ...verisignExtensions,
  ...cnnicExtensions,
  ...identityDigitalExtensions,
];

const BY_NAME = new Map(EXTENSIONS.map((definition) => [definition.name, definition]));
const BY_URI = new Map(
  EXTENSIONS.flatMap((definition) => definition.uris.map((uri) => [uri, definition] as const)),
);

/** The extensions of a command, checked and completed by defaults; what is wrong goes into `issues`. */
export function checkExtensions(
  command: string,
  extensions: unknown,
  issues: CommandIssue[],
): EppExtensions | undefined {
  if (extensions === undefined) return undefined;
  if (typeof extensions !== 'object' || extensions === null || Array.isArray(extensions)) {
    issues.push({
      path: 'extensions',
      message: 'must be an object: extensions by name, and `raw` with a list of XML elements as strings',
    });
    return undefined;
  }
  const checked: EppExtensions = {};
  for (const [name, given] of Object.entries(extensions)) {
    if (given === undefined) continue;
    if (name === 'raw') checked.raw = checkRaw(given, issues);
    else checked[name] = checkOne(command, name, given, issues);
  }
  return checked;
}

function checkOne(command: string, name: string, given: unknown, issues: CommandIssue[]): unknown {
  const path = `extensions.${name.slice(0, 64)}`;
  const definition = BY_NAME.get(name);
  if (!definition) {
    const known = [...BY_NAME.keys()].join(', ');
    issues.push({ path, message: `is not known; there are ${known}; others go into extensions.raw` });
    return undefined;
  }
  const part = partOf(definition, command);
  if (!part) {
    const fitting = Object.keys(definition.commands).join(', ') || 'no command, only with answers';
    issues.push({ path, message: `does not go with ${command}; it goes with ${fitting}` });
    return undefined;
  }
  const parsed = part.schema.safeParse(given);
  if (parsed.success) return parsed.data;
  issues.push(...parsed.error.issues.flatMap((issue) => issuesOf(issue, ['extensions', name])));
  return undefined;
}

function partOf(definition: ExtensionDefinition, command: string): CommandExtension | undefined {
  return Object.hasOwn(definition.commands, command) ? definition.commands[command] : undefined;
}

/** Each raw extension written anew from what was read, so that nothing can break out of its element. */
function checkRaw(given: unknown, issues: CommandIssue[]): string[] {
  if (!Array.isArray(given)) {
    issues.push({ path: 'extensions.raw', message: 'must be a list of XML elements as strings' });
    return [];
  }
  return given.flatMap((xml: unknown, index) => {
    const wrong = (message: string): [] => {
      issues.push({ path: `extensions.raw[${index}]`, message });
      return [];
    };
    if (typeof xml !== 'string') return wrong('must be an XML element as a string');
    try {
      const element = parseXml(xml);
      if (element.uri === '' || element.uri === EPP_URI) {
        return wrong('must be one element in a namespace of its own (RFC 5730 section 2.7.3)');
      }
      return rawXml(element, EPP_URI);
    } catch (error) {
      if (error instanceof XmlError) return wrong(error.message);
      throw error;
    }
  });
}

/**
 * What stands inside `<extension>`, of extensions that `checkExtensions` has passed.
 * @param offered the services that the login has asked for
 */
export function writeExtensions(
  command: string,
  extensions: EppExtensions,
  offered: ReadonlySet<string>,
): string {
  let written = '';
  for (const [name, value] of Object.entries(extensions)) {
    const definition = BY_NAME.get(name);
    const part = definition && partOf(definition, command);
    if (!definition || !part || value === undefined) continue;
    const uri = definition.uris.find((candidate) => offered.has(candidate)) ?? definition.uris[0] ?? '';
    written += writeElement(definition.prefix, part.element, uri, contentFor(part.content, uri), value);
  }
  return written + (extensions.raw ?? []).join('');
}

/** An extension of a response: the registry's side. */
export function writeResponseExtension(name: string, element: string, value: unknown, uri?: string): string {
  const definition = BY_NAME.get(name);
  const content = definition?.responses[element];
  if (!definition || !content) throw new TypeError(`no mapping of ${name}:${element}`);
  const version = uri ?? definition.uris[0] ?? '';
  return writeElement(definition.prefix, element, version, contentFor(content, version), value);
}

function writeElement(
  prefix: string,
  element: string,
  uri: string,
  content: ReturnType<typeof contentFor>,
  value: unknown,
): string {
  const { attributes, content: inner } = content.write(value, `${prefix}:`);
  return tag(`${prefix}:${element}`, ` xmlns:${prefix}="${escapeXml(uri)}"${attributes}`, inner);
}

/** `<extension>` of a command: the registry's side. */
export function readCommandExtensions(command: string, extension: XmlElement): EppExtensions {
  return readAll(extension, (definition, element) => {
    const part = partOf(definition, command);
    return part?.element === element.local ? part.content : undefined;
  });
}

/** `<extension>` of a response. What no definition knows stays as XML. */
export function readResponseExtensions(extension: XmlElement): EppExtensions {
  return readAll(extension, ({ responses }, { local }) =>
    Object.hasOwn(responses, local) ? responses[local] : undefined,
  );
}

function readAll(
  extension: XmlElement,
  find: (
    definition: ExtensionDefinition,
    element: XmlElement,
  ) => ExtensionDefinition['responses'][string] | undefined,
): EppExtensions {
  const read: EppExtensions = {};
  for (const element of elementsOf(extension)) {
    const definition = BY_URI.get(element.uri);
    const content = definition && find(definition, element);
    // Of two with one name the second stays XML
    if (!definition || !content || read[definition.name] !== undefined) {
      read.raw = [...(read.raw ?? []), rawXml(element, EPP_URI)];
    } else {
      read[definition.name] = contentFor(content, element.uri).read(element);
    }
  }
  return read;
}
