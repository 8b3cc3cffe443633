/** Which characters XML 1.0 takes, and how they may be written. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about (XML 1.0 section 2.2)
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const ALL_FORBIDDEN = new RegExp(FORBIDDEN, 'g');

/** Control characters become U+FFFD, lone surrogates too. */
export function withoutForbidden(source: string): string {
  const text = source.toWellFormed();
  return FORBIDDEN.test(text) ? text.replaceAll(ALL_FORBIDDEN, '\ufffd') : text;
}

const NAME_START = 1;
const NAME_CHAR = 2;
/** What each ASCII character may be in a name without colon (XML names 1.0); all above ASCII are taken. */
const CLASSES = new Uint8Array(128);
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_')
  CLASSES[c.charCodeAt(0)] = NAME_START | NAME_CHAR;
for (const c of '0123456789.-') CLASSES[c.charCodeAt(0)] = NAME_CHAR;

/** True for a character that a name (or a part of it, beside a colon) may begin with. All above ASCII are taken. */
export function beginsName(code: number): boolean {
  return code >= 128 || ((CLASSES[code] ?? 0) & NAME_START) !== 0;
}

export function continuesName(code: number): boolean {
  return code >= 128 || ((CLASSES[code] ?? 0) & NAME_CHAR) !== 0;
}

/** Text with references replaced by what they mean. */
export function dereferenced(text: string): string {
  return text.replaceAll(/&([^;&\s]{1,20});/g, dereference);
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
