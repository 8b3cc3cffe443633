import { describe, expect, it } from 'vitest';
import { codeLabel, statusOfCode, statusOfFailure } from '../../../src/adapter/http/status.ts';
import { RESULT_MESSAGES } from '../../../src/epp/result-codes.ts';

const EXPECTED: Record<number, number> = {
  1000: 200,
  1001: 200,
  1300: 200,
  1301: 200,
  1500: 200,
  2000: 501,
  2001: 400,
  2002: 502,
  2003: 400,
  2004: 422,
  2005: 422,
  2100: 502,
  2101: 501,
  2102: 501,
  2103: 501,
  2104: 402,
  2105: 409,
  2106: 409,
  2200: 502,
  2201: 403,
  2202: 403,
  2300: 409,
  2301: 409,
  2302: 409,
  2303: 404,
  2304: 409,
  2305: 409,
  2306: 422,
  2307: 501,
  2308: 422,
  2400: 502,
  2500: 502,
  2501: 502,
  2502: 503,
};

describe('HTTP status of a result code', () => {
  it('is told for every code of RFC 5730', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(RESULT_MESSAGES).sort());
    for (const [code, status] of Object.entries(EXPECTED)) {
      expect([code, statusOfCode(Number(code))]).toEqual([code, status]);
    }
  });

  it.each([
    [1999, 200],
    [2099, 400],
    [2199, 501],
    [2299, 403],
    [2399, 409],
    [2499, 502],
    [2599, 502],
    [9999, 502],
    [0, 502],
    [-1, 502],
    [Number.NaN, 502],
  ])('goes by the category for a code that it does not know: %d', (code, status) => {
    expect(statusOfCode(code)).toBe(status);
  });

  it.each([
    ['timeout', 'unknown', 504],
    ['closed', 'unknown', 502],
    ['protocol', 'unknown', 502],
    ['budget', 'unknown', 502],
    ['closed', 'not-sent', 503],
    ['budget', 'not-sent', 503],
    ['shutdown', 'not-sent', 503],
  ] as const)('without an answer: %s, %s', (kind, outcome, status) => {
    expect(statusOfFailure(kind, outcome)).toBe(status);
  });
});

describe('label of a result code', () => {
  it('has few values, whatever a registry answers', () => {
    const labels = new Set(Array.from({ length: 10_000 }, (_, code) => codeLabel(code)));
    expect(labels.size).toBe(Object.keys(RESULT_MESSAGES).length + 2);
    expect(codeLabel(2303)).toBe('2303');
    expect(codeLabel(1777)).toBe('1xxx');
    expect(codeLabel(2777)).toBe('2xxx');
  });
});
