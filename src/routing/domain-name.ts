/** Domain names as they are compared: lower-case A-labels (RFC 5890), so that IDN and punycode are alike. Pure. */
import { domainToASCII } from 'node:url';
import { isPunycode } from './punycode.ts';

const PLAIN_NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** A domain name as lower-case A-labels without a trailing dot, or undefined where it is none. */
export function canonicalName(written: string): string | undefined {
  if (written.length === 0 || written.length > 253) return undefined;
  if (PLAIN_NAME.test(written)) return areLabels(written) ? written : undefined;
  // Characters of ASCII that no name has: domainToASCII would decode %2e and read 0x7f as an address
  if (/[^a-zA-Z0-9._\-\u0080-\u{10ffff}]/u.test(written)) return undefined;
  const ascii = domainToASCII(written);
  return ascii.length <= 253 && PLAIN_NAME.test(ascii) && areLabels(ascii) ? ascii : undefined;
}

const A_LABEL = 'xn--';

/** Behind every A-label there is a name. Which names there may be is the registry's word. */
function areLabels(name: string): boolean {
  if (!name.includes(A_LABEL)) return true;
  return name
    .split('.')
    .every((label) => !label.startsWith(A_LABEL) || isPunycode(label.slice(A_LABEL.length)));
}

/** True where both canonical names are apart by at least one label: `a.com` in `com`. */
export function isBelow(name: string, tld: string): boolean {
  return name.length > tld.length + 1 && name.endsWith(tld) && name[name.length - tld.length - 1] === '.';
}
