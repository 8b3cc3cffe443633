/** A name may be written with A-labels or with U-labels (RFC 5890 section 2.3.2.1), and registries take either: it is one name. */
import { domainToUnicode } from 'node:url';
import { canonicalName } from '../../routing/domain-name.ts';

const A_LABEL = 'xn--';
const ASCII = /^[a-z0-9.-]+$/;

/** Every spelling under which something is kept of a name; lower-case. */
export function spellings(name: string): readonly string[] {
  const lower = name.toLowerCase();
  if (isPlain(lower)) return [lower];
  const ascii = canonicalName(lower);
  return ascii === undefined ? [lower] : [...new Set([ascii, domainToUnicode(ascii)])];
}

/** True where a name is written as one of its `spellings`. Of another, as with letters that are not composed, nothing is kept. */
export function isSpelling(name: string): boolean {
  const lower = name.toLowerCase();
  return isPlain(lower) || spellings(lower).includes(lower);
}

function isPlain(lower: string): boolean {
  return ASCII.test(lower) && !lower.includes(A_LABEL);
}
