/** EPP commands and responses as JSON, after the terms of RFC 5730 to 5733. */

import type { OBJECT_URIS } from './namespaces.ts';

/** What commands are about: RFC 5731 to 5733, RFC 9167 (maintenance), and the account's balance (Verisign, Identity Digital). */
export type EppObject = keyof typeof OBJECT_URIS;

/**
 * Extensions by their name, as `secDNS`; `src/epp/extensions` has them all. `raw`: XML elements as strings, each declaring its
 * own namespace: in a command what has no name here, in a response what no definition knows.
 */
export interface EppExtensions {
  raw?: string[];
  [name: string]: unknown;
}

/** A command as a caller gives it: `body` is JSON after the RFC's own element names, checked by the schema of (object, command). */
export interface EppCommand {
  /** Undefined for session commands: hello, logout, poll. */
  object?: EppObject;
  command: string;
  body: Record<string, unknown>;
  /** Fresh for each attempt; made by the session where absent. */
  clTRID?: string;
  extensions?: EppExtensions;
}

/** One `<result>` (RFC 5730 section 2.6). */
export interface EppResult {
  code: number;
  message: string;
  lang?: string;
  /** `<value>` elements: the client's own elements that were wrong, as raw XML. */
  values?: string[];
  /** `<extValue>` elements. */
  extValues?: { value: string; reason: string }[];
}

/** What a registry said in a namespace that the login did not ask for (RFC 9038). */
export interface UnhandledNamespace {
  uri: string;
  reason: string;
  /** As in a response, where it is an object's data that we know. */
  dataType?: string;
  data?: Record<string, unknown>;
  /** As in a response, where it is an extension that we know. */
  extensions?: EppExtensions;
  /** As XML, where it is neither. */
  raw?: string;
}

export interface EppResponse {
  results: EppResult[];
  clTRID?: string;
  svTRID?: string;
  /** `<resData>` as JSON, by object and command; of a hello: the greeting. */
  data?: Record<string, unknown>;
  /** What `data` is, as in `domain:infData`: a poll message may hold any of them. */
  dataType?: string;
  /** Children of `<resData>` that no schema here knows, as raw XML strings. */
  rawData?: string[];
  /** `<msgQ>` (RFC 5730 section 2.6). */
  messageQueue?: { count: number; id: string; date?: string; message?: string };
  extensions?: EppExtensions;
  /** What could not be told otherwise to a login that did not ask for it; nothing is wrong. */
  unhandled?: UnhandledNamespace[];
  /** The whole document as it came; of a raw command alone. */
  xml?: string;
}

/** The code that counts: with several results all are errors, and the first is told. */
export function resultCode(response: EppResponse): number {
  return response.results[0]?.code ?? 0;
}
