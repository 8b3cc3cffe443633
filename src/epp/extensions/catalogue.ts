/** Every extension that we know: the one list from which `extensions` is checked, written and read. */
import type { EppExtensions } from '../command.ts';
import { CommandError, type CommandIssue, issuesOf, pathOf } from '../commands/issues.ts';
import { EPP_URI } from '../namespaces.ts';
import { XmlError } from '../xml.ts';
import { elementsOf, type XmlElement } from '../xml-element.ts';
import { parseXmlStrictly } from '../xml-strict.ts';
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

type Body = Readonly<Record<string, unknown>>;

/**
 * The extensions of a command, checked and completed by defaults; what is wrong goes into `issues`.
 * @param body the command's own, checked; undefined where it is wrong itself
 */
export function checkExtensions(
  command: string,
  extensions: unknown,
  body: Body | undefined,
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
    else checked[name] = checkOne(command, name, given, body, issues);
  }
  return checked;
}

function checkOne(
  command: string,
  name: string,
  given: unknown,
  body: Body | undefined,
  issues: CommandIssue[],
): unknown {
  const path = pathOf(['extensions', name]);
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
  if (!parsed.success) {
    issues.push(...parsed.error.issues.flatMap((issue) => issuesOf(issue, ['extensions', name])));
    return undefined;
  }
  if (body) issues.push(...(part.check?.(parsed.data, body) ?? []));
  return parsed.data;
}

/** Every extension that goes with a command. */
export function extensionsOf(command: string): { definition: ExtensionDefinition; part: CommandExtension }[] {
  return EXTENSIONS.flatMap((definition) => {
    const part = partOf(definition, command);
    return part ? [{ definition, part }] : [];
  });
}

/** A restore is an update with the extension rgp (RFC 3915 section 4.2.5): it writes rgp itself, and takes what an update takes. */
const RESTORE = 'domain:restore';

function partOf({ name, commands }: ExtensionDefinition, command: string): CommandExtension | undefined {
  if (Object.hasOwn(commands, command)) return commands[command];
  return command === RESTORE && name !== 'rgp' ? commands['domain:update'] : undefined;
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
      const element = parseXmlStrictly(xml);
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
 * What stands inside `<extension>`, of extensions that `checkExtensions` has passed. Throws CommandError where none of the
 * versions that the login has can say all.
 * @param offered the services that the login has asked for
 */
export function writeExtensions(
  command: string,
  extensions: EppExtensions,
  body: Body,
  offered: ReadonlySet<string>,
): string {
  let written = '';
  for (const [name, value] of Object.entries(extensions)) {
    const definition = BY_NAME.get(name);
    const part = definition && partOf(definition, command);
    if (!definition || !part || value === undefined) continue;
    if (part.instead?.when(value)) {
      written += part.instead.write(value);
      continue;
    }
    const { uri, issues } = choose(definition, part, value, offered);
    if (issues.length > 0) throw new CommandError(command, issues);
    const lowered = part.lower ? part.lower(value, uri, body) : value;
    written += writeElement(definition.prefix, part.element, uri, contentFor(part.content, uri), lowered);
  }
  return written + (extensions.raw ?? []).join('');
}

/** Of the versions that the login has, the first that can say all of the value; else the first, and what it cannot say. */
function choose(
  definition: ExtensionDefinition,
  part: CommandExtension,
  value: unknown,
  offered: ReadonlySet<string>,
): { uri: string; issues: CommandIssue[] } {
  const { name, uris } = definition;
  const common = uris.filter((uri) => offered.has(uri));
  const choices = (common.length > 0 ? common : uris.slice(0, 1)).map((uri) => ({
    uri,
    issues: (part.refuse?.(value, uri) ?? []).map(({ path, message }) => ({
      path: `extensions.${name}.${path}`,
      message,
    })),
  }));
  return choices.find(({ issues }) => issues.length === 0) ?? choices[0] ?? { uri: '', issues: [] };
}

/** The services of a registry. */
export interface Offer {
  /** By its greeting. */
  readonly announced: ReadonlySet<string>;
  /** Those of them that the login has asked for. */
  readonly asked: ReadonlySet<string>;
}

/**
 * What a registry cannot be told, of extensions that `checkExtensions` has passed: it has the extension in no version, or in
 * none that can say all. One that it has and the login has not asked for is left to the registry.
 */
export function notOffered(
  command: string,
  extensions: EppExtensions,
  { announced, asked }: Offer,
): CommandIssue[] {
  return Object.entries(extensions).flatMap(([name, value]) => {
    const definition = BY_NAME.get(name);
    const part = definition && partOf(definition, command);
    if (!definition || !part || value === undefined) return [];
    if (definition.uris.some((uri) => announced.has(uri))) {
      return part.instead?.when(value) ? [] : choose(definition, part, value, asked).issues;
    }
    const message = `is not offered by this registry: its greeting has none of ${definition.uris.join(', ')}`;
    return [{ path: `extensions.${name}`, message }];
  });
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
export function readCommandExtensions(command: string, extension: XmlElement, body: Body): EppExtensions {
  return readAll(extension, (definition, element) => {
    const part = partOf(definition, command);
    if (part?.instead?.element === element.local) return part.instead.read(element);
    if (part?.element !== element.local) return undefined;
    const value = contentFor(part.content, element.uri).read(element);
    return part.lift ? part.lift(value, element.uri, body) : value;
  });
}

/** `<extension>` of a response. What no definition knows stays as XML. */
export function readResponseExtensions(extension: XmlElement): EppExtensions {
  return readAll(extension, readResponseElement);
}

/** One extension of a response, by itself; undefined where no definition knows it. */
export function readExtension(element: XmlElement): { name: string; value: unknown } | undefined {
  const definition = BY_URI.get(element.uri);
  const value = definition && readResponseElement(definition, element);
  return definition && value !== undefined ? { name: definition.name, value } : undefined;
}

function readResponseElement({ responses }: ExtensionDefinition, element: XmlElement): unknown {
  const { local, uri } = element;
  const content = Object.hasOwn(responses, local) ? responses[local] : undefined;
  return content && contentFor(content, uri).read(element);
}

/** @param read undefined where the definition has no such element */
function readAll(
  extension: XmlElement,
  read: (definition: ExtensionDefinition, element: XmlElement) => unknown,
): EppExtensions {
  const all: EppExtensions = {};
  for (const element of elementsOf(extension)) {
    const definition = BY_URI.get(element.uri);
    // Of two with one name the second stays XML
    const value = definition && all[definition.name] === undefined ? read(definition, element) : undefined;
    if (definition && value !== undefined) all[definition.name] = value;
    else all.raw = [...(all.raw ?? []), rawXml(element, EPP_URI)];
  }
  return all;
}
