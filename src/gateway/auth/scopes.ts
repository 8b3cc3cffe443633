/**
 * What a caller may do, as scopes say it. Pure.
 *
 *   scope     = "discovery"                  may register instances
 *             / "epp:" business [ ":" tld ]  may send commands; without a TLD for all of them
 *   business  = "*" / the name of a business
 *   tld       = "*" / a domain name, in any spelling: it and all that is below it
 *
 * Scopes add up; without one nothing is allowed. None takes anything away.
 */
import { canonicalName, isBelow } from '../../routing/domain-name.ts';
import { SET_PART } from '../../routing/set-name.ts';

export interface Grants {
  /** Whether instances may be registered at the discovery API. */
  readonly discovery: boolean;
  /** @param tld in any spelling */
  mayUse(business: string, tld: string): boolean;
}

export type Scope = 'discovery' | { readonly business: string; readonly tld: string };

const BUSINESS = new RegExp(`^(?:${SET_PART}|\\*)$`);

/** Undefined for what is no scope of ours. Names of TLDs come back canonical. */
export function parseScope(written: string): Scope | undefined {
  if (written === 'discovery') return written;
  const [scheme, business = '', tld = '*', ...rest] = written.split(':');
  if (scheme !== 'epp' || rest.length > 0 || !BUSINESS.test(business)) return undefined;
  const canonical = tld === '*' ? tld : canonicalName(tld);
  return canonical === undefined ? undefined : { business, tld: canonical };
}

/** Of those who did not show who they are, where nobody must. A registered instance is sent commands: that takes a scope at all times. */
export const ANONYMOUS_GRANTS: Grants = { discovery: false, mayUse: () => true };

/** What is no scope of ours grants nothing: tokens carry those of other services too. */
export function grantsOf(written: readonly string[]): Grants {
  const scopes = written.map(parseScope).filter((scope) => scope !== undefined);
  const tldsOf = new Map<string, string[]>();
  for (const scope of scopes) {
    if (scope === 'discovery') continue;
    const tlds = tldsOf.get(scope.business);
    if (tlds) tlds.push(scope.tld);
    else tldsOf.set(scope.business, [scope.tld]);
  }
  return {
    discovery: scopes.includes('discovery'),
    mayUse: (business, tld) => covers(tldsOf.get(business), tld) || covers(tldsOf.get('*'), tld),
  };
}

function covers(granted: readonly string[] | undefined, tld: string): boolean {
  if (!granted) return false;
  if (granted.includes('*')) return true;
  const name = canonicalName(tld);
  return name !== undefined && granted.some((one) => one === name || isBelow(name, one));
}

/** Of a token: `scope` (RFC 8693 section 4.2), else `scp`, which some issuers write; a list in one text, or an array. */
export function scopesOfClaims(claims: Readonly<Record<string, unknown>>): string[] {
  const claim = claims.scope ?? claims.scp;
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '');
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === 'string') : [];
}
