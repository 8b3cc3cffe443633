/** Writing XML: strict, because every frame that we send must be valid. */
import { XMLNS_URI, type XmlElement } from './xml-element.ts';

const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const MARKUP = new Uint8Array(128);
for (const c of Object.keys(ESCAPES)) MARKUP[c.charCodeAt(0)] = 1;
/** Characters that XML 1.0 section 2.2 forbids, lone surrogates included. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u;

/** Text and attribute values alike. Throws RangeError on what cannot stand in XML; the schemas refuse it before. */
export function escapeXml(text: string): string {
  if (isPlain(text)) return text;
  if (FORBIDDEN.test(text)) throw new RangeError('the text holds a character that XML forbids');
  return /[&<>"]/.test(text) ? text.replaceAll(/[&<>"]/g, (c) => ESCAPES[c] ?? c) : text;
}

/** Printable ASCII without markup, as names and ids are. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || MARKUP[code] === 1) return false;
  }
  return true;
}

/** `attributes` as escaped ` name="value"` text; `content` as XML. */
export function tag(name: string, attributes: string, content: string): string {
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

export function document(content: string): string {
  return `${XML_DECLARATION}<epp xmlns="urn:ietf:params:xml:ns:epp-1.0">${content}</epp>`;
}

/** True for text that may stand in XML. */
export function isXmlText(text: string): boolean {
  return !FORBIDDEN.test(text);
}

/**
 * An element that was read, as XML of its own: the declarations of the prefixes it uses are taken along. (A prefix used in
 * a value alone, as in xsi:type, is taken along only where the element itself declares it.)
 * @param defaultNamespace of the place where it will stand
 */
export function rawXml(element: XmlElement, defaultNamespace = ''): string {
  const scope = new Map([
    ['xml', 'http://www.w3.org/XML/1998/namespace'],
    ['', defaultNamespace],
  ]);
  return raw(element, scope);
}

/** What stands inside an element, as rawXml writes it. */
export function rawContent(element: XmlElement): string {
  return element.children
    .map((child) => (typeof child === 'string' ? escapeXml(child) : rawXml(child)))
    .join('')
    .trim();
}

function raw(element: XmlElement, outer: ReadonlyMap<string, string>): string {
  const scope = new Map(outer);
  let attributes = '';
  for (const { uri, prefix, local, value } of element.attributes) {
    if (uri === XMLNS_URI) {
      const declared = prefix === '' ? '' : local;
      if (scope.get(declared) === value) continue;
      scope.set(declared, value);
    }
    attributes += ` ${prefix === '' ? '' : `${prefix}:`}${local}="${escapeXml(value)}"`;
  }
  const prefixed = element.attributes.filter((attribute) => attribute.prefix !== '');
  for (const { uri, prefix } of [element, ...prefixed]) {
    if (uri === XMLNS_URI || (scope.get(prefix) ?? '') === uri) continue;
    if (uri === '' && prefix !== '') continue; // it was not declared where we read it either
    scope.set(prefix, uri);
    attributes += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeXml(uri)}"`;
  }
  const content = element.children
    .map((child) => (typeof child === 'string' ? escapeXml(child) : raw(child, scope)))
    .join('');
  return tag(
    element.prefix === '' ? element.local : `${element.prefix}:${element.local}`,
    attributes,
    content,
  );
}
