/** The one pass over a document; see `xml.ts`. */
import { beginsName, continuesName, dereferenced } from './xml-characters.ts';
import type { XmlElement } from './xml-element.ts';
import { declare, meaning, type OpenAttribute, resolve, type Scope } from './xml-namespaces.ts';

export interface XmlLimits {
  maxDepth: number;
  maxElements: number;
  maxAttributes: number;
}

/** XML that is not well-formed, or more than we accept. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

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

const NO_ATTRIBUTES: readonly OpenAttribute[] = [];

export class Scanner {
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
    let plain = true;
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === LT) this.#fail(`"<" stands in the value of ${attribute} in <${tag}>`);
      if (code < 0x20 || code === AMPERSAND) plain = false;
    }
    this.#at = end + 1;
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
    if (!beginsName(code)) this.#fail('a name was expected');
    do code = text.charCodeAt(++at);
    while (continuesName(code));
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
    return dereferenced(text);
  }
}

function addText({ children }: OpenElement, text: string): void {
  const last = children[children.length - 1];
  if (typeof last === 'string') children[children.length - 1] = last + text;
  else if (text !== '') children.push(text);
}
