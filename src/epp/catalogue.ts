/** Every command that we know: the one list from which bodies are checked, frames are written and (by a registry) read. */
import type { EppCommand, EppObject } from './command.ts';
import { balanceCommands } from './commands/balance.ts';
import { contactCommands } from './commands/contact.ts';
import { type CommandDefinition, commandName } from './commands/definition.ts';
import { domainCommands } from './commands/domain.ts';
import { hostCommands } from './commands/host.ts';
import { CommandError, type CommandIssue } from './commands/issues.ts';
import { sessionCommands } from './commands/session.ts';
import { checkExtensions, readCommandExtensions, writeExtensions } from './extensions/catalogue.ts';
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
  ...balanceCommands,
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

/** The command with its body and its extensions checked and completed by defaults. Throws CommandError, which names the wrong fields. */
export function checkCommand(command: EppCommand): EppCommand {
  const definition = definitionOf(command);
  const issues: CommandIssue[] = [];
  if (command.clTRID !== undefined && !TRANSACTION_ID.safeParse(command.clTRID).success) {
    issues.push({ path: 'clTRID', message: 'must have 3 to 64 characters on one line' });
  }
  const extensions = checkExtensions(nameOf(command), command.extensions, issues);
  let body = command.body;
  try {
    body = definition.check(command.body);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    issues.unshift(...error.issues);
  }
  if (issues.length > 0) throw new CommandError(nameOf(command), issues);
  return { ...command, body, ...(extensions === undefined ? {} : { extensions }) };
}

const NOTHING_OFFERED: ReadonlySet<string> = new Set();

/**
 * The XML document of a command. Throws CommandError. What it returns is valid by the schemas, raw extensions excepted.
 * @param offered the services that the login has asked for: of an extension with several versions, which one is written
 */
export function writeCommand(command: EppCommand, offered: ReadonlySet<string> = NOTHING_OFFERED): string {
  const checked = checkCommand(command);
  const element = definitionOf(checked).write(checked.body);
  if (checked.command === 'hello') return document(element);
  const extensions = checked.extensions ? writeExtensions(nameOf(checked), checked.extensions, offered) : '';
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
    ...(extensionElement
      ? {
          extensions: readCommandExtensions(
            nameOf({ object, command: definition.command }),
            extensionElement,
          ),
        }
      : {}),
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
