/** What a command as XML is, as far as the gateway has to know: which business it belongs to, and whether it changes something. Pure. */
import { readRaw } from '../epp/commands/raw.ts';
import { OBJECT_URIS } from '../epp/namespaces.ts';
import { elementsOf } from '../epp/xml-element.ts';
import { parseXmlStrictly } from '../epp/xml-strict.ts';

export interface RawKind {
  /** As `domain:create`; `poll`. */
  readonly operation: string;
  /** As `create`. */
  readonly command: string;
  readonly transform: boolean;
}

const OBJECT_OF_URI = new Map(Object.entries(OBJECT_URIS).map(([object, uri]) => [uri as string, object]));

/** Undefined where it cannot be read: adapters say what is wrong with it. @param contentType of the request */
export function rawKind(body: Buffer, contentType: string | undefined): RawKind | undefined {
  try {
    const text = body.toString();
    const json = /^application\/json\b/i.test(contentType ?? '')
      ? (JSON.parse(text) as { xml?: unknown; transform?: unknown })
      : { xml: text };
    const { verb, xml, transform } = readRaw(String(json.xml));
    const changes = transform || json.transform === true;
    if (verb === 'poll') return { operation: 'poll', command: verb, transform: changes };
    const [written] = elementsOf(parseXmlStrictly(xml));
    const [object] = written ? elementsOf(written) : [];
    const name = OBJECT_OF_URI.get(object?.uri ?? '');
    return name === undefined
      ? undefined
      : { operation: `${name}:${verb}`, command: verb, transform: changes };
  } catch {
    return undefined;
  }
}
