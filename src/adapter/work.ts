/** One request as the pools see it, and what may be done when an attempt at it failed. */
import type { EppCommand, EppResponse } from '../epp/command.ts';
import type { CommandIssue } from '../epp/commands/issues.ts';
import type { EppError } from '../epp/session.ts';

export interface Work {
  /** Checked, and without a clTRID: each attempt gets its own. */
  readonly command: EppCommand;
  /** For transforms alone: what its attempts are called by instead. One is only followed by another where not a byte of it was written. */
  readonly clTRID?: string;
  /** Changes something at the registry. */
  readonly transform: boolean;
  /** The TLD that was asked under, as A-labels. */
  readonly tld?: string;
  /** By what it does, unless it is `background`: that waits behind everything that callers ask. */
  readonly priority?: 'transform' | 'query' | 'background';
  /** Who asks, for fairness between callers (header x-epp-tenant): 1 to 64 characters of a token. */
  readonly tenant?: string;
  /** Monotonic milliseconds after which nobody waits for the answer any more (header x-epp-timeout). */
  readonly deadlineMs?: number;
  /** The caller's trace, for logs (W3C Trace Context). */
  readonly trace?: WorkTrace;
}

export interface WorkTrace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: our part of it. */
  readonly spanId: string;
}

export interface Answer {
  response: EppResponse;
  /** Of the attempt that was answered. */
  clTRID: string;
  /** It was given before, to an earlier request with the same idempotency key. */
  replayed?: true;
  /** Kept from an earlier check: how long ago it came, in milliseconds; of several names that of the oldest. */
  ageMs?: number;
}

export type RefusalCode =
  | 'queue-full'
  | 'queue-expired'
  | 'draining'
  | 'account-unavailable'
  | 'no-connection'
  | 'caller-gone'
  | 'not-offered'
  | 'idempotency-key-reused'
  | 'idempotency-key-running'
  | 'idempotency-store-unavailable';

/** We did not try: nothing was sent, and the caller may try again, here or elsewhere. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly code: RefusalCode;
  /** For the header Retry-After; whole seconds, at least 1. */
  readonly retryAfterSeconds: number;
  /** The fields that are the reason, where some are. */
  readonly issues: readonly CommandIssue[];

  constructor(
    code: RefusalCode,
    message: string,
    retryAfterMs = 1_000,
    issues: readonly CommandIssue[] = NO_ISSUES,
  ) {
    // A refusal is no fault that somebody would look for by a stack, and under a flood the stacks cost an eighth of all work
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
    this.issues = issues;
  }
}

const NO_ISSUES: readonly CommandIssue[] = [];

/** What the registry's login has not got: its caller's to mend, on no connection better than on another. */
export function notOffered(account: string, issues: readonly CommandIssue[]): RequestRefused {
  const fields = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new RequestRefused('not-offered', `${account}: ${fields}`, undefined, issues);
}

/**
 * Whether an attempt that failed may be followed by another on some connection. A transform of which a byte may have been
 * written never is: it could be carried out twice. A query may be, once. Expired work is worth nothing to its caller.
 */
export function mayTryAgain(options: {
  transform: boolean;
  error: Pick<EppError, 'kind' | 'outcome'>;
  /** Attempts at this work that ended `unknown`, this one included. */
  unknowns: number;
  nowMs: number;
  deadlineMs: number;
}): boolean {
  if (options.nowMs >= options.deadlineMs) return false;
  // A command that the session would not write is the command's fault: another session will not either
  if (options.error.outcome === 'not-sent') return options.error.kind !== 'protocol';
  return !options.transform && options.unknowns <= 1;
}

/** Fresh client transaction ids: unique over processes by their random part, in order within one (RFC 5730 section 2.5: 3 to 64 characters). */
export function transactionIds(options: { prefix: string }): () => string {
  let count = 0;
  return () => `${options.prefix}-${(++count).toString(36)}`;
}
