/** Reading XML that a caller of ours wrote. What a registry may be forgiven would go out to a registry here. */
import { parseXml, XmlError } from './xml.ts';
import type { XmlElement } from './xml-element.ts';
import { isXmlText } from './xml-write.ts';

const NOT_MARKUP = /<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>/g;
const UNKNOWN_ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/;

/**
 * The root element. Throws XmlError also on what `parseXml` mends or leaves: characters that XML forbids, entities that are
 * not known, prefixes that are not declared.
 */
export function parseXmlStrictly(xml: string): XmlElement {
  if (!isXmlText(xml)) throw new XmlError('the XML holds a character that XML forbids');
  const root = parseXml(xml);
  if (UNKNOWN_ENTITY.test(xml.replaceAll(NOT_MARKUP, ''))) {
    throw new XmlError('an "&" or an entity beyond the five of XML stands in it; write &amp;');
  }
  const prefix = undeclaredPrefix(root);
  if (prefix !== undefined) throw new XmlError(`the prefix "${prefix.slice(0, 64)}" is not declared`);
  return root;
}

function undeclaredPrefix(element: XmlElement): string | undefined {
  for (const { uri, prefix } of [element, ...element.attributes]) {
    if (prefix !== '' && uri === '') return prefix;
  }
  for (const child of element.children) {
    const prefix = typeof child === 'string' ? undefined : undeclaredPrefix(child);
    if (prefix !== undefined) return prefix;
  }
  return undefined;
}
