/**
 * A short way to read the answers that come most: those to checks. Of one registry they differ in names, ids and little else,
 * and the rest is compared as it stands instead of being parsed:
 *
 *   head   <domain:cd><domain:name avail="1">a.com</domain:name></domain:cd> …   tail   ABC-1   between   SV-1   end
 *   └ learned ┘   items by a fixed grammar, spaces between tags free        └ learned ┘  id    └ learned ┘  id  └ learned ┘
 *
 * A shape is learned from an answer that the general reader has read, and kept only if that reader finds in a document of the
 * same shape just what was put into it. What may stand in the places is plain: no markup, no reference, nothing beyond ASCII.
 * So whatever a shape takes, the general reader would read alike; everything else is left to it. It works on bytes: comparing
 * them is several times as fast as comparing parts of strings.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EppResponse, EppResult } from '../command.ts';
import { afterPlain, afterSpaces, afterWords, GT, matches, QUOTE } from './plain-bytes.ts';

/** Undefined where the document is no response. */
export type GeneralReader = (body: Buffer) => EppResponse | undefined;

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
const LANG = Buffer.from(' lang="');

/** The texts of a shape as bytes. */
function bytesOf({ head, tail, between, end, prefix, key }: Constants) {
  const texts = {
    head,
    tail,
    between,
    end,
    open: `<${prefix}cd>`,
    named: `<${prefix}${key} avail="`,
    nameEnd: `</${prefix}${key}>`,
    reason: `<${prefix}reason`,
    reasonEnd: `</${prefix}reason>`,
    close: `</${prefix}cd>`,
  };
  const encoded = Object.entries(texts).map(([name, text]) => [name, Buffer.from(text, 'latin1')]);
  return Object.fromEntries(encoded) as Record<keyof typeof texts, Uint8Array>;
}

export class CheckShape {
  readonly #constants: Constants;
  readonly #bytes: ReturnType<typeof bytesOf>;
  /** Where the item read last ends. */
  #at = 0;

  private constructor(constants: Constants) {
    this.#constants = constants;
    this.#bytes = bytesOf(constants);
  }

  /**
   * The shape of an answer, where it is one that others may have, too.
   * @param body the document in UTF-8 or ASCII
   * @param response what the general reader has read in it
   */
  static learn(body: Buffer, response: EppResponse, general: GeneralReader): CheckShape | undefined {
    const constants = constantsOf(body.toString('latin1'), response);
    if (!constants) return undefined;
    const shape = new CheckShape(constants);
    const probe = probeOf(constants, response);
    const proved = isDeepStrictEqual(general(Buffer.from(probe.document, 'latin1')), probe.response);
    return proved && isDeepStrictEqual(shape.read(body), response) ? shape : undefined;
  }

  /** Undefined where the general reader is to be asked. */
  read(body: Buffer): EppResponse | undefined {
    const { head, tail, between, end, open } = this.#bytes;
    if (!matches(body, 0, head)) return undefined;
    const text = body.toString('latin1');
    const cd: Item[] = [];
    let at = head.length;
    while (matches(body, at, open)) {
      const item = this.#item(body, text, at + open.length);
      if (!item || cd.length >= MOST_ITEMS) return undefined;
      cd.push(item);
      at = afterSpaces(body, this.#at);
    }
    if (cd.length === 0 || !matches(body, at, tail)) return undefined;
    at += tail.length;
    const clEnd = afterPlain(body, at);
    if (clEnd === at || !matches(body, clEnd, between)) return undefined;
    const svAt = clEnd + between.length;
    const svEnd = afterPlain(body, svAt);
    if (svEnd === svAt || svEnd + end.length !== body.length || !matches(body, svEnd, end)) return undefined;
    const { dataType, result } = this.#constants;
    return {
      results: [{ ...result }],
      clTRID: text.slice(at, clEnd),
      svTRID: text.slice(svAt, svEnd),
      data: { cd },
      dataType,
    };
  }

  /** What follows `<cd>`, up to its end tag. */
  #item(body: Uint8Array, text: string, start: number): Item | undefined {
    const { named, nameEnd, reason, close } = this.#bytes;
    let at = afterSpaces(body, start);
    if (!matches(body, at, named)) return undefined;
    at += named.length;
    const quoteAt = afterPlain(body, at);
    const avail = availOf(body, text, at, quoteAt);
    if (avail === undefined || body[quoteAt] !== QUOTE || body[quoteAt + 1] !== GT) return undefined;
    const nameAt = quoteAt + 2;
    const endAt = afterPlain(body, nameAt);
    if (endAt === nameAt || !matches(body, endAt, nameEnd)) return undefined;
    const name = text.slice(nameAt, endAt);
    const item: Item = this.#constants.key === 'name' ? { avail, name } : { avail, id: name };
    at = afterSpaces(body, endAt + nameEnd.length);
    if (matches(body, at, reason)) {
      at = this.#reason(body, text, at + reason.length, item);
      if (Number.isNaN(at)) return undefined;
    }
    if (!matches(body, at, close)) return undefined;
    this.#at = at + close.length;
    return item;
  }

