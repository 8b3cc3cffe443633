/**
 * Secure authorization information for transfers (RFC 9154): a domain has none until a transfer is wanted; then a strong
 * random one is set, and it goes away with the transfer. With our commands: none at creation is `authInfo: {pw: ''}`; setting
 * and unsetting is an update with `chg.authInfo`, `null` taking it away (of a contact, which knows no null: `{pw: ''}`).
 */
import { randomInt } from 'node:crypto';

/** Printable ASCII without the space: 94 characters (RFC 9154 section 4.1). */
const ALPHABET = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join('');
const CLASSES = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/];

/** 20 of 94 characters have 131 bits; RFC 9154 asks for 128. That all four classes must be there costs a fifth of a bit. */
export const MIN_AUTH_INFO_LENGTH = 20;

/**
 * A fresh authInfo with letters of both cases, a digit and a sign in it, as many registries ask for. Throws RangeError for a
 * length that would be weaker than RFC 9154 allows, or longer than its type allows.
 * @param random an integer in [0, below), not to be foretold
 */
export function newAuthInfo(
  length: number = MIN_AUTH_INFO_LENGTH,
  random: (below: number) => number = randomInt,
): string {
  if (!Number.isInteger(length) || length < MIN_AUTH_INFO_LENGTH || length > 255) {
    throw new RangeError(`an authInfo has ${MIN_AUTH_INFO_LENGTH} to 255 characters, not ${length}`);
  }
  for (;;) {
    let pw = '';
    while (pw.length < length) pw += ALPHABET[random(ALPHABET.length)];
    if (CLASSES.every((characters) => characters.test(pw))) return pw;
  }
}
