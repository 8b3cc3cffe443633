/** Every command that we know: the one list from which bodies are checked, frames are written and (by a registry) read. */
import type { EppCommand, EppObject } from './command.ts';
import { contactCommands } from './commands/contact.ts';
import { type CommandDefinition, CommandError, commandName } from './commands/definition.ts';
import { domainCommands } from './commands/domain.ts';
import { hostCommands } from './commands/host.ts';
import { sessionCommands } from './commands/session.ts';
import { transactionId } from './fields.ts';
import { EPP_URI, OBJECT_URIS } from './namespaces.ts';
import { parseXml, XmlError } from './xml.ts';
import { childOf, elementsOf, textOf, type XmlElement } from './xml-element.ts';
import { document, escapeXml, rawXml } from './xml-write.ts';

export { CommandError } from './commands/definition.ts';

export const CATALOGUE: readonly CommandDefinition[] = [
  ...sessionCommands,
  ...domainCommands,
  ...hostCommands,
  ...contactCommands,
];

const TRANSACTION_ID = transactionId();
const BY_NAME = new Map(
  CATALOGUE.map((definition) => [commandName(definition.object, definition.command), definition]),
);

export function commandDefinition(
  object: EppObject | undefined,
  command: string,
): CommandDefinition | undefined {
  return BY_NAME.get(commandName(object, command));
}

/** As `domain:check`; the names of the gateway's routing table, the metrics and the messages. */
export function nameOf(command: { object?: EppObject | undefined; command: string }): string {
  return commandName(command.object, command.command);
}

/** The command with its body checked and completed by defaults. Throws CommandError, which names the wrong field. */
export function checkCommand(command: EppCommand): EppCommand {
  const definition = definitionOf(command);
  if (command.clTRID !== undefined && !TRANSACTION_ID.safeParse(command.clTRID).success) {
    throw new CommandError(nameOf(command), [
      { path: 'clTRID', message: 'must have 3 to 64 characters on one line' },
    ]);
  }
  for (const [index, xml] of (command.extensions ?? []).entries()) extension(command, index, xml);
  return { ...command, body: definition.check(command.body) };
}

/** The XML document of a command. Throws CommandError. What it returns is valid by the schemas, raw extensions excepted. */
export function writeCommand(command: EppCommand): string {
  const checked = checkCommand(command);
  const element = definitionOf(checked).write(checked.body);
  if (checked.command === 'hello') return document(element);
  const extensions = (checked.extensions ?? []).map((xml, index) => extension(checked, index, xml)).join('');
  const id = checked.clTRID === undefined ? '' : `<clTRID>${escapeXml(checked.clTRID)}</clTRID>`;
  return document(
    `<command>${element}${extensions === '' ? '' : `<extension>${extensions}</extension>`}${id}</command>`,
  );
}

/** The command in a document that a client sent: the registry's side. Undefined where no definition knows it. */
export function readCommand(root: XmlElement): EppCommand | undefined {
  if (root.uri !== EPP_URI || root.local !== 'epp') return undefined;
  if (childOf(root, 'hello')) return { command: 'hello', body: {} };
  const command = childOf(root, 'command');
  const element = command && elementsOf(command).find((child) => child.uri === EPP_URI);
  if (!command || !element) return undefined;
  const objectUri = elementsOf(element)[0]?.uri;
  const object = (Object.keys(OBJECT_URIS) as EppObject[]).find((name) => OBJECT_URIS[name] === objectUri);
  const definition = commandDefinition(object, element.local);
  if (!definition) return undefined;
  const id = childOf(command, 'clTRID');
  const extensionElement = childOf(command, 'extension');
  return {
    ...(object === undefined ? {} : { object }),
    command: definition.command,
    body: definition.read(element),
    ...(id ? { clTRID: textOf(id) } : {}),
    ...(extensionElement ? { extensions: elementsOf(extensionElement).map((child) => rawXml(child)) } : {}),
  };
}

function definitionOf(command: EppCommand): CommandDefinition {
  const definition = commandDefinition(command.object, command.command);
  if (definition) return definition;
  const known = CATALOGUE.filter(({ object }) => object === command.object).map(({ command }) => command);
  throw new CommandError(nameOf(command), [
    { path: 'command', message: `is not known; ${command.object ?? 'a session'} has ${known.join(', ')}` },
  ]);
}

/** A raw extension, written anew from what was read, so that nothing can break out of its element. */
function extension(command: EppCommand, index: number, xml: string): string {
  const wrong = (message: string) =>
    new CommandError(nameOf(command), [{ path: `extensions[${index}]`, message }]);
  let element: XmlElement;
  try {
    element = parseXml(xml);
  } catch (error) {
    if (error instanceof XmlError) throw wrong(error.message);
    throw error;
  }
  if (element.uri === '' || element.uri === EPP_URI) {
    throw wrong('must be one element in a namespace of its own (RFC 5730 section 2.7.3)');
  }
  return rawXml(element, EPP_URI);
}
