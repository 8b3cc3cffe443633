/**
 * What a store gets to see of a key: an id, a fingerprint of the request and a sealed answer. All three are made with the key itself,
 * which the store never has: whoever reads the store learns neither the keys nor what was asked and answered (passwords of domains are
 * among it), as long as keys are hard to guess, as UUIDs are.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { EppCommand } from '../../epp/command.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';

export interface KeyOwner {
  /** Whose keys they are: the same for all sets that a request may be sent to again. */
  scope: string;
  tenant: string | undefined;
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export class RequestKey {
  /** Hexadecimal SHA-256. */
  readonly id: string;
  readonly #key: string;

  constructor(key: string, { scope, tenant }: KeyOwner) {
    this.#key = key;
    this.id = createHash('sha256')
      .update(JSON.stringify([scope, tenant ?? null, key]))
      .digest('hex');
  }

  /** The same for the same command of the same account, however its JSON was written; hexadecimal. */
  fingerprint(account: string, { object, command, body, extensions }: EppCommand): string {
    return createHmac('sha256', this.#secret('fingerprint'))
      .update(canonicalJson([account, object ?? null, command, body, extensions ?? null]))
      .digest('hex');
  }

  seal(text: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#secret('answer'), iv);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** Throws where it was not sealed by this key. */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    const iv = bytes.subarray(0, IV_BYTES);
    const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#secret('answer'), iv, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(tag);
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }

  #secret(purpose: 'fingerprint' | 'answer'): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, this.id, `eppset ${purpose}`, 32));
  }
}
