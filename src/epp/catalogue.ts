/** Every command that we know: the one list from which bodies are checked, frames are written and (by a registry) read. */
import { CheckedCommand } from './checked-command.ts';
import type { EppCommand, EppObject } from './command.ts';
import { balanceCommands } from './commands/balance.ts';
import { contactCommands } from './commands/contact.ts';
import { type CommandDefinition, commandName } from './commands/definition.ts';
import { domainCommands } from './commands/domain.ts';
import { hostCommands } from './commands/host.ts';
import { CommandError, type CommandIssue } from './commands/issues.ts';
import { maintenanceCommands } from './commands/maintenance.ts';
import { rawCommand } from './commands/raw.ts';
import { sessionCommands } from './commands/session.ts';
import {
  checkExtensions,
  notOffered,
  type Offer,
  readCommandExtensions,
  writeExtensions,
} from './extensions/catalogue.ts';
import { transactionId } from './fields.ts';
import { EPP_URI, OBJECT_URIS } from './namespaces.ts';
import { childOf, elementsOf, textOf, type XmlElement } from './xml-element.ts';
import { document, escapeXml } from './xml-write.ts';

export { CommandError } from './commands/issues.ts';

export const CATALOGUE: readonly CommandDefinition[] = [
  ...sessionCommands,
  ...domainCommands,
  ...hostCommands,
  ...contactCommands,
  ...maintenanceCommands,
  ...balanceCommands,
];

const TRANSACTION_ID = transactionId();
const BY_NAME = new Map(
  [...CATALOGUE, rawCommand].map((definition) => [
    commandName(definition.object, definition.command),
    definition,
  ]),
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

/**
 * The command with its body and its extensions checked and completed by defaults. Throws CommandError, which names the wrong
 * fields. Whether the registry's version of an extension can say it all is seen when it is written.
 */
export function checkCommand(command: EppCommand): CheckedCommand {
  const definition = definitionOf(command);
  const issues: CommandIssue[] = [];
  let body: Record<string, unknown> | undefined;
  try {
    body = definition.check(command.body);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    issues.push(...error.issues);
  }
  if (command.clTRID !== undefined && !TRANSACTION_ID.safeParse(command.clTRID).success) {
    issues.push({ path: 'clTRID', message: 'must have 3 to 64 characters on one line' });
  }
  const name = nameOf(command);
  const extensions = checkExtensions(name, command.extensions, body, issues);
  if (body === undefined || issues.length > 0) throw new CommandError(name, issues);
  const checked = { ...command, body, ...(extensions === undefined ? {} : { extensions }) };
  return new CheckedCommand(checked, definition);
}

const NOTHING_OFFERED: ReadonlySet<string> = new Set();

/** A checked command as a registry will read it: `domain:restore` as the update that it is on the wire (RFC 3915). */
export function onTheWire(checked: EppCommand): EppCommand {
  const written = definitionOf(checked).onTheWire?.(checked.body);
  if (!written) return checked;
  return { ...checked, ...written, extensions: { ...written.extensions, ...checked.extensions } };
}

/** What of a checked command this registry cannot be told. What the command itself stands for is named `command`. */
export function offerIssues(checked: EppCommand, offer: Offer): CommandIssue[] {
  const own = checked.extensions;
  const { extensions = own, ...written } = onTheWire(checked);
  if (!extensions) return [];
  return notOffered(nameOf(written), extensions, offer).map(({ path, message }) => {
    const name = path.split('.')[1] ?? '';
    return own && name in own
      ? { path, message }
      : { path: 'command', message: `needs the extension ${name}, which ${message}` };
  });
}

/**
 * The XML document of a command. Throws CommandError. What it returns is valid by the schemas, raw extensions excepted.
 * @param given not checked again where `checkCommand` has passed it
 * @param options.offered the services that the login has asked for: of an extension with several versions, which one is written
 * @param options.clTRID instead of the command's own
 */
export function writeCommand(
  given: EppCommand,
  options: { offered?: ReadonlySet<string>; clTRID?: string | undefined } = {},
): string {
  const command = onTheWire(given instanceof CheckedCommand ? given : checkCommand(given));
  const { offered = NOTHING_OFFERED, clTRID = command.clTRID } = options;
  const { body, extensions } = command;
  const element = definitionOf(command).write(body);
  if (command.command === 'hello') return document(element);
  const extended = extensions ? writeExtensions(nameOf(command), extensions, body, offered) : '';
  const id = clTRID === undefined ? '' : `<clTRID>${escapeXml(clTRID)}</clTRID>`;
  return document(
    `<command>${element}${extended === '' ? '' : `<extension>${extended}</extension>`}${id}</command>`,
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
  if (!definition || definition.onTheWire || definition === rawCommand) return undefined;
  const body = definition.read(element);
  const id = childOf(command, 'clTRID');
  const extension = childOf(command, 'extension');
  const name = nameOf({ object, command: definition.command });
  return {
    ...(object === undefined ? {} : { object }),
    command: definition.command,
    body,
    ...(id ? { clTRID: textOf(id) } : {}),
    ...(extension ? { extensions: readCommandExtensions(name, extension, body) } : {}),
  };
}

function definitionOf(command: EppCommand): CommandDefinition {
  if (command instanceof CheckedCommand) return command.definition;
  const definition = commandDefinition(command.object, command.command);
  if (definition) return definition;
  const known = CATALOGUE.filter(({ object }) => object === command.object).map(({ command }) => command);
  throw new CommandError(nameOf(command), [
    { path: 'command', message: `is not known; ${command.object ?? 'a session'} has ${known.join(', ')}` },
  ]);
}
