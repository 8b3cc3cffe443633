/** Problem details (RFC 9457) of what went wrong, with what is known of the command beside. */

import type { FieldError } from '../../api/http/field-error.ts';
import type { RetryClass } from '../../api/http/problem.ts';
import type { EppResponse } from '../../epp/command.ts';
import { RESULT_MESSAGES } from '../../epp/result-codes.ts';
import type { EppErrorKind, Outcome } from '../../epp/session.ts';
import { redactXml } from '../../lib/redact-xml.ts';
import { FAILURES, PROBLEMS, type ProblemCode, retryOfCode } from './problem-catalogue.ts';
import { statusOfCode, statusOfFailure } from './status.ts';

/** A field of a JSON body. @param path as an issue of a command has it; `body` for the whole */
export function bodyField(path: string, message: string): FieldError {
  return { field: path, message, pointer: path === 'body' ? '#' : `#${pointerOf(path)}` };
}

const KEYS = /\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g;

/** `names[2]` as `/names/2`. */
function pointerOf(path: string): string {
  return [...path.matchAll(KEYS)]
    .map(([, quoted, plain]) => (quoted === undefined ? (plain ?? '') : String(JSON.parse(`"${quoted}"`))))
    .map((key) => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  outcome: Outcome;
  retry: RetryClass;
  errors?: readonly FieldError[];
  [member: string]: unknown;
}

/** Of what the adapter itself finds. */
export function ownProblem(code: ProblemCode, detail: string, errors?: readonly FieldError[]): Problem {
  const { status, title, retry, outcome = 'not-sent' } = PROBLEMS[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail,
    outcome,
    retry,
    ...(errors === undefined ? {} : { errors }),
  };
}

/** Of an error that the registry answered with: its whole response stands beside. */
export function registryProblem(response: EppResponse, code: number, clTRID: string): Problem {
  const { results, ...rest } = response;
  return {
    type: `/problems/epp-${code}`,
    title: RESULT_MESSAGES[code as keyof typeof RESULT_MESSAGES] ?? `Result code ${code}`,
    status: statusOfCode(code),
    detail: detailOf(results),
    outcome: 'done',
    retry: retryOfCode(code),
    results: results.map(redactResult),
    ...rest,
    clTRID,
  };
}

/** Errors are logged by callers: what they echo of authInfo is blanked. */
function redactResult(result: EppResponse['results'][number]): EppResponse['results'][number] {
  const { values, extValues } = result;
  if (!values && !extValues) return result;
  return {
    ...result,
    ...(values ? { values: values.map(redactXml) } : {}),
    ...(extValues
      ? { extValues: extValues.map(({ value, reason }) => ({ value: redactXml(value), reason })) }
      : {}),
  };
}

function detailOf(results: EppResponse['results']): string {
  return results
    .map(({ code, message, extValues }) => {
      const reasons = (extValues ?? []).map(({ reason }) => reason).filter((reason) => reason !== '');
      return `${code} ${message}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`;
    })
    .join('; ');
}

/** Of a command that got no answer. */
export function failureProblem(failure: {
  kind: EppErrorKind;
  outcome: Exclude<Outcome, 'done'>;
  message: string;
  /** Whether the command changes something: of a query nothing needs to be cleared up. */
  transform: boolean;
  /** Of the registry, where it gave one. */
  resultCode?: number | undefined;
  clTRID?: string | undefined;
}): Problem {
  const { kind, outcome, message, transform, resultCode, clTRID } = failure;
  return {
    type: `/problems/${kind}`,
    title: FAILURES[kind].title,
    status: statusOfFailure(kind, outcome),
    detail: message,
    outcome,
    retry: outcome === 'unknown' && transform ? 'reconcile' : kind === 'login' ? 'account' : 'after',
    ...(resultCode === undefined ? {} : { resultCode }),
    ...(clTRID === undefined ? {} : { clTRID }),
  };
}
