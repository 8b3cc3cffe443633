/** A client's frame, as far as the registry understands it. */
import { commandDefinition, nameOf, readCommand } from '../epp/catalogue.ts';
import type { EppCommand } from '../epp/command.ts';
import { EPP_URI, OBJECT_URIS } from '../epp/namespaces.ts';
import type { ResultCode } from '../epp/result-codes.ts';
import { decodeXml, parseXml, XmlError } from '../epp/xml.ts';
import { childOf, elementsOf, textOf, type XmlElement } from '../epp/xml-element.ts';
import type { FaultAction } from './faults/options.ts';

export interface Incoming {
  /** As `domain:check`; `unknown` where it is no command. */
  name: string;
  command: EppCommand | undefined;
  clTRID: string | undefined;
  /** Elements of `<extension>`. */
  extensions: readonly XmlElement[];
  /** What it is answered where there is no command. */
  refusal: ResultCode;
  /** Decided when its turn comes. */
  fault: FaultAction | undefined;
}

const NO_EXTENSIONS: readonly XmlElement[] = [];
const OBJECT_NAMESPACES: readonly string[] = Object.values(OBJECT_URIS);
const OBJECT_COMMANDS = ['check', 'info', 'create', 'update', 'renew', 'delete', 'transfer'];

/** Never throws: what cannot be read has a result code (RFC 5730 section 3). */
export function readIncoming(body: Buffer): Incoming {
  try {
    return understand(parseXml(decodeXml(body)));
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return {
      name: 'unknown',
      command: undefined,
      clTRID: undefined,
      extensions: NO_EXTENSIONS,
      refusal: 2001,
      fault: undefined,
    };
  }
}

function understand(root: XmlElement): Incoming {
  const element = root.uri === EPP_URI ? childOf(root, 'command') : undefined;
  const extension = element && childOf(element, 'extension');
  const command = readCommand(root);
  const id = element && childOf(element, 'clTRID');
  return {
    name: command ? nameOf(command) : 'unknown',
    command,
    clTRID: command?.clTRID ?? (id && textOf(id)),
    extensions: extension ? elementsOf(extension) : NO_EXTENSIONS,
    refusal: command ? 2000 : refusalOf(element),
    fault: undefined,
  };
}

/** Why a document holds no command that we know. The id is answered all the same: clients match by it. */
function refusalOf(element: XmlElement | undefined): ResultCode {
  const verb = element && elementsOf(element)[0];
  if (!verb) return 2001;
  if (verb.uri !== EPP_URI || !OBJECT_COMMANDS.includes(verb.local)) return 2000;
  const object = elementsOf(verb)[0];
  if (!object) return 2003;
  return OBJECT_NAMESPACES.includes(object.uri) ? 2101 : 2307;
}

/** What the journal keeps of a command; undefined where it changes nothing. */
export function transformOf({
  name: command,
  command: given,
  clTRID,
}: Incoming): { command: string; name: string; clTRID?: string } | undefined {
  if (!given || given.body.op === 'query') return undefined;
  if (!commandDefinition(given.object, given.command)?.transform) return undefined;
  return { command, name: objectNames(given)[0] ?? '', ...(clTRID === undefined ? {} : { clTRID }) };
}

/** Names and ids of the objects that a command is about, in lower case. */
export function objectNames(command: EppCommand | undefined): string[] {
  if (!command) return [];
  const { name, names, id, ids } = command.body;
  return [name, names, id, ids]
    .flat()
    .filter((value) => typeof value === 'string')
    .map((value) => value.toLowerCase());
}
