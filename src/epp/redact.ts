/**
 * Blanks what stands inside `pw`, `newPW` and `authInfo` elements, whatever their prefix, CDATA and nested elements
 * included (RFC 5730 section 2.9.1.1, RFC 5731 to 5733 authInfo, RFC 8807 loginSec). Works on any text, well-formed or not:
 * after an opening tag that is never closed, the rest is gone.
 */
export function redactXml(xml: string): string {
  let out = '';
  let at = 0;
  OPENING.lastIndex = 0;
  for (let match = OPENING.exec(xml); match !== null; match = OPENING.exec(xml)) {
    const start = match.index + match[0].length;
    out += xml.slice(at, start);
    const name = match[1] as string;
    const end = xml.indexOf(`</${name}`, start);
    out += '[redacted]';
    if (end < 0) return out;
    at = end;
    OPENING.lastIndex = end;
  }
  return out + xml.slice(at);
}

const OPENING = /<((?:[^\s<>/:"'=]{1,64}:)?(?:pw|newPW|authInfo))(?:\s[^<>]*)?(?<!\/)>/gi;
