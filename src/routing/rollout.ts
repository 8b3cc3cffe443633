/** Which requests of a rollout take the new path. Pure. */
import { hash32 } from './stable-hash.ts';

const HUNDREDTHS = 10_000;

/**
 * Where a key stands between 0 and 100, in steps of 0.01: the same in every gateway, for ever.
 * @param salt other salts give other places, independent of each other
 */
export function placeOf(key: string, salt = ''): number {
  // the salt ends where no key can: else salt "a" and key "bc" were salt "ab" and key "c"
  const hash = salt === '' ? hash32(key) : hash32(key, hash32(`${salt}\u0000`));
  return Math.floor((hash / 2 ** 32) * HUNDREDTHS) / 100;
}

/** Whether a key is among the first so many percent. Who is in stays in while the percentage rises, and the first out is the last that came in. */
export function takes(key: string, percent: number, salt = ''): boolean {
  return placeOf(key, salt) < percent;
}
