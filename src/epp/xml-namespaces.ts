/** What prefixes mean (Namespaces in XML 1.0), while a document is read. */
import { XMLNS_URI, type XmlAttribute } from './xml-element.ts';

const XML_URI = 'http://www.w3.org/XML/1998/namespace';

/** An attribute whose namespace is still to be found. */
export interface OpenAttribute extends XmlAttribute {
  uri: string;
}

/** A chain of declarations, the innermost first. Most documents have two or three. */
export interface Scope {
  readonly prefix: string;
  readonly uri: string;
  readonly outer: Scope | undefined;
  /** Declarations in the chain down from here, up to one that knows `all`. */
  readonly length: number;
  /** Instead of a chain, where that would be long to walk. */
  readonly all: ReadonlyMap<string, string> | undefined;
}

const LONGEST_CHAIN = 8;

const isDeclaration = ({ prefix, local }: XmlAttribute) =>
  prefix === 'xmlns' || (prefix === '' && local === 'xmlns');

/** The scope inside an element: the parent's own where the element declares nothing. */
export function declare(attributes: readonly XmlAttribute[], parent: Scope | undefined): Scope | undefined {
  let scope = parent;
  for (const attribute of attributes) {
    if (!isDeclaration(attribute)) continue;
    const prefix = attribute.prefix === '' ? '' : attribute.local;
    scope = { prefix, uri: attribute.value, outer: scope, length: (scope?.length ?? 0) + 1, all: undefined };
  }
  if (scope === undefined || scope === parent || scope.length <= LONGEST_CHAIN) return scope;
  return { prefix: '', uri: '', outer: undefined, length: 0, all: allOf(scope) };
}

function allOf(scope: Scope): Map<string, string> {
  const declarations: Scope[] = [];
  let outermost: Scope | undefined = scope;
  for (; outermost && !outermost.all; outermost = outermost.outer) declarations.push(outermost);
  const all = new Map(outermost?.all);
  for (const { prefix, uri } of declarations.reverse()) all.set(prefix, uri);
  return all;
}

/** Empty where the prefix is not declared. */
export function meaning(scope: Scope | undefined, prefix: string): string {
  for (let at = scope; at; at = at.outer) {
    if (at.all) return at.all.get(prefix) ?? '';
    if (at.prefix === prefix) return at.uri;
  }
  return '';
}

/** Gives attributes their namespaces. One without a prefix has none. */
export function resolve(attributes: readonly OpenAttribute[], scope: Scope | undefined): void {
  for (const attribute of attributes) {
    if (isDeclaration(attribute)) attribute.uri = XMLNS_URI;
    else if (attribute.prefix === 'xml') attribute.uri = XML_URI;
    else if (attribute.prefix !== '') attribute.uri = meaning(scope, attribute.prefix);
  }
}
