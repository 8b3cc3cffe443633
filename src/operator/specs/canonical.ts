import { createHash } from 'node:crypto';

export { canonicalJson } from '../../lib/canonical-json.ts';

/** Lower-case hexadecimal SHA-256. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
