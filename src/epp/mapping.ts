/**
 * How JSON stands in EPP's XML. A structure is described once, in the order of its XML schema, and is written and read by
 * that one description. The rules of the JSON:
 *
 * - names are the RFC's element and attribute names; an element that may be repeated is a list under its plural (`name` →
 *   `names`, `status` → `statuses`); `cd` of a check, `dsData` and `keyData` stay as they are;
 * - an element that holds one repeated element and nothing else is that list (`<tlds><tld>…` → `tlds: […]`);
 * - an element with text and attributes is an object, with a name for its text (`{unit: 'y', value: 1}`): `value` for what
 *   machines read, `text` for what people read; where the element says which thing all is about, its attributes stand beside
 *   it (`<name avail="1">a.com</name>` → `{name: 'a.com', avail: true}`);
 * - amounts of money are strings, as they were written;
 * - what is absent in XML is absent in JSON; unknown elements are left out.
 */
import { attributeOf, childOf, childrenOf, exactTextOf, textOf, type XmlElement } from './xml-element.ts';
import { escapeXml, rawContent, tag } from './xml-write.ts';

/** The inside of an element: escaped ` name="value"` attributes, and XML. */
interface Written {
  attributes: string;
  content: string;
}

/** What an element holds: its attributes and its content as one JSON value. */
export interface Content {
  /** @param prefix what child elements are written with, colon included; empty for the default namespace */
  write(value: unknown, prefix: string): Written;
  read(element: XmlElement): unknown;
}

type JsonObject = Record<string, unknown>;

/** A part of an object: an attribute, the element's own text, or child elements. */
export interface Field {
  write(object: JsonObject, prefix: string, out: Written): void;
  read(element: XmlElement, into: JsonObject): void;
}

const inner = (content: string): Written => ({ attributes: '', content });

/** A token: spaces around and within it do not count. */
export const text: Content = {
  write: (value) => inner(escapeXml(String(value))),
  read: textOf,
};

/** Text in which every character counts (authInfo). */
export const exactText: Content = {
  write: (value) => inner(escapeXml(String(value))),
  read: exactTextOf,
};

export const integer: Content = {
  write: (value) => inner(String(value)),
  read: (element) => numberOf(textOf(element)),
};

export const boolean: Content = {
  write: (value) => inner(value === true ? '1' : '0'),
  read: (element) => booleanOf(textOf(element)),
};

/** An empty element that says something by being there: `true`. */
export const presence: Content = {
  write: () => inner(''),
  read: () => true,
};

/** A text that an empty element takes away: `null`. */
export const removableText: Content = {
  write: (value) => inner(value === null ? '' : escapeXml(String(value))),
  read: (element) => textOf(element) || null,
};

/** Base64: read without the spaces and line breaks that may stand in it. */
export const base64: Content = {
  write: (value) => inner(escapeXml(String(value))),
  read: (element) => exactTextOf(element).replaceAll(/\s/g, ''),
};

/** A number that an empty element takes away: `null`. */
export const removableInteger: Content = {
  write: (value) => inner(value === null ? '' : String(value)),
  read: (element) => {
    const written = textOf(element);
    return written === '' ? null : numberOf(written);
  },
};

/** Whatever stands inside, as XML. Read only: we write nothing that no schema of ours has checked. */
export const rawInside: Content = {
  write: () => {
    throw new TypeError('raw XML is read only');
  },
  read: rawContent,
};

/** An element with fields: a JSON object. */
export function record(...fields: readonly Field[]): Content {
  return {
    write(value, prefix) {
      const out = inner('');
      for (const field of fields) field.write(value as JsonObject, prefix, out);
      return out;
    },
    read(element) {
      const into: JsonObject = {};
      for (const field of fields) field.read(element, into);
      return into;
    },
  };
}

/** An element that holds one child and nothing else: the child's own JSON. */
export function within(name: string, content: Content): Content {
  return {
    write: (value, prefix) => inner(writeChild(name, content, value, prefix)),
    read(element) {
      const child = childOf(element, name);
      return child ? content.read(child) : {};
    },
  };
}

type AttributeType = 'string' | 'boolean' | 'integer';

