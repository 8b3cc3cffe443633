/** How an answer says what stands in extensions: in the version that the client has, and not to a client that has none. */
import { EXTENSIONS, writeResponseExtension } from '../epp/extensions/catalogue.ts';
import { OBJECT_URIS } from '../epp/namespaces.ts';
import { type DataMapping, writeData } from '../epp/responses/data.ts';
import { POLL_MAPPINGS } from '../epp/responses/registry-data.ts';
import { UNHANDLED_NAMESPACES_URI, writeUnhandled } from '../epp/responses/unhandled.ts';
import type { Reply } from './replies.ts';

/** Whom an answer is for. */
export interface Listener {
  services: ReadonlySet<string>;
  /** Namespaces of the extensions in the command itself. */
  spoken?: readonly string[];
}

/** One extension of an answer: `element` of the extension `name`, as `infData` of `secDNS`. */
export interface Told {
  name: string;
  element: string;
  value: unknown;
}

type ToldParts = Pick<Reply, 'resData' | 'extension' | 'unhandled'>;

const URIS = new Map(EXTENSIONS.map(({ name, uris }) => [name, uris]));

/** The version of an extension that the client understands: the one that it has used, else the best of its login. */
export function versionFor({ services, spoken = [] }: Listener, name: string): string | undefined {
  const uris = URIS.get(name) ?? [];
  return uris.find((uri) => spoken.includes(uri)) ?? uris.find((uri) => services.has(uri));
}

export function tellExtensions(to: Listener, all: readonly Told[]): ToldParts {
  let extension = '';
  let unhandled = '';
  for (const { name, element, value } of all) {
    const uri = versionFor(to, name);
    if (uri !== undefined) extension += writeResponseExtension(name, element, value, uri);
    else if (to.services.has(UNHANDLED_NAMESPACES_URI)) {
      const newest = URIS.get(name)?.[0] ?? '';
      unhandled += writeUnhandled(newest, writeResponseExtension(name, element, value, newest));
    }
  }
  return { ...(extension === '' ? {} : { extension }), ...(unhandled === '' ? {} : { unhandled }) };
}

const uriOf = (mapping: DataMapping): string =>
  mapping in OBJECT_URIS
    ? OBJECT_URIS[mapping as keyof typeof OBJECT_URIS]
    : POLL_MAPPINGS[mapping as keyof typeof POLL_MAPPINGS].uri;

const RES_DATA = /^<resData>(.*)<\/resData>$/s;

/** An object's data in a poll message, which its client may not have asked for (RFC 9038 section 3). */
export function tellData(
  to: Listener,
  data: { mapping: DataMapping; name: string; value: Record<string, unknown> },
): ToldParts {
  const resData = writeData(data.mapping, data.name, data.value);
  const uri = uriOf(data.mapping);
  if (to.services.has(uri)) return { resData };
  if (!to.services.has(UNHANDLED_NAMESPACES_URI)) return {};
  return { unhandled: writeUnhandled(uri, RES_DATA.exec(resData)?.[1] ?? '') };
}
