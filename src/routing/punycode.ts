/** Punycode (RFC 3492): whether there is a name behind an A-label at all. What may stand in one is the registry's word. Pure. */

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_N = 128;
const MAX_CODE_POINT = 0x10ffff;

/** @param encoded what stands behind `xn--`, in lower case */
export function isPunycode(encoded: string): boolean {
  const delimiter = encoded.lastIndexOf('-');
  const digits = encoded.slice(delimiter + 1);
  // without a digit nothing is encoded: such a name has no need of an A-label (RFC 5890 section 2.3.2.1)
  if (delimiter === 0 || digits === '') return false;
  let count = Math.max(0, delimiter);
  let [n, i, bias] = [INITIAL_N, 0, INITIAL_BIAS];
  for (let at = 0; at < digits.length; ) {
    const before = i;
    const step = integerAt(digits, at, bias);
    if (!step) return false;
    i += step.value;
    at = step.end;
    count++;
    bias = adapted(i - before, count, before === 0);
    n += Math.floor(i / count);
    if (n > MAX_CODE_POINT || (n >= 0xd800 && n <= 0xdfff)) return false;
    i = (i % count) + 1;
  }
  return true;
}

/** Section 3.3: an integer of variable length, and where the next one begins. */
function integerAt(digits: string, start: number, bias: number): { value: number; end: number } | undefined {
  let value = 0;
  let weight = 1;
  for (let [at, k] = [start, BASE]; at < digits.length; at++, k += BASE) {
    const digit = digitOf(digits.charCodeAt(at));
    if (digit === undefined) return undefined;
    value += digit * weight;
    const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
    if (digit < threshold) return { value, end: at + 1 };
    weight *= BASE - threshold;
  }
  return undefined; // it breaks off
}

function digitOf(code: number): number | undefined {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61;
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : undefined;
}

/** Section 6.1. */
function adapted(delta: number, count: number, first: boolean): number {
  let rest = Math.floor(delta / (first ? DAMP : 2));
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
