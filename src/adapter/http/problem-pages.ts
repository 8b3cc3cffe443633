/** `GET /problems/{code}`: what each problem's `type` leads to. */
import { problemText, type RetryClass } from '../../api/http/problem.ts';
import { RESULT_MESSAGES } from '../../epp/result-codes.ts';
import type { EppErrorKind } from '../../epp/session.ts';
import { FAILURES, PROBLEMS, type ProblemCode, retryOfCode } from './problem-catalogue.ts';
import { statusOfCode, statusOfFailure } from './status.ts';

/** What `GET /problems/{code}` says, for people; undefined where there is no such problem. */
export function problemPage(code: string): string | undefined {
  if (Object.hasOwn(PROBLEMS, code)) {
    const { status, title, retry, text, outcome = 'not-sent' } = PROBLEMS[code as ProblemCode];
    return problemText(code, title, text, [`HTTP status ${status}`, `outcome ${outcome}`, retryLine(retry)]);
  }
  if (Object.hasOwn(FAILURES, code)) {
    const kind = code as EppErrorKind;
    const { title, text } = FAILURES[kind];
    return problemText(code, title, text, [
      `HTTP status ${statusOfFailure(kind, 'unknown')} where the outcome is unknown: the command may have been carried out`,
      `HTTP status ${statusOfFailure(kind, 'not-sent')} where it is not-sent`,
      'retry reconcile for a command that changes something and whose outcome is unknown: ask with info before anything else',
    ]);
  }
  const result = /^epp-([1-9]\d{3})$/.exec(code)?.[1];
  return result === undefined || Number(result) < 2000 ? undefined : resultPage(Number(result));
}

function resultPage(code: number): string {
  const message = RESULT_MESSAGES[code as keyof typeof RESULT_MESSAGES];
  const title = message ?? 'A result code that RFC 5730 does not have';
  const text = 'The registry answered with this result code (RFC 5730 section 3); `results` has it in full.';
  return problemText(`epp-${code}`, title, text, [
    `HTTP status ${statusOfCode(code)}`,
    'outcome done',
    retryLine(retryOfCode(code)),
  ]);
}

const RETRY_TEXTS: Readonly<Record<RetryClass, string>> = {
  never: 'the same request will fail again',
  after: 'again, when Retry-After has passed',
  elsewhere: 'again, at another pod or set',
  reconcile: 'ask with info first: it may have been carried out',
  account: 'somebody must mend the registry account first',
};

function retryLine(retry: RetryClass): string {
  return `retry ${retry}: ${RETRY_TEXTS[retry]}`;
}

/** Every code that has a page, registry's result codes excepted. */
export function problemCodes(): string[] {
  return [...Object.keys(PROBLEMS), ...Object.keys(FAILURES)];
}
