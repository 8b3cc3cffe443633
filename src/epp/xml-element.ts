/** XML that was read, and ways to look into it. */

export const XMLNS_URI = 'http://www.w3.org/2000/xmlns/';

export interface XmlAttribute {
  readonly uri: string;
  readonly prefix: string;
  readonly local: string;
  readonly value: string;
}

export interface XmlElement {
  /** Namespace; empty when there is none or the prefix was not declared. */
  readonly uri: string;
  readonly prefix: string;
  readonly local: string;
  /** In document order, namespace declarations included (their `uri` is XMLNS_URI). */
  readonly attributes: readonly XmlAttribute[];
  /** Elements and decoded text; comments and processing instructions are dropped. */
  readonly children: readonly (XmlElement | string)[];
}

/** The first child element of that name in the parent's own namespace. */
export function childOf(parent: XmlElement, local: string, uri = parent.uri): XmlElement | undefined {
  for (const child of parent.children) {
    if (typeof child !== 'string' && child.local === local && child.uri === uri) return child;
  }
  return undefined;
}

export function childrenOf(parent: XmlElement, local: string, uri = parent.uri): XmlElement[] {
  const found: XmlElement[] = [];
  for (const child of parent.children) {
    if (typeof child !== 'string' && child.local === local && child.uri === uri) found.push(child);
  }
  return found;
}

export function elementsOf(parent: XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  for (const child of parent.children) if (typeof child !== 'string') found.push(child);
  return found;
}

/** All text inside, that of elements too, as it stands. */
export function exactTextOf(element: XmlElement): string {
  const { children } = element;
  const only = children[0];
  if (children.length === 1 && typeof only === 'string') return only;
  return children.map((child) => (typeof child === 'string' ? child : exactTextOf(child))).join('');
}

/** All text inside, without the spaces around it, and with runs of spaces as one (XML Schema's token). */
export function textOf(element: XmlElement): string {
  const text = exactTextOf(element).trim();
  return /[\t\n\r]| {2}/.test(text) ? text.replaceAll(/[ \t\n\r]+/g, ' ') : text;
}

/** The value of an attribute without namespace. */
export function attributeOf(element: XmlElement, local: string): string | undefined {
  for (const attribute of element.attributes) {
    if (attribute.local === local && attribute.uri === '') return attribute.value;
  }
  return undefined;
}
