/**
 * A reader for the XML that EPP peers send: namespace-aware, without DTDs and without entities beyond the five (RFC 5730
 * section 2: no DTD is needed; every one is refused, so no entity can grow or fetch anything), bounded in depth and size,
 * one pass. Tolerant where a registry's mistake does no harm: forbidden control characters become U+FFFD, an undeclared
 * prefix is an unknown namespace, a bare "&" or an unknown entity stays as it is written. (A poll message that could not
 * be read could not be acknowledged either, and would block the queue behind it.)
 */
import { withoutForbidden } from './xml-characters.ts';
import type { XmlElement } from './xml-element.ts';
import { Scanner, XmlError, type XmlLimits } from './xml-scanner.ts';

export { XmlError, type XmlLimits } from './xml-scanner.ts';

export const DEFAULT_XML_LIMITS: XmlLimits = { maxDepth: 64, maxElements: 100_000, maxAttributes: 100 };

/** The document's root element. Throws XmlError and nothing else. */
export function parseXml(source: string, limits: XmlLimits = DEFAULT_XML_LIMITS): XmlElement {
  return new Scanner(withoutForbidden(source), limits).document();
}

/** Text of a frame's body: UTF-8 or UTF-16 (RFC 5730 section 5), or what the XML declaration names. Throws XmlError. */
export function decodeXml(body: Uint8Array): string {
  if (body[0] === 0xfe && body[1] === 0xff) return new TextDecoder('utf-16be').decode(body);
  if (body[0] === 0xff && body[1] === 0xfe) return new TextDecoder('utf-16le').decode(body);
  if (isDeclaredUtf8(body)) return UTF8.decode(body);
  const encoding = declaredEncoding(body) ?? '';
  try {
    return new TextDecoder(encoding).decode(body);
  } catch {
    throw new XmlError(`the XML declares the encoding ${encoding}, which cannot be read here; EPP is UTF-8`);
  }
}

/** The same for people to look at, whatever is wrong with it: in an unknown encoding, a character for each byte. */
export function textOfUnreadable(body: Uint8Array): string {
  try {
    return decodeXml(body);
  } catch {
    return Buffer.from(body).toString('latin1');
  }
}

/** True where the XML declaration says so, or says nothing. */
export function isDeclaredUtf8(body: Uint8Array): boolean {
  const encoding = declaredEncoding(body);
  return encoding === undefined || encoding === 'utf-8' || encoding === 'us-ascii';
}

/** What the XML declaration names, in lower case. */
function declaredEncoding(body: Uint8Array): string | undefined {
  if (body[0] === LT && body[1] !== QUESTION) return undefined;
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 120)).toString('latin1');
  return /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1]?.toLowerCase();
}

const UTF8 = new TextDecoder('utf-8');

const LT = 0x3c;
const QUESTION = 0x3f;