/** An attribute, under the same name in JSON. */
export function attribute(name: string, type: AttributeType = 'string'): Field {
  return {
    write(object, _prefix, out) {
      const value = object[name];
      if (value === undefined) return;
      const written = type === 'boolean' ? (value === true ? '1' : '0') : String(value);
      out.attributes += ` ${name}="${escapeXml(written)}"`;
    },
    read(element, into) {
      const written = attributeOf(element, name)?.trim();
      if (written === undefined) return;
      const value = type === 'string' ? written : type === 'boolean' ? booleanOf(written) : numberOf(written);
      if (value !== undefined) into[name] = value;
    },
  };
}

/** The element's own text, under a name that the JSON gives it. */
export function own(key: string, content: Content = text): Field {
  return {
    write(object, prefix, out) {
      if (object[key] !== undefined) out.content += content.write(object[key], prefix).content;
    },
    read(element, into) {
      const value = content.read(element);
      if (value !== undefined && value !== '') into[key] = value;
    },
  };
}

/** Of a child that is not in its parent's namespace. */
export interface Namespace {
  readonly uri: string;
  /** Written with; empty for EPP's own namespace, which is the default one of every document. */
  readonly prefix: string;
}

/** A child element that stands at most once, under the same name in JSON. */
export function one(name: string, content: Content = text, namespace?: Namespace): Field {
  return {
    write(object, prefix, out) {
      const value = object[name];
      if (value !== undefined) out.content += writeChild(name, content, value, prefix, namespace);
    },
    read(element, into) {
      const child = childOf(element, name, namespace?.uri);
      const value = child && content.read(child);
      if (value !== undefined) into[name] = value;
    },
  };
}

/** A child element that may be repeated: a list under `key`. */
export function many(name: string, key: string, content: Content = text, namespace?: Namespace): Field {
  return {
    write(object, prefix, out) {
      const values = object[key] as readonly unknown[] | undefined;
      for (const value of values ?? []) out.content += writeChild(name, content, value, prefix, namespace);
    },
    read(element, into) {
      const values = readAll(element, name, content, namespace);
      if (values.length > 0) into[key] = values;
    },
  };
}

/** A child element that holds one repeated element and nothing else: a list under the child's name. */
export function list(name: string, item: string, content: Content = text): Field {
  return {
    write(object, prefix, out) {
      const values = object[name] as readonly unknown[] | undefined;
      if (values === undefined) return;
      const items = values.map((value) => writeChild(item, content, value, prefix)).join('');
      out.content += tag(prefix + name, '', items);
    },
    read(element, into) {
      const child = childOf(element, name);
      if (child) into[name] = readAll(child, item, content);
    },
  };
}

/** A child element whose attributes stand beside it: `<name avail="1">a.com</name>` as `{name, avail}`. */
export function beside(name: string, ...attributes: readonly Field[]): Field {
  const content = record(...attributes, own(name));
  return {
    write(object, prefix, out) {
      if (object[name] !== undefined) out.content += writeChild(name, content, object, prefix);
    },
    read(element, into) {
      const child = childOf(element, name);
      if (child) Object.assign(into, content.read(child));
    },
  };
}

function writeChild(
  name: string,
  content: Content,
  value: unknown,
  parentPrefix: string,
  namespace?: Namespace,
): string {
  if (namespace === undefined) {
    const written = content.write(value, parentPrefix);
    return tag(parentPrefix + name, written.attributes, written.content);
  }
  const prefix = namespace.prefix === '' ? '' : `${namespace.prefix}:`;
  const written = content.write(value, prefix);
  const declaration = prefix === '' ? '' : ` xmlns:${namespace.prefix}="${namespace.uri}"`;
  return tag(prefix + name, declaration + written.attributes, written.content);
}

function readAll(parent: XmlElement, name: string, content: Content, namespace?: Namespace): unknown[] {
  return childrenOf(parent, name, namespace?.uri)
    .map((child) => content.read(child))
    .filter((value) => value !== undefined);
}

function booleanOf(written: string): boolean | undefined {
  if (written === '1' || written === 'true') return true;
  if (written === '0' || written === 'false') return false;
  return undefined;
}

function numberOf(written: string): number | undefined {
  return /^\d{1,15}$/.test(written) ? Number(written) : undefined;
}
