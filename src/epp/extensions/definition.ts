/** What an extension of EPP is to this program (RFC 5730 section 2.7.3, RFC 3735): its JSON, and how that stands in XML. */
import type { z } from 'zod';
import type { CommandIssue } from '../commands/issues.ts';
import type { Content } from '../mapping.ts';
import type { XmlElement } from '../xml-element.ts';

/** What an extension adds to one command. */
export interface CommandExtension {
  /** Local name of its element below `<extension>`, as `update` of rgp. */
  readonly element: string;
  readonly schema: z.ZodType;
  /** By the version's namespace where versions differ. */
  readonly content: Content | ((uri: string) => Content);
  /** A second element that may stand instead of the first, where the extension's schema gives a choice of two. */
  readonly instead?: WholeElement;
  /** What is wrong with a value beside this body: what no schema of one of them sees. Paths from the command's root. */
  check?(value: unknown, body: Readonly<Record<string, unknown>>): CommandIssue[];
  /** What of a value this version cannot say. Paths below the extension. */
  refuse?(value: unknown, uri: string): CommandIssue[];
  /** The value as one version writes it, where that takes something of the command's body; `lift` is the way back. */
  lower?(value: unknown, uri: string, body: Readonly<Record<string, unknown>>): unknown;
  lift?(value: unknown, uri: string, body: Readonly<Record<string, unknown>>): unknown;
}

/** An element that is written and read as a whole. */
export interface WholeElement {
  readonly element: string;
  /** True for values that are written this way. */
  when(value: unknown): boolean;
  write(value: unknown): string;
  read(element: XmlElement): unknown;
}

/** One extension, with all its versions. */
export interface ExtensionDefinition {
  /** Its key in the JSON of `extensions`: the extension's own name, as `secDNS`. */
  readonly name: string;
  /** The prefix that we write. */
  readonly prefix: string;
  /**
   * A namespace for each version, the preferred one first. Of those that the login has, the first that can say all is
   * written; without any, the first.
   */
  readonly uris: readonly string[];
  /** By the command's name, as `domain:create`. */
  readonly commands: Readonly<Record<string, CommandExtension>>;
  /** What stands in `<extension>` of a response, by local name. */
  readonly responses: Readonly<Record<string, Content | ((uri: string) => Content)>>;
}

export function contentFor(content: Content | ((uri: string) => Content), uri: string): Content {
  return typeof content === 'function' ? content(uri) : content;
}
