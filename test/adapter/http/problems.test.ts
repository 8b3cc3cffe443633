import { describe, expect, it } from 'vitest';
import { answered, failed, ours, refused } from '../../../src/adapter/http/answers.ts';
import { PROBLEMS, type ProblemCode } from '../../../src/adapter/http/problem-catalogue.ts';
import { problemCodes, problemPage } from '../../../src/adapter/http/problem-pages.ts';
import { notOffered, RequestRefused } from '../../../src/adapter/work.ts';
import { RETRY_CLASSES } from '../../../src/api/http/problem.ts';
import { RESULT_MESSAGES } from '../../../src/epp/result-codes.ts';
import { EppError } from '../../../src/epp/session.ts';

const response = (code: number) => ({ results: [{ code, message: 'm' }], svTRID: 'SV-1' });
const answer = (code: number) => answered({ response: response(code), clTRID: 'CL-1' });

describe("the registry's answer", () => {
  it.each([1000, 1001, 1300, 1301])('%d is told as it is', (code) => {
    expect(answer(code)).toEqual({
      status: 200,
      outcome: 'done',
      label: String(code),
      body: { outcome: 'done', ...response(code), clTRID: 'CL-1' },
    });
  });

  it.each([
    [2001, 'never', undefined],
    [2002, 'after', 1],
    [2003, 'never', undefined],
    [2004, 'never', undefined],
    [2100, 'account', undefined],
    [2101, 'never', undefined],
    [2103, 'never', undefined],
    [2104, 'account', undefined],
    [2200, 'account', undefined],
    [2201, 'never', undefined],
    [2302, 'never', undefined],
    [2303, 'never', undefined],
    [2306, 'never', undefined],
    [2400, 'after', 1],
    [2500, 'after', 1],
    [2501, 'account', undefined],
    [2502, 'after', 1],
    [2399, 'never', undefined],
    [2599, 'after', 1],
  ])('%d is a problem: retry %s, Retry-After %s', (code, retry, retryAfterSeconds) => {
    const told = answer(code);
    expect(told.body).toMatchObject({
      type: `/problems/epp-${code}`,
      status: told.status,
      outcome: 'done',
      retry,
      clTRID: 'CL-1',
      ...response(code),
    });
    expect(told.retryAfterSeconds).toBe(retryAfterSeconds);
  });

  it('is told in full, reasons first, without the secrets that it echoes', () => {
    const { body } = answered({
      clTRID: 'CL-1',
      response: {
        results: [
          {
            code: 2202,
            message: 'Invalid authorization information',
            values: ['<domain:authInfo><domain:pw>hunter2</domain:pw></domain:authInfo>'],
            extValues: [{ value: '<domain:pw>hunter2</domain:pw>', reason: 'not that one' }],
          },
          { code: 2306, message: 'Parameter value policy error' },
        ],
        data: { name: 'a.com' },
        extensions: { raw: ['<x:y xmlns:x="urn:x"/>'] },
      },
    });
    expect(body).toMatchObject({
      title: 'Invalid authorization information',
      detail: '2202 Invalid authorization information (not that one); 2306 Parameter value policy error',
      data: { name: 'a.com' },
      extensions: { raw: ['<x:y xmlns:x="urn:x"/>'] },
    });
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  it('says that it was given before, or how old it is', () => {
    const told = answered({ response: response(1000), clTRID: 'CL-1', replayed: true, ageMs: 2_900 });
    expect([told.replayed, told.ageSeconds]).toEqual([true, 2]);
  });
});

describe('a command without an answer', () => {
  const error = (kind: EppError['kind'], outcome: 'not-sent' | 'unknown') =>
    new EppError('why', { kind, outcome, clTRID: 'CL-1' });

  it.each([
    ['timeout', 'unknown', true, 504, 'reconcile', undefined],
    ['closed', 'unknown', true, 502, 'reconcile', undefined],
    ['closed', 'unknown', false, 502, 'after', 1],
    ['timeout', 'unknown', false, 504, 'after', 1],
    ['budget', 'not-sent', true, 503, 'after', 1],
    ['expired', 'not-sent', true, 503, 'after', 1],
    ['login', 'not-sent', true, 503, 'account', 1],
  ] as const)('%s, %s, transform %s: %d, retry %s', (kind, outcome, transform, status, retry, after) => {
    const told = failed(error(kind, outcome), transform);
    expect(told).toMatchObject({ status, outcome, label: kind });
    expect(told.body).toMatchObject({ type: `/problems/${kind}`, status, outcome, retry, clTRID: 'CL-1' });
    expect(told.retryAfterSeconds).toBe(after);
  });

  it.each([
    ['queue-full', 503, 'after', 7],
    ['draining', 503, 'elsewhere', 7],
    ['account-unavailable', 503, 'account', 7],
    ['no-connection', 503, 'elsewhere', 7],
    ['idempotency-key-running', 409, 'after', 7],
    ['idempotency-key-reused', 422, 'never', undefined],
    ['idempotency-store-unavailable', 503, 'after', 7],
    ['not-offered', 422, 'never', undefined],
  ] as const)('that was refused, %s: %d, retry %s', (code, status, retry, after) => {
    const told = failed(new RequestRefused(code, 'why', 7_000), true);
    expect(told.body).toMatchObject({
      type: `/problems/${code}`,
      status,
      outcome: 'not-sent',
      retry,
      detail: 'why',
    });
    expect(told.retryAfterSeconds).toBe(after);
  });

  it('because the registry has not got it names the fields', () => {
    const told = failed(notOffered('acme', [{ path: 'extensions.fee', message: 'is not offered' }]), true);
    expect(told.body).toMatchObject({
      detail: 'acme: extensions.fee: is not offered',
      errors: [{ field: 'extensions.fee', message: 'is not offered' }],
    });
  });

  it('says nothing of what it does not know', () => {
    const told = failed(new Error('secret-1 in a message'), true);
    expect(told.body).toMatchObject({
      type: '/problems/internal',
      status: 500,
      outcome: 'unknown',
      retry: 'reconcile',
    });
    expect(JSON.stringify(told)).not.toContain('secret-1');
  });

  it('names every field, and the first few in words', () => {
    const errors = ['a', 'b', 'c', 'd', 'e'].map((field) => ({ field, message: 'is wrong' }));
    const { body } = refused({ code: 'invalid-request', errors });
    expect(body).toMatchObject({
      errors,
      detail: 'a: is wrong; b: is wrong; c: is wrong; and 2 more',
    });
  });
});

describe('the pages of problems', () => {
  it('are there for every problem that is told', () => {
    for (const code of problemCodes()) expect(problemPage(code)).toMatch(new RegExp(`^${code}: .+\n\n.+`));
    for (const code of Object.keys(RESULT_MESSAGES)) {
      const page = problemPage(`epp-${code}`);
      if (Number(code) < 2000) expect(page).toBeUndefined();
      else expect(page).toContain(RESULT_MESSAGES[Number(code) as keyof typeof RESULT_MESSAGES]);
    }
    expect(problemPage('epp-2399')).toContain('RFC 5730 does not have');
  });

  it.each(['', 'epp', 'epp-', 'epp-12', 'epp-1000', 'epp-20000', 'constructor', '__proto__', 'nothing'])(
    '%j has none',
    (code) => {
      expect(problemPage(code)).toBeUndefined();
    },
  );

  it('tell the status and the class that the problem has', () => {
    for (const [code, { status, retry, title }] of Object.entries(PROBLEMS)) {
      const page = problemPage(code) ?? '';
      expect([
        code,
        page.includes(String(status)),
        page.includes(`retry ${retry}:`),
        page.includes(title),
      ]).toEqual([code, true, true, true]);
      expect(RETRY_CLASSES).toContain(retry);
      expect(ours(code as ProblemCode, 'd').body).toMatchObject({
        status,
        retry,
        title,
        outcome: code === 'internal' ? 'unknown' : 'not-sent',
      });
    }
  });
});
