import { z } from 'zod';
import type { EppCommand, EppObject } from '../command.ts';
import type { Content } from '../mapping.ts';
import { OBJECT_URIS } from '../namespaces.ts';
import { attributeOf, elementsOf, type XmlElement } from '../xml-element.ts';
import { escapeXml, tag } from '../xml-write.ts';
import { CommandError, issuesOf } from './issues.ts';

/** One command of one object: what its JSON may be, and how it stands in XML, both ways. */
export interface CommandDefinition {
  readonly object: EppObject | undefined;
  readonly command: string;
  /** True where the command changes something at the registry (RFC 5730 section 2.9.3): never sent a second time unasked. */
  readonly transform: boolean;
  /** Where the body decides it otherwise than RFC 5730 says of `op`. @param body that `check` has passed */
  isTransform?(body: Record<string, unknown>): boolean;
  readonly schema: z.ZodType<Record<string, unknown>>;
  /** Checks a body and fills in defaults. Throws CommandError. */
  check(body: unknown): Record<string, unknown>;
  /** The command's element, as in `<check>…</check>`, of a body that `check` has passed. */
  write(body: Record<string, unknown>): string;
  /** The body of a command's element; the registry's side. */
  read(element: XmlElement): Record<string, unknown>;
  /**
   * Of a command that EPP has no element for: the command that stands on the wire for it, of a body that `check` has passed.
   * A registry reads that one.
   */
  onTheWire?(body: Record<string, unknown>): Pick<EppCommand, 'object' | 'command' | 'body' | 'extensions'>;
}

export function commandName(object: EppObject | undefined, command: string): string {
  return object === undefined ? command : `${object}:${command}`;
}

/** A command on an object: `<check><domain:check>…</domain:check></check>`. */
export function objectCommand(
  object: EppObject,
  command: string,
  options: {
    schema: z.ZodType<Record<string, unknown>>;
    content: Content;
    transform?: boolean;
    /** `op` is an attribute of the outer element (transfer, RFC 5730 section 2.9.3.4). */
    op?: boolean;
  },
): CommandDefinition {
  const { schema, content, transform = false, op = false } = options;
  const uri = OBJECT_URIS[object];
  const prefix = `${object}:`;
  const declaration = ` xmlns:${object}="${uri}"`;
  return {
    object,
    command,
    transform,
    schema,
    check: checker(commandName(object, command), schema),
    write(body) {
      const written = content.write(body, prefix);
      const child = tag(`${prefix}${command}`, declaration + written.attributes, written.content);
      return tag(command, op ? ` op="${escapeXml(String(body.op))}"` : '', child);
    },
    read(element) {
      const child = elementsOf(element).find((candidate) => candidate.uri === uri);
      const body = (child ? content.read(child) : {}) as Record<string, unknown>;
      return op ? { op: attributeOf(element, 'op') ?? '', ...body } : body;
    },
  };
}

/** A command that EPP has no element for: another one stands on the wire for it, and is written and read. */
export function commandOnTheWire(
  object: EppObject,
  command: string,
  options: Pick<Required<CommandDefinition>, 'schema' | 'transform' | 'onTheWire'>,
): CommandDefinition {
  const name = commandName(object, command);
  const never = (): never => {
    throw new TypeError(`${name} has no element of its own`);
  };
  return { object, command, ...options, check: checker(name, options.schema), write: never, read: never };
}

/** A command of the session itself: its element stands in EPP's own namespace. */
export function sessionCommand(
  command: string,
  options: { schema: z.ZodType<Record<string, unknown>>; content: Content },
): CommandDefinition {
  const { schema, content } = options;
  return {
    object: undefined,
    command,
    transform: false,
    schema,
    check: checker(command, schema),
    write(body) {
      const written = content.write(body, '');
      return tag(command, written.attributes, written.content);
    },
    read: (element) => content.read(element) as Record<string, unknown>,
  };
}

function checker(name: string, schema: z.ZodType<Record<string, unknown>>) {
  return (body: unknown): Record<string, unknown> => {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new CommandError(
      name,
      parsed.error.issues.flatMap((issue) => issuesOf(issue)),
    );
  };
}

/** For schemas: a list of at least one, and not more than any registry would take. */
export const listOf = <S extends z.ZodType>(item: S) => z.array(item).min(1).max(10_000);
