/**
 * Blanks what stands inside `pw`, `newPW`, `authInfo` and `allocationToken` elements, whatever their prefix, CDATA and nested
 * elements included (RFC 5730 section 2.9.1.1, RFC 5731 to 5733 authInfo, RFC 8495, RFC 8807 loginSec). Works on any text,
 * well-formed or not: after an opening tag that is never closed, the rest is gone. Linear time.
 */
export function redactXml(xml: string): string {
  let out = '';
  let at = 0;
  let cdata = 0;
  OPENING.lastIndex = 0;
  for (let match = OPENING.exec(xml); match !== null; match = OPENING.exec(xml)) {
    let from = match.index + match[0].length;
    out += `${xml.slice(at, from)}[redacted]`;
    for (;;) {
      const end = closingTag(xml, match[1] as string, from);
      if (end < 0) return out;
      // a closing tag inside CDATA is text, and what follows it is still secret
      if (cdata >= 0 && cdata < from) cdata = xml.indexOf('<![CDATA[', from);
      if (cdata < 0 || cdata > end) {
        at = end;
        break;
      }
      from = xml.indexOf(']]>', cdata);
      if (from < 0) return out;
    }
    OPENING.lastIndex = at;
  }
  return out + xml.slice(at);
}

const OPENING = /<((?:[^\s<>/:"'=]{1,64}:)?(?:pw|newPW|authInfo|allocationToken))(?:\s[^<>]*)?(?<!\/)>/gi;

/** Where `</name>` begins, at or after `from`; negative where it is not. */
function closingTag(xml: string, name: string, from: number): number {
  const start = `</${name}`;
  for (let at = xml.indexOf(start, from); at >= 0; at = xml.indexOf(start, at + 1)) {
    if (/[\s>]/.test(xml[at + start.length] ?? '')) return at;
  }
  return -1;
}
