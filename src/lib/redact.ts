/** Blanks secrets in whatever is about to be logged. */
import { redactXml } from './redact-xml.ts';

export const REDACTED = '[redacted]';

/**
 * Names whose values are secrets wherever they stand, whatever prefix stands before them (`domain:pw`, `clientSecret`,
 * `new_password`): RFC 5730 section 2.9.1.1, RFC 5731 authInfo, RFC 8495, RFC 8807, and what HTTP and Kubernetes call theirs.
 */
const SECRET_END = /(?:authinfo|authorization|loginsec|pass(?:wd|word|phrase)|secret|token)$/i;
const SECRET_WORD = /(?:^|[^A-Za-z0-9])(?:pw|newpw|key)$/i;
const SECRET_HUMP = /[a-z0-9]P[Ww]$/;

const MAX_DEPTH = 6;

export function isSecretName(name: string): boolean {
  return SECRET_END.test(name) || SECRET_WORD.test(name) || SECRET_HUMP.test(name);
}

/** In text: what stands in the elements of XML that hold secrets. */
export function redactText(text: string): string {
  return text.includes('<') ? redactXml(text) : text;
}

/** A copy for the log: every value under a secret's name is blanked at any depth, and every text is passed through `redactText`. */
export function redactSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redactSecrets(item, depth + 1));
  if (value instanceof Error) return { error: value.name, message: redactText(value.message) };
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    copy[name] =
      item !== undefined && item !== null && isSecretName(name) ? REDACTED : redactSecrets(item, depth + 1);
  }
  return copy;
}
