import { describe, expect, it } from 'vitest';
import { mayTryAgain, RequestRefused, transactionIds } from '../../src/adapter/work.ts';

describe('another attempt', () => {
  it.each([
    // transform, outcome, unknowns, in time → allowed
    [true, 'not-sent', 0, true, true],
    [true, 'not-sent', 0, false, false],
    [true, 'unknown', 1, true, false],
    [true, 'unknown', 1, false, false],
    [false, 'not-sent', 0, true, true],
    [false, 'not-sent', 1, true, true],
    [false, 'not-sent', 0, false, false],
    [false, 'unknown', 1, true, true],
    [false, 'unknown', 2, true, false],
    [false, 'unknown', 1, false, false],
  ] as const)(
    'transform %s, %s, %d times unknown, in time %s: %s',
    (transform, outcome, unknowns, inTime, allowed) => {
      const deadlineMs = 1_000;
      expect(
        mayTryAgain({
          transform,
          error: { kind: 'closed', outcome },
          unknowns,
          deadlineMs,
          nowMs: inTime ? 999 : 1_000,
        }),
      ).toBe(allowed);
    },
  );
});

describe('another attempt at a command that no session would write', () => {
  it('is not made', () => {
    const error = { kind: 'protocol', outcome: 'not-sent' } as const;
    expect(mayTryAgain({ transform: false, error, unknowns: 0, nowMs: 0, deadlineMs: 1 })).toBe(false);
  });
});

describe('transaction ids', () => {
  it('are unique and of a length that EPP takes', () => {
    const next = transactionIds({ prefix: 'EPPSET-0123456789ab' });
    const ids = Array.from({ length: 10_000 }, next);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[-A-Za-z0-9]{3,64}$/);
  });
});

describe('refusal', () => {
  it.each([
    [0, 1],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [59_500, 60],
  ])('after %d ms: Retry-After %d', (ms, seconds) => {
    expect(new RequestRefused('queue-full', 'full', ms).retryAfterSeconds).toBe(seconds);
  });
});
