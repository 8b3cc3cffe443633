/** What gateways and adapters of a namespace show each other, and the operator them both: a token that nobody else has. */

/** Request header with the token. Never logged, never passed on. */
export const INTERNAL_TOKEN_HEADER = 'x-eppset-token';

/** Name of the Secret, and its keys. The operator makes it in each namespace with a set or a gateway. */
export const INTERNAL_TOKEN_SECRET = 'eppset-internal-token';
/** `send`: the token to show. `accept`: those that are taken, one a line; two while the token changes. */
export const INTERNAL_TOKEN_KEYS = { send: 'send', accept: 'accept' } as const;

/** The tokens as they are now: they change while the process runs. */
export interface InternalToken {
  /** To show. */
  send(): string;
  /** Compares in constant time. False for undefined. */
  accepts(shown: string | undefined): boolean;
  close(): void;
}
