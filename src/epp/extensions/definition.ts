/** What an extension of EPP is to this program (RFC 5730 section 2.7.3, RFC 3735): its JSON, and how that stands in XML. */
import type { z } from 'zod';
import type { Content } from '../mapping.ts';

/** What an extension adds to one command. */
export interface CommandExtension {
  /** Local name of its element below `<extension>`, as `update` of rgp. */
  readonly element: string;
  readonly schema: z.ZodType<Record<string, unknown>>;
  /** By the version's namespace where versions differ. */
  readonly content: Content | ((uri: string) => Content);
}

/** One extension, with all its versions. */
export interface ExtensionDefinition {
  /** Its key in the JSON of `extensions`: the extension's own name, as `secDNS`. */
  readonly name: string;
  /** The prefix that we write. */
  readonly prefix: string;
  /** A namespace for each version, the preferred one first. The first that the login has is written; without any, the first. */
  readonly uris: readonly string[];
  /** By the command's name, as `domain:create`. */
  readonly commands: Readonly<Record<string, CommandExtension>>;
  /** What stands in `<extension>` of a response, by local name. */
  readonly responses: Readonly<Record<string, Content | ((uri: string) => Content)>>;
}

export function contentFor(content: Content | ((uri: string) => Content), uri: string): Content {
  return typeof content === 'function' ? content(uri) : content;
}
