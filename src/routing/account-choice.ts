/** Which registry account a request goes to. A changed weight is a new table: nothing is kept between requests. Pure. */
import { canonicalName } from './domain-name.ts';
import { TldRouter, unknownAccreditation } from './tld-routing.ts';
import { weightedDraw } from './weighted-draw.ts';

export interface AccountRoute {
  readonly tlds: readonly string[];
  readonly accounts: readonly WeightedAccount[];
}

export interface WeightedAccount {
  readonly name: string;
  readonly accreditation: string;
  /** Share of the requests that name no accreditation; 0: none. */
  readonly weight: number;
}

/** `weighted`: any account may do it, as checks and creates. `existing`: the account that has the object, as update or info. */
export type CommandKind = 'weighted' | 'existing';

export interface AccountQuery {
  /** Of the path, in any spelling. */
  readonly tld: string;
  readonly accreditation?: string | undefined;
  readonly kind: CommandKind;
  /** In [0, 1). */
  readonly draw: number;
}

export type AccountChoice =
  | {
      readonly ok: true;
      /** Canonical. */
      readonly tld: string;
      /** `order`: ask them one after the other until one has the object. Else it is one alone. */
      readonly by: 'accreditation' | 'weight' | 'order';
      readonly accounts: readonly [WeightedAccount, ...WeightedAccount[]];
    }
  | {
      readonly ok: false;
      readonly code: 'unknown-tld' | 'unknown-accreditation' | 'accreditation-needed';
      /** Names those there are. */
      readonly message: string;
    };

/** @param command as in paths: `check`, `create`, … */
export function kindOf(command: string): CommandKind {
  return command === 'check' || command === 'create' ? 'weighted' : 'existing';
}

interface Entry extends WeightedAccount {
  readonly tlds: readonly string[];
}

/** The first route with a TLD counts for it. */
export class AccountTable {
  readonly #router: TldRouter<Entry>;

  /** Throws where a route names a TLD that cannot be one. */
  constructor(routes: readonly AccountRoute[]) {
    const taken = new Set<string>();
    const entries: Entry[] = [];
    for (const { tlds, accounts } of routes) {
      const own = tlds.filter((tld) => !taken.has(canonicalName(tld) ?? tld));
      for (const tld of own) taken.add(canonicalName(tld) ?? tld);
      for (const account of accounts) entries.push({ ...account, tlds: own });
    }
    this.#router = new TldRouter(entries, 'this gateway');
  }

  /** Canonical, sorted. */
  get tlds(): string[] {
    return this.#router.tlds;
  }

  choose({ tld: written, accreditation, kind, draw }: AccountQuery): AccountChoice {
    const match = this.#router.match(written);
    if (!match.ok) return match;
    const { tld } = match;
    const accounts =
      accreditation === undefined
        ? match.accounts
        : match.accounts.filter((account) => account.accreditation === accreditation);
    const [first, ...rest] = accounts;
    if (first === undefined) return unknownAccreditation(accreditation ?? '', tld, match.accounts);
    if (accreditation !== undefined && rest.length === 0) {
      return { ok: true, tld, by: 'accreditation', accounts: [first] };
    }
    if (kind === 'existing') return { ok: true, tld, by: 'order', accounts: [first, ...rest] };
    const chosen = weightedDraw(accounts, ({ weight }) => weight, draw);
    if (chosen) return { ok: true, tld, by: 'weight', accounts: [chosen] };
    // who names one means it, whatever its weight
    if (accreditation !== undefined) return { ok: true, tld, by: 'accreditation', accounts: [first] };
    return {
      ok: false,
      code: 'accreditation-needed',
      message: `every account of the TLD "${tld}" has weight 0; name one by its accreditation: ${match.accounts
        .map((account) => account.accreditation)
        .join(', ')}`,
    };
  }
}
