/**
 * A short way to read the answers that come most: those to checks. Of one registry they differ in names, ids and little else,
 * and the rest is compared as it stands instead of being parsed:
 *
 *   head   <domain:cd><domain:name avail="1">a.com</domain:name></domain:cd> …   tail   ABC-1   between   SV-1   end
 *   └ learned ┘   items by a fixed grammar, spaces between tags free        └ learned ┘  id    └ learned ┘  id  └ learned ┘
 *
 * A shape is learned from an answer that the general reader has read, and kept only if that reader finds in a document of the
 * same shape just what was put into it. What may stand in the places is plain: no markup, no reference, nothing beyond ASCII.
 * So whatever a shape takes, the general reader would read alike; everything else is left to it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EppResponse, EppResult } from '../command.ts';

/** Reads a document that is given as bytes are, one character for each. Undefined where it is no response. */
export type GeneralReader = (latin1: string) => EppResponse | undefined;

interface Item {
  avail: boolean;
  /** Of a contact `id`. */
  name?: string;
  id?: string;
  reason?: string;
}

/** What the answers of one shape have in common. */
interface Constants {
  head: string;
  /** From the last item on, spaces before it left out. */
  tail: string;
  between: string;
  end: string;
  /** Of `cd` and what stands in it, colon included. */
  prefix: string;
  key: 'name' | 'id';
  dataType: string;
  result: EppResult;
}

/** More than any registry takes in one check; keeps what is read here within the general reader's limits. */
const MOST_ITEMS = 1_000;
const FIRST_ITEM = /<((?:[A-Za-z_][\w.-]*:)?)cd>\s*<\1(name|id) avail="/;

const GT = 0x3e;
const SPACE = 0x20;
const PLAIN = new Uint8Array(128);
for (let code = 0x21; code < 0x7f; code++) PLAIN[code] = 1;
for (const c of '&<>"\'') PLAIN[c.charCodeAt(0)] = 0;

export class CheckShape {
  readonly #constants: Constants;
  readonly #open: string;
  readonly #named: string;
  readonly #nameEnd: string;
  readonly #reason: string;
  readonly #reasonEnd: string;
  readonly #close: string;
  /** Where the item read last ends. */
  #at = 0;

  private constructor(constants: Constants) {
    const { prefix, key } = constants;
    this.#constants = constants;
    this.#open = `<${prefix}cd>`;
    this.#named = `<${prefix}${key} avail="`;
    this.#nameEnd = `</${prefix}${key}>`;
    this.#reason = `<${prefix}reason`;
    this.#reasonEnd = `</${prefix}reason>`;
    this.#close = `</${prefix}cd>`;
  }

  /**
   * The shape of an answer, where it is one that others may have, too.
   * @param latin1 the document in UTF-8 or ASCII, as bytes are
   * @param response what the general reader has read in it
   */
  static learn(latin1: string, response: EppResponse, general: GeneralReader): CheckShape | undefined {
    const constants = constantsOf(latin1, response);
    if (!constants) return undefined;
    const shape = new CheckShape(constants);
    const probe = shape.#probe(response);
    const proved = isDeepStrictEqual(general(probe.document), probe.response);
    return proved && isDeepStrictEqual(shape.read(latin1), response) ? shape : undefined;
  }

