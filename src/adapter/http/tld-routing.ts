/** Which registry account serves a TLD. Names are compared as lower-case A-labels (RFC 5890), so that IDN and punycode are alike. */
import { domainToASCII } from 'node:url';
import { isPunycode } from './punycode.ts';

export interface RoutedAccount {
  name: string;
  accreditation: string;
  tlds: readonly string[];
}

export type TldRoute<A extends RoutedAccount> =
  | { ok: true; account: A; tld: string }
  | { ok: false; code: 'unknown-tld' | 'unknown-accreditation'; message: string };

/** Longest match on the labels from the right; several accounts of one TLD are told apart by their accreditation. */
export class TldRouter<A extends RoutedAccount> {
  readonly #byTld = new Map<string, A[]>();

  /** Throws where an account names a TLD that cannot be one. */
  constructor(accounts: readonly A[]) {
    for (const account of accounts) {
      for (const written of account.tlds) {
        const tld = canonicalName(written);
        if (tld === undefined) {
          throw new Error(`account ${account.name}: "${written}" is no TLD; write it as in "com" or "co.uk"`);
        }
        const served = this.#byTld.get(tld);
        if (!served) this.#byTld.set(tld, [account]);
        else if (!served.includes(account)) served.push(account);
      }
    }
  }

  /** Every TLD that is served, sorted. */
  get tlds(): string[] {
    return [...this.#byTld.keys()].sort();
  }

  /** @param written the path's TLD, in any case, as A-labels or Unicode; `tld` of the answer is its canonical form */
  route(written: string, accreditation?: string): TldRoute<A> {
    const tld = canonicalName(written);
    const accounts = tld === undefined ? undefined : this.#longestMatch(tld);
    if (tld === undefined || !accounts) {
      return {
        ok: false,
        code: 'unknown-tld',
        message: `no account of this set serves the TLD ${quoted(written)}; there are ${listed(this.tlds)}`,
      };
    }
    const account =
      accreditation === undefined
        ? accounts[0]
        : accounts.find((candidate) => candidate.accreditation === accreditation);
    if (account) return { ok: true, account, tld };
    return {
      ok: false,
      code: 'unknown-accreditation',
      message: `no account of the accreditation ${quoted(accreditation ?? '')} serves the TLD "${tld}"; there are ${listed(
        accounts.map((candidate) => candidate.accreditation),
      )}`,
    };
  }

  #longestMatch(tld: string): A[] | undefined {
    for (let suffix = tld; ; ) {
      const accounts = this.#byTld.get(suffix);
      if (accounts) return accounts;
      const dot = suffix.indexOf('.');
      if (dot < 0) return undefined;
      suffix = suffix.slice(dot + 1);
    }
  }
}

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

/** What a caller sent, cut so that an error stays short. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function listed(values: readonly string[]): string {
  return values.length > 20
    ? `${values.slice(0, 20).join(', ')} and ${values.length - 20} more`
    : values.join(', ');
}
