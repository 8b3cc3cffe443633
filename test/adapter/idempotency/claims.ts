import type { Claim, Settled } from '../../../src/adapter/idempotency/record.ts';

export const aClaim = (token: string, fingerprint = 'same', runMs = 60_000): Claim => ({
  token,
  fingerprint,
  clTRID: `${token}-id`,
  runMs,
});

export const DONE: Settled = { verdict: 'done', answer: 'sealed answer' };
export const UNKNOWN: Settled = { verdict: 'unknown', answer: 'sealed failure' };