  /** Undefined where the general reader is to be asked. */
  read(latin1: string): EppResponse | undefined {
    const { head, tail, between, end, dataType, result } = this.#constants;
    if (!latin1.startsWith(head)) return undefined;
    const cd: Item[] = [];
    let at = head.length;
    while (latin1.startsWith(this.#open, at)) {
      const item = this.#item(latin1, at + this.#open.length);
      if (!item || cd.length >= MOST_ITEMS) return undefined;
      cd.push(item);
      at = afterSpaces(latin1, this.#at);
    }
    if (cd.length === 0 || !latin1.startsWith(tail, at)) return undefined;
    at += tail.length;
    const clEnd = afterPlain(latin1, at);
    if (clEnd === at || !latin1.startsWith(between, clEnd)) return undefined;
    const svAt = clEnd + between.length;
    const svEnd = afterPlain(latin1, svAt);
    if (svEnd === svAt || svEnd + end.length !== latin1.length || !latin1.endsWith(end)) return undefined;
    return {
      results: [{ ...result }],
      clTRID: latin1.slice(at, clEnd),
      svTRID: latin1.slice(svAt, svEnd),
      data: { cd },
      dataType,
    };
  }

  /** What follows `<cd>`, up to its end tag. */
  #item(text: string, start: number): Item | undefined {
    let at = afterSpaces(text, start);
    if (!text.startsWith(this.#named, at)) return undefined;
    at += this.#named.length;
    const nameAt = text.indexOf('>', at) + 1;
    const avail = availOf(text, at, nameAt);
    if (avail === undefined) return undefined;
    const nameEnd = afterPlain(text, nameAt);
    if (nameEnd === nameAt || !text.startsWith(this.#nameEnd, nameEnd)) return undefined;
    const name = text.slice(nameAt, nameEnd);
    const item: Item = this.#constants.key === 'name' ? { avail, name } : { avail, id: name };
    at = afterSpaces(text, nameEnd + this.#nameEnd.length);
    if (text.startsWith(this.#reason, at)) {
      const reasonAt = afterReasonTag(text, at + this.#reason.length);
      if (Number.isNaN(reasonAt)) return undefined;
      const reasonEnd = afterWords(text, reasonAt);
      if (reasonEnd === reasonAt || !text.startsWith(this.#reasonEnd, reasonEnd)) return undefined;
      item.reason = text.slice(reasonAt, reasonEnd);
      at = afterSpaces(text, reasonEnd + this.#reasonEnd.length);
    }
    if (!text.startsWith(this.#close, at)) return undefined;
    this.#at = at + this.#close.length;
    return item;
  }

  /** A document of this shape that says something else everywhere, and what it says. */
  #probe(learned: EppResponse): { document: string; response: EppResponse } {
    const { head, tail, between, end, key } = this.#constants;
    const item = (avail: string, name: string, rest: string) =>
      `${this.#open}${this.#named}${avail}">${name}${this.#nameEnd}${rest}${this.#close}`;
    const items = [
      item('1', 'probe-1.example', ''),
      item('false', 'probe-2.example', `${this.#reason} lang="en">probe 2${this.#reasonEnd}`),
      item('0', 'probe-3.example', ` ${this.#reason}>probe 3${this.#reasonEnd} `),
    ];
    const document = `${head}${items.join('\n')}${tail}PROBE-CL${between}PROBE-SV${end}`;
    const cd = [
      { avail: true, [key]: 'probe-1.example' },
      { avail: false, [key]: 'probe-2.example', reason: 'probe 2' },
      { avail: false, [key]: 'probe-3.example', reason: 'probe 3' },
    ];
    return { document, response: { ...learned, clTRID: 'PROBE-CL', svTRID: 'PROBE-SV', data: { cd } } };
  }
}

function constantsOf(text: string, response: EppResponse): Constants | undefined {
  const { results, clTRID, svTRID, data, dataType, ...more } = response;
  const [result] = results;
  if (Object.keys(more).length > 0 || results.length !== 1 || !result || result.values || result.extValues) {
    return undefined;
  }
  if (!clTRID || !svTRID || !data || !dataType?.endsWith(':chkData')) return undefined;
  const first = FIRST_ITEM.exec(text);
  if (!first) return undefined;
  const [, prefix = '', key] = first;
  const close = `</${prefix}cd>`;
  const itemsEnd = text.lastIndexOf(close) + close.length;
  const clAt = text.indexOf(`>${clTRID}<`, itemsEnd) + 1;
  const svAt = text.indexOf(`>${svTRID}<`, clAt + clTRID.length) + 1;
  if (itemsEnd < close.length || clAt === 0 || svAt === 0) return undefined;
  return {
    head: text.slice(0, first.index),
    tail: text.slice(afterSpaces(text, itemsEnd), clAt),
    between: text.slice(clAt + clTRID.length, svAt),
    end: text.slice(svAt + svTRID.length),
    prefix,
    key: key as 'name' | 'id',
    dataType,
    result,
  };
}

/** Of an attribute whose value begins at `at`, in a tag that ends before `tagEnd`. */
function availOf(text: string, at: number, tagEnd: number): boolean | undefined {
  const length = tagEnd - 2 - at;
  if (length < 1 || length > 5 || text.charCodeAt(tagEnd - 2) !== 0x22) return undefined;
  const written = text.slice(at, at + length);
  if (written === '1' || written === 'true') return true;
  return written === '0' || written === 'false' ? false : undefined;
}

/** Where the text of a reason begins, or NaN where its start tag is no plain one. Its language is not told to callers. */
function afterReasonTag(text: string, at: number): number {
  if (text.charCodeAt(at) === GT) return at + 1;
  if (!text.startsWith(' lang="', at)) return Number.NaN;
  const valueEnd = afterPlain(text, at + ' lang="'.length);
  return text.startsWith('">', valueEnd) ? valueEnd + 2 : Number.NaN;
}

function afterPlain(text: string, start: number): number {
  let at = start;
  while (PLAIN[text.charCodeAt(at)] === 1) at++;
  return at;
}

/** Plain words with one space between each two; `start` where there are none. */
function afterWords(text: string, start: number): number {
  let at = afterPlain(text, start);
  while (at > start && text.charCodeAt(at) === SPACE) {
    const next = afterPlain(text, at + 1);
    if (next === at + 1) return start;
    at = next;
  }
  return at;
}

function afterSpaces(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}
