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
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 120)).toString('latin1');
  const encoding = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1]?.toLowerCase();
  if (encoding === undefined || encoding === 'utf-8' || encoding === 'us-ascii') return UTF8.decode(body);
  try {
    return new TextDecoder(encoding).decode(body);
  } catch {
    throw new XmlError(`the XML declares the encoding ${encoding}, which cannot be read here; EPP is UTF-8`);
  }
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

type Scope = ReadonlyMap<string, string>;
interface OpenElement {
  element: XmlElement & { children: (XmlElement | string)[] };
  name: string;
  scope: Scope;
}
interface RawAttribute {
  prefix: string;
  local: string;
  value: string;
}

class Scanner {
  readonly #text: string;
  readonly #limits: XmlLimits;
  #at = 0;
  #elements = 0;
  /** Prefix and local part of the name read last. */
  #prefix = '';
  #local = '';

  constructor(text: string, limits: XmlLimits) {
    this.#text = text;
    this.#limits = limits;
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
    const stack: OpenElement[] = [];
    const first = this.#startTag(new Map(), 0);
    if (first.closed) return first.open.element;
    stack.push(first.open);
    for (;;) {
      const top = stack[stack.length - 1] as OpenElement;
      const next = text.indexOf('<', this.#at);
      if (next < 0) this.#fail(`the document ends inside <${top.name}>`);
      if (next > this.#at) this.#addText(top, this.#decode(text.slice(this.#at, next)));
      this.#at = next;
      const code = text.charCodeAt(next + 1);
      if (code === SLASH) {
        this.#endTag(top);
        stack.pop();
        if (stack.length === 0) return top.element;
      } else if (code === BANG) {
        if (text.startsWith('<![CDATA[', next)) this.#addText(top, this.#cdata());
        else if (text.startsWith('<!--', next)) this.#comment();
        else this.#declaration();
      } else if (code === QUESTION) {
        this.#instruction();
      } else {
        const { open, closed } = this.#startTag(top.scope, stack.length);
        top.element.children.push(open.element);
        if (!closed) stack.push(open);
      }
    }
  }

  #addText(open: OpenElement, text: string): void {
    const children = open.element.children;
    const last = children[children.length - 1];
    if (typeof last === 'string') children[children.length - 1] = last + text;
    else if (text !== '') children.push(text);
  }

  #startTag(parent: Scope, depth: number): { open: OpenElement; closed: boolean } {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== LT) this.#fail('a start tag was expected');
    if (text.charCodeAt(this.#at + 1) === BANG) this.#declaration();
    if (depth >= this.#limits.maxDepth) this.#fail(`more than ${this.#limits.maxDepth} elements are nested`);
    if (++this.#elements > this.#limits.maxElements)
      this.#fail(`more than ${this.#limits.maxElements} elements`);
    this.#at++;
    const start = this.#at;
    this.#name();
    const name = text.slice(start, this.#at);
    const prefix = this.#prefix;
    const local = this.#local;
    const raw = this.#attributes(name);
    const scope = declare(raw, parent);
    const attributes = raw.map((attribute) => resolveAttribute(attribute, scope));
    const element = { uri: scope.get(prefix) ?? '', prefix, local, attributes, children: [] };
    let closed = false;
    if (text.charCodeAt(this.#at) === SLASH) {
      closed = true;
      this.#at++;
    }
    if (text.charCodeAt(this.#at) !== GT) this.#fail(`the tag <${name}> does not end with ">"`);
    this.#at++;
    return { open: { element, name, scope }, closed };
  }

  #endTag(top: OpenElement): void {
    const text = this.#text;
    if (!text.startsWith(top.name, this.#at + 2)) this.#fail(`<${top.name}> is closed by another tag`);
    this.#at += 2 + top.name.length;
    this.#spaces();
    if (text.charCodeAt(this.#at) !== GT) this.#fail(`<${top.name}> is closed by another tag`);
    this.#at++;
  }

  #attributes(tag: string): RawAttribute[] {
    const text = this.#text;
    const attributes: RawAttribute[] = [];
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
      const quote = text[this.#at];
      if (quote !== '"' && quote !== "'") this.#fail(`the value of ${local} in <${tag}> is not quoted`);
      const end = text.indexOf(quote, this.#at + 1);
      if (end < 0) this.#fail(`the value of ${local} in <${tag}> does not end`);
      const source = text.slice(this.#at + 1, end);
      if (source.includes('<')) this.#fail(`"<" stands in the value of ${local} in <${tag}>`);
      const value = this.#decode(source.replaceAll(/[\t\r\n]/g, ' '));
      this.#at = end + 1;
      if (attributes.some((other) => other.local === local && other.prefix === prefix)) {
        this.#fail(`the attribute ${local} of <${tag}> is repeated`);
      }
      attributes.push({ prefix, local, value });
    }
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
    let code = text.charCodeAt(start);
    if (!(code >= 128 || ((CLASSES[code] ?? 0) & NAME_START) !== 0)) this.#fail('a name was expected');
    do code = text.charCodeAt(++this.#at);
    while (code >= 128 || ((CLASSES[code] ?? 0) & NAME_CHAR) !== 0);
    return text.slice(start, this.#at);
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
    const text = source.includes('\r') ? source.replaceAll(/\r\n?/g, '\n') : source;
    if (!text.includes('&')) return text;
    return text.replaceAll(/&([^;&\s]{1,20});/g, dereference);
  }
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

/** The scope inside an element: the parent's own where the element declares nothing. */
function declare(attributes: readonly RawAttribute[], parent: Scope): Scope {
  let scope: Map<string, string> | undefined;
  for (const { prefix, local, value } of attributes) {
    if (prefix !== 'xmlns' && !(prefix === '' && local === 'xmlns')) continue;
    scope ??= new Map(parent);
    scope.set(prefix === '' ? '' : local, value);
  }
  return scope ?? parent;
}

function resolveAttribute({ prefix, local, value }: RawAttribute, scope: Scope): XmlAttribute {
  if (prefix === 'xmlns' || (prefix === '' && local === 'xmlns'))
    return { uri: XMLNS_URI, prefix, local, value };
  if (prefix === 'xml') return { uri: XML_URI, prefix, local, value };
  return { uri: prefix === '' ? '' : (scope.get(prefix) ?? ''), prefix, local, value };
}
