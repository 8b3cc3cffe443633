import type { EppCommand, EppExtensions, EppObject } from './command.ts';
import type { CommandDefinition } from './commands/definition.ts';

/**
 * A command that `checkCommand` has passed, completed by defaults: it is written without being checked again. Made by
 * `checkCommand` alone, and not to be changed. A copy (`{...command}`) is an ordinary command again, checked anew.
 */
export class CheckedCommand implements EppCommand {
  readonly object?: EppObject;
  readonly command: string;
  readonly body: Record<string, unknown>;
  readonly clTRID?: string;
  readonly extensions?: EppExtensions;
  readonly #definition: CommandDefinition;
  /** Changes something at the registry: never written a second time unasked (RFC 5730 section 2.9.3). */
  readonly #transform: boolean;

  constructor(checked: EppCommand, definition: CommandDefinition) {
    const { object, command, body, clTRID, extensions } = checked;
    this.command = command;
    this.body = body;
    if (object !== undefined) this.object = object;
    if (clTRID !== undefined) this.clTRID = clTRID;
    if (extensions !== undefined) this.extensions = extensions;
    this.#definition = definition;
    this.#transform = definition.isTransform?.(body) ?? isTransform(definition, body);
  }

  get transform(): boolean {
    return this.#transform;
  }

  /** The one that it was checked by. */
  get definition(): CommandDefinition {
    return this.#definition;
  }

  /** The same check for other names, all of which stand in commands that were checked, too. */
  withNames(names: readonly string[]): CheckedCommand {
    return new CheckedCommand({ ...this, body: { ...this.body, names } }, this.#definition);
  }
}

/** A check for other names; not checked again where `command` and all others that the names come from were. */
export function checkFor(
  names: readonly string[],
  command: EppCommand,
  others: readonly EppCommand[] = [],
): EppCommand {
  const checked = command instanceof CheckedCommand && others.every((one) => one instanceof CheckedCommand);
  return checked ? command.withNames(names) : { ...command, body: { names } };
}

/**
 * Whether a command changes something. `transfer` with op "query" only asks (RFC 5730 section 2.9.2.4), and `poll` with op
 * "ack" takes a message away (section 2.9.2.3).
 */
export function isTransform(
  definition: { readonly transform: boolean },
  body: Record<string, unknown>,
): boolean {
  return (definition.transform && body.op !== 'query') || body.op === 'ack';
}
