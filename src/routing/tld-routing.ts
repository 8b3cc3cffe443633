/** Which registry account serves a TLD. Names are compared as lower-case A-labels (RFC 5890), so that IDN and punycode are alike. */
import { canonicalName } from './domain-name.ts';

export interface RoutedAccount {
  name: string;
  accreditation: string;
  tlds: readonly string[];
}

export type TldRoute<A extends RoutedAccount> =
  | { ok: true; account: A; tld: string }
  | { ok: false; code: 'unknown-tld' | 'unknown-accreditation'; message: string };

export type TldMatch<A extends RoutedAccount> =
  | { ok: true; accounts: readonly A[]; tld: string }
  | { ok: false; code: 'unknown-tld'; message: string };

/** Longest match on the labels from the right; several accounts of one TLD are told apart by their accreditation. */
export class TldRouter<A extends RoutedAccount> {
  readonly #byTld = new Map<string, A[]>();
  readonly #owner: string;

  /** Throws where an account names a TLD that cannot be one. @param owner of the accounts, for messages */
  constructor(accounts: readonly A[], owner = 'this set') {
    this.#owner = owner;
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

  /** All accounts of a TLD, in the order given. @param written as for `route` */
  match(written: string): TldMatch<A> {
    const tld = canonicalName(written);
    const accounts = tld === undefined ? undefined : this.#longestMatch(tld);
    if (tld !== undefined && accounts) return { ok: true, accounts, tld };
    return {
      ok: false,
      code: 'unknown-tld',
      message: `no account of ${this.#owner} serves the TLD ${quoted(written)}; there are ${listed(this.tlds)}`,
    };
  }

  /** @param written the path's TLD, in any case, as A-labels or Unicode; `tld` of the answer is its canonical form */
  route(written: string, accreditation?: string): TldRoute<A> {
    const match = this.match(written);
    if (!match.ok) return match;
    const { accounts, tld } = match;
    const account =
      accreditation === undefined
        ? accounts[0]
        : accounts.find((candidate) => candidate.accreditation === accreditation);
    if (account) return { ok: true, account, tld };
    return unknownAccreditation(accreditation ?? '', tld, accounts);
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

export function unknownAccreditation(
  asked: string,
  tld: string,
  accounts: readonly RoutedAccount[],
): { ok: false; code: 'unknown-accreditation'; message: string } {
  const known = [...new Set(accounts.map(({ accreditation }) => accreditation))];
  return {
    ok: false,
    code: 'unknown-accreditation',
    message: `no account of the accreditation ${quoted(asked)} serves the TLD "${tld}"; there are ${listed(known)}`,
  };
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
