/** From what became of a command to what its caller is told. Pure. */

import type { FieldError } from '../../api/http/field-error.ts';
import { RETRY_AFTER_SECONDS } from '../../api/http/problem.ts';
import { type EppResponse, resultCode } from '../../epp/command.ts';
import { EppError, type Outcome } from '../../epp/session.ts';
import { type Answer, RequestRefused } from '../work.ts';
import type { RequestProblem } from './command-request.ts';
import type { ProblemCode } from './problem-catalogue.ts';
import { bodyField, failureProblem, ownProblem, type Problem, registryProblem } from './problems.ts';
import { codeLabel, isSuccess } from './status.ts';

/** What is answered, and what of it is counted and logged. */
export interface Told {
  status: number;
  outcome: Outcome;
  body: (EppResponse & { outcome: Outcome }) | Problem;
  /** Label of the metrics: the result code, else the problem's own. */
  label: string;
  /** Header Retry-After. */
  retryAfterSeconds?: number;
  /** Given before, for the same idempotency key. */
  replayed?: true;
  /** Of an answer that was kept: header Age. */
  ageSeconds?: number;
}

/** The registry's answer: as it is where it is a success, else as a problem that holds all of it. */
export function answered({ response, clTRID, replayed, ageMs }: Answer): Told {
  const code = resultCode(response);
  const told: Told = isSuccess(code)
    ? { status: 200, outcome: 'done', body: { outcome: 'done', ...response, clTRID }, label: codeLabel(code) }
    : ofProblem(registryProblem(response, code, clTRID), codeLabel(code));
  if (replayed) told.replayed = replayed;
  if (ageMs !== undefined) told.ageSeconds = Math.floor(ageMs / 1_000);
  return told;
}

/** @param transform whether the command changes something */
export function failed(error: unknown, transform: boolean): Told {
  if (error instanceof RequestRefused) {
    // what is no extension of the body is the path's command
    const fields = error.issues.map(({ path, message }) =>
      path.startsWith('extensions') ? bodyField(path, message) : { field: path, message },
    );
    const told = ours(error.code, error.message, fields.length > 0 ? fields : undefined);
    return told.retryAfterSeconds === undefined
      ? told
      : { ...told, retryAfterSeconds: error.retryAfterSeconds };
  }
  if (!(error instanceof EppError)) return ours('internal', 'the adapter failed; see its log');
  const { kind, outcome, code, clTRID, message } = error;
  const problem = failureProblem({ kind, outcome, message, transform, resultCode: code, clTRID });
  const told = ofProblem(problem, kind);
  return 'replayed' in error ? { ...told, replayed: true } : told;
}

/** What the adapter itself finds wrong. */
export function ours(code: ProblemCode, detail: string, errors?: readonly FieldError[]): Told {
  return ofProblem(ownProblem(code, detail, errors), code);
}

export function refused({ code, errors }: Pick<RequestProblem, 'code' | 'errors'>): Told {
  return ours(code, summary(errors), errors);
}

function ofProblem(problem: Problem, label: string): Told {
  const { status, outcome, retry } = problem;
  const again = retry === 'after' || retry === 'elsewhere' || status === 503;
  return {
    status,
    outcome,
    body: problem,
    label,
    ...(again ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {}),
  };
}

const SHOWN = 3;

function summary(errors: readonly FieldError[]): string {
  const shown = errors.slice(0, SHOWN).map(({ field, message }) => `${field}: ${message}`);
  const more = errors.length > SHOWN ? `; and ${errors.length - SHOWN} more` : '';
  return shown.join('; ') + more;
}
