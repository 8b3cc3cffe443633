/** Who asks, once it is known. Pure. */
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../request.ts';
import { ANONYMOUS_GRANTS, type Grants } from './scopes.ts';

const CALLER_ID = /^[\x21-\x7e]{1,255}$/;

/** It stands in logs, and is a key of limits: 1 to 255 printable ASCII characters without a space. */
export function isCallerId(text: unknown): text is string {
  return typeof text === 'string' && CALLER_ID.test(text);
}

class KnownCaller implements Caller {
  readonly id: string;
  readonly grants: Grants;

  constructor(id: string, grants: Grants) {
    this.id = id;
    this.grants = grants;
  }

  mayUse(business: string, tld: string): boolean {
    return this.grants.mayUse(business, tld);
  }
}

export function callerOf(id: string, grants: Grants): Caller {
  return new KnownCaller(id, grants);
}

/** Without authentication: called what it says, and may send every command. */
export function anonymousCaller(headers: IncomingHttpHeaders): Caller {
  const tenant = headers['x-epp-tenant'];
  return new KnownCaller(isCallerId(tenant) ? tenant : 'anonymous', ANONYMOUS_GRANTS);
}

/** Whether it may register instances at the discovery API: scope `discovery`. Never without authentication. */
export function mayRegister(caller: Caller): boolean {
  return caller instanceof KnownCaller && caller.grants.discovery;
}

/** What x-epp-tenant can hold: characters of a token (RFC 9110 section 5.6.2). */
const TENANT = /^[!#$%&'*+\-.^_`|~\dA-Za-z]{1,64}$/;
const HASHED = 'sha256-';

/**
 * The tenant that adapters are told of a caller that was authenticated, in the place of what it says itself: idempotency keys belong to a
 * tenant, and so do shares of the queue. Its id where that fits, else a digest of it; never the same for two callers.
 */
export function tenantOf(caller: Caller): string {
  if (TENANT.test(caller.id) && !caller.id.startsWith(HASHED)) return caller.id;
  return HASHED + hash('sha256', caller.id, 'base64url');
}
