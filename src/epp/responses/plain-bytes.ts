/** Steps over the bytes of a document of which most is known beforehand. */

export const GT = 0x3e;
export const QUOTE = 0x22;
const SPACE = 0x20;

/** Printable ASCII that means nothing in XML. */
const PLAIN = new Uint8Array(256);
for (let code = 0x21; code < 0x7f; code++) PLAIN[code] = 1;
for (const c of '&<>"\'') PLAIN[c.charCodeAt(0)] = 0;

/** True where `expected` stands at `at`. */
export function matches(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  const { length } = expected;
  if (at + length > bytes.length) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

/** Where the plain bytes from `start` on end. */
export function afterPlain(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && PLAIN[bytes[at] as number] === 1) at++;
  return at;
}

/** Plain words with one space between each two; `start` where there are none. */
export function afterWords(bytes: Uint8Array, start: number): number {
  let at = afterPlain(bytes, start);
  while (at > start && bytes[at] === SPACE) {
    const next = afterPlain(bytes, at + 1);
    if (next === at + 1) return start;
    at = next;
  }
  return at;
}

/** Where the XML spaces from `start` on end. */
export function afterSpaces(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const code = bytes[at];
    if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}