  /** What follows `<reason`. Returns where the next tag begins, or NaN. */
  #reason(body: Uint8Array, text: string, start: number, item: Item): number {
    const { reasonEnd } = this.#bytes;
    const reasonAt = afterReasonTag(body, start);
    if (Number.isNaN(reasonAt)) return reasonAt;
    const endAt = afterWords(body, reasonAt);
    if (endAt === reasonAt || !matches(body, endAt, reasonEnd)) return Number.NaN;
    item.reason = text.slice(reasonAt, endAt);
    return afterSpaces(body, endAt + reasonEnd.length);
  }
}

/** A document of a shape that says something else everywhere, and what it says. */
function probeOf(constants: Constants, learned: EppResponse): { document: string; response: EppResponse } {
  const { head, tail, between, end, prefix, key } = constants;
  const item = (avail: string, name: string, rest: string) =>
    `<${prefix}cd><${prefix}${key} avail="${avail}">${name}</${prefix}${key}>${rest}</${prefix}cd>`;
  const items = [
    item('1', 'probe-1.example', ''),
    item('false', 'probe-2.example', `<${prefix}reason lang="en">probe 2</${prefix}reason>`),
    item('0', 'probe-3.example', ` <${prefix}reason>probe 3</${prefix}reason> `),
  ];
  const document = `${head}${items.join('\n')}${tail}PROBE-CL${between}PROBE-SV${end}`;
  const cd = [
    { avail: true, [key]: 'probe-1.example' },
    { avail: false, [key]: 'probe-2.example', reason: 'probe 2' },
    { avail: false, [key]: 'probe-3.example', reason: 'probe 3' },
  ];
  return { document, response: { ...learned, clTRID: 'PROBE-CL', svTRID: 'PROBE-SV', data: { cd } } };
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
    tail: text.slice(itemsEnd, clAt).replace(/^[ \t\r\n]+/, ''),
    between: text.slice(clAt + clTRID.length, svAt),
    end: text.slice(svAt + svTRID.length),
    prefix,
    key: key as 'name' | 'id',
    dataType,
    result,
  };
}

function availOf(body: Uint8Array, text: string, at: number, end: number): boolean | undefined {
  if (end === at + 1) {
    const code = body[at];
    if (code === 0x31) return true;
    return code === 0x30 ? false : undefined;
  }
  const written = text.slice(at, end);
  if (written === 'true') return true;
  return written === 'false' ? false : undefined;
}

/** Where the text of a reason begins, or NaN where its start tag is no plain one. Its language is not told to callers. */
function afterReasonTag(body: Uint8Array, at: number): number {
  if (body[at] === GT) return at + 1;
  if (!matches(body, at, LANG)) return Number.NaN;
  const valueEnd = afterPlain(body, at + LANG.length);
  return body[valueEnd] === QUOTE && body[valueEnd + 1] === GT ? valueEnd + 2 : Number.NaN;
}
