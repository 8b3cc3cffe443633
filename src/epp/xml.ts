/**
 * A reader for the XML that EPP peers send: namespace-aware, without DTDs and without entities beyond the five (RFC 5730
 * section 2: no DTD is needed; every one is refused, so no entity can grow or fetch anything), bounded in depth and size,
 * one pass. Tolerant where a registry's mistake does no harm: forbidden control characters become U+FFFD, an undeclared
 * prefix is an unknown namespace, a bare "&" or an unknown entity stays as it is written. (A poll message that could not
 * be read could not be acknowledged either, and would block the queue behind it.)
 */
import { XMLNS_URI, type XmlAttribute, type XmlElement } from './xml-element.ts';

export interface XmlLimits {
  maxDepth: number;
  maxElements: number;
  maxAttributes: number;
}

const XML_URI = 'http://www.w3.org/XML/1998/namespace';
export const DEFAULT_XML_LIMITS: XmlLimits = { maxDepth: 64, maxElements: 100_000, maxAttributes: 100 };

/** XML that is not well-formed, or more than we accept. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** The document's root element. Throws XmlError and nothing else. */
export function parseXml(source: string, limits: XmlLimits = DEFAULT_XML_LIMITS): XmlElement {
  const text = source.toWellFormed();
  return new Scanner(
    FORBIDDEN.test(text) ? text.replaceAll(ALL_FORBIDDEN, '\ufffd') : text,
    limits,
  ).document();
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
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about (XML 1.0 section 2.2)
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const ALL_FORBIDDEN = new RegExp(FORBIDDEN, 'g');

const NAME_START = 1;
const NAME_CHAR = 2;
/** What each ASCII character may be in a name without colon (XML names 1.0); all above ASCII are taken. */
const CLASSES = new Uint8Array(128);
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_')
  CLASSES[c.charCodeAt(0)] = NAME_START | NAME_CHAR;
for (const c of '0123456789.-') CLASSES[c.charCodeAt(0)] = NAME_CHAR;

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;
const COLON = 0x3a;
const EQUALS = 0x3d;
const AMPERSAND = 0x26;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;

interface OpenElement extends XmlElement {
  children: (XmlElement | string)[];
}
interface OpenAttribute extends XmlAttribute {
  uri: string;
}

const NO_ATTRIBUTES: readonly OpenAttribute[] = [];

class Scanner {
  readonly #text: string;
  readonly #limits: XmlLimits;
  /** Looked for once in the whole, and not in each text. */
  readonly #hasReturns: boolean;
  readonly #hasReferences: boolean;
  #at = 0;
  #elements = 0;
  /** Of the elements that are open: themselves, their names as written, and what prefixes mean inside. */
  readonly #open: OpenElement[] = [];
  readonly #names: string[] = [];
  readonly #scopes: (Scope | undefined)[] = [];
  /** Of the name read last. */
  #prefix = '';
  #local = '';

  constructor(text: string, limits: XmlLimits) {
    this.#text = text;
    this.#limits = limits;
    this.#hasReturns = text.includes('\r');
    this.#hasReferences = text.includes('&');
  }

  document(): XmlElement {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    this.#misc();
    if (this.#at >= this.#text.length) this.#fail('the document is empty');
    const root = this.#tree();
    this.#misc();
    if (this.#at < this.#text.length) this.#fail('something stands after the root element');
    return root;
  }

  #fail(what: string): never {
    throw new XmlError(`${what} (at character ${this.#at} of ${this.#text.length})`);
  }

  /** Spaces, comments and processing instructions around the root. */
  #misc(): void {
    for (;;) {
      this.#spaces();
      if (this.#text.startsWith('<!--', this.#at)) this.#comment();
      else if (this.#text.startsWith('<?', this.#at)) this.#instruction();
      else return;
    }
  }

  #tree(): XmlElement {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== LT) this.#fail('a start tag was expected');
    if (text.charCodeAt(this.#at + 1) === BANG) this.#declaration();
    const root = this.#element(undefined);
    for (let depth = this.#open.length; depth > 0; depth = this.#open.length) {
      const top = this.#open[depth - 1] as OpenElement;
      const next = text.indexOf('<', this.#at);
      if (next < 0) this.#fail(`the document ends inside <${this.#names[depth - 1]}>`);
      if (next > this.#at) addText(top, this.#decode(text.slice(this.#at, next)));
      this.#at = next;
      const code = text.charCodeAt(next + 1);
      if (code === SLASH) {
        this.#endTag(this.#names[depth - 1] as string);
      } else if (code === BANG) {
        if (text.startsWith('<![CDATA[', next)) addText(top, this.#cdata());
        else if (text.startsWith('<!--', next)) this.#comment();
        else this.#declaration();
      } else if (code === QUESTION) {
        this.#instruction();
      } else {
        top.children.push(this.#element(this.#scopes[depth - 1]));
      }
    }
    return root;
  }

  /** From its "<". Open afterwards, unless it is empty or holds nothing but text. */
  #element(parent: Scope | undefined): XmlElement {
    const text = this.#text;
    if (this.#open.length >= this.#limits.maxDepth) {
      this.#fail(`more than ${this.#limits.maxDepth} elements are nested`);
    }
    if (++this.#elements > this.#limits.maxElements) {
      this.#fail(`more than ${this.#limits.maxElements} elements`);
    }
    const start = ++this.#at;
    this.#name();
    const prefix = this.#prefix;
    const local = this.#local;
    const name = prefix === '' ? local : text.slice(start, this.#at);
    let attributes = NO_ATTRIBUTES;
    let scope = parent;
    if (text.charCodeAt(this.#at) !== GT) {
      attributes = this.#attributes(name);
      scope = declare(attributes, parent);
      resolve(attributes, scope);
    }
    const element: OpenElement = { uri: meaning(scope, prefix), prefix, local, attributes, children: [] };
    if (text.charCodeAt(this.#at) === SLASH) {
      this.#at++;
      if (text.charCodeAt(this.#at) !== GT) this.#fail(`the tag <${name}> does not end with ">"`);
      this.#at++;
      return element;
    }
    this.#at++;
    if (!this.#textOnly(element, name)) {
      this.#open.push(element);
      this.#names.push(name);
      this.#scopes.push(scope);
    }
    return element;
  }

  /** The rest of an element that holds nothing but text: most do. False: nothing was read. */
  #textOnly(element: OpenElement, name: string): boolean {
    const text = this.#text;
    const start = this.#at;
    const end = text.indexOf('<', start);
    if (end < 0 || text.charCodeAt(end + 1) !== SLASH) return false;
    if (!text.startsWith(name, end + 2) || text.charCodeAt(end + 2 + name.length) !== GT) return false;
    this.#at = end + name.length + 3;
    if (end > start) element.children = [this.#decode(text.slice(start, end))];
    return true;
  }

  #endTag(name: string): void {
    const text = this.#text;
    if (!text.startsWith(name, this.#at + 2)) this.#fail(`<${name}> is closed by another tag`);
    this.#at += 2 + name.length;
    this.#spaces();
    if (text.charCodeAt(this.#at) !== GT) this.#fail(`<${name}> is closed by another tag`);
    this.#at++;
    this.#open.pop();
    this.#names.pop();
    this.#scopes.pop();
  }

  /** Up to the tag's ">" or "/". The attributes' own namespaces come later. */
  #attributes(tag: string): readonly OpenAttribute[] {
    const text = this.#text;
    const attributes: OpenAttribute[] = [];
    for (;;) {
      const before = this.#at;
      this.#spaces();
      const code = text.charCodeAt(this.#at);
      if (code === GT || code === SLASH) return attributes;
      if (this.#at >= text.length) this.#fail(`the document ends inside the tag <${tag}`);
      if (before === this.#at) this.#fail(`a space is missing in the tag <${tag}`);
      if (attributes.length >= this.#limits.maxAttributes) this.#fail(`<${tag}> has too many attributes`);
      this.#name();
      const prefix = this.#prefix;
      const local = this.#local;
      this.#spaces();
      if (text.charCodeAt(this.#at) !== EQUALS) this.#fail(`the attribute ${local} of <${tag}> has no value`);
      this.#at++;
      this.#spaces();
      const value = this.#value(tag, local);
      for (const other of attributes) {
        if (other.local === local && other.prefix === prefix) {
          this.#fail(`the attribute ${local} of <${tag}> is repeated`);
        }
      }
      attributes.push({ uri: '', prefix, local, value });
    }
  }

  #value(tag: string, attribute: string): string {
    const text = this.#text;
    const quote = text.charCodeAt(this.#at);
    if (quote !== QUOTE && quote !== APOSTROPHE) {
      this.#fail(`the value of ${attribute} in <${tag}> is not quoted`);
    }
    const start = this.#at + 1;
    const end = text.indexOf(quote === QUOTE ? '"' : "'", start);
    if (end < 0) this.#fail(`the value of ${attribute} in <${tag}> does not end`);
    this.#at = end + 1;
    let plain = true;
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === LT) this.#fail(`"<" stands in the value of ${attribute} in <${tag}>`);
      if (code < 0x20 || code === AMPERSAND) plain = false;
    }
    const value = text.slice(start, end);
    return plain ? value : this.#decode(value.replaceAll(/[\t\r\n]/g, ' '));
  }

  /** A name with at most one colon, into #prefix and #local. */
  #name(): void {
    const first = this.#part();
    if (this.#text.charCodeAt(this.#at) === COLON) {
      this.#at++;
      this.#prefix = first;
      this.#local = this.#part();
    } else {
      this.#prefix = '';
      this.#local = first;
    }
  }

  #part(): string {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let code = text.charCodeAt(at);
    if (!(code >= 128 || ((CLASSES[code] ?? 0) & NAME_START) !== 0)) this.#fail('a name was expected');
    do code = text.charCodeAt(++at);
    while (code >= 128 || ((CLASSES[code] ?? 0) & NAME_CHAR) !== 0);
    this.#at = at;
    return text.slice(start, at);
  }

  #spaces(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #comment(): void {
    const end = this.#text.indexOf('-->', this.#at + 4);
    if (end < 0) this.#fail('a comment does not end');
    this.#at = end + 3;
  }

  #instruction(): void {
    const end = this.#text.indexOf('?>', this.#at + 2);
    if (end < 0) this.#fail('a processing instruction does not end');
    this.#at = end + 2;
  }

  #cdata(): string {
    const start = this.#at + '<![CDATA['.length;
    const end = this.#text.indexOf(']]>', start);
    if (end < 0) this.#fail('a CDATA section does not end');
    this.#at = end + 3;
    return this.#text.slice(start, end);
  }

  #declaration(): never {
    this.#fail('a DOCTYPE or another declaration; none is accepted in EPP');
  }

  #decode(source: string): string {
    const text = this.#hasReturns && source.includes('\r') ? source.replaceAll(/\r\n?/g, '\n') : source;
    if (!this.#hasReferences || !text.includes('&')) return text;
    return text.replaceAll(/&([^;&\s]{1,20});/g, dereference);
  }
}

function addText({ children }: OpenElement, text: string): void {
  const last = children[children.length - 1];
  if (typeof last === 'string') children[children.length - 1] = last + text;
  else if (text !== '') children.push(text);
}

/** A character reference or one of the five entities; anything else stays as it is written, and expands to nothing. */
function dereference(written: string, name: string): string {
  const known = ENTITIES.get(name);
  if (known !== undefined) return known;
  const number = /^#(?:x([\da-fA-F]+)|(\d+))$/.exec(name);
  if (!number) return written;
  const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd';
  const character = String.fromCodePoint(code);
  return FORBIDDEN.test(character) ? '\ufffd' : character;
}

const ENTITIES = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** What prefixes mean: a chain of declarations, the innermost first. Most documents have two or three. */
interface Scope {
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
function declare(attributes: readonly XmlAttribute[], parent: Scope | undefined): Scope | undefined {
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
function meaning(scope: Scope | undefined, prefix: string): string {
  for (let at = scope; at; at = at.outer) {
    if (at.all) return at.all.get(prefix) ?? '';
    if (at.prefix === prefix) return at.uri;
  }
  return '';
}

/** Gives attributes their namespaces. One without a prefix has none. */
function resolve(attributes: readonly OpenAttribute[], scope: Scope | undefined): void {
  for (const attribute of attributes) {
    if (isDeclaration(attribute)) attribute.uri = XMLNS_URI;
    else if (attribute.prefix === 'xml') attribute.uri = XML_URI;
    else if (attribute.prefix !== '') attribute.uri = meaning(scope, attribute.prefix);
  }
}
