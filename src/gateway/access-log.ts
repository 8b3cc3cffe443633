/** One line for each request, to find out by who asked what and how it ended. Never a body: it may hold authInfo. */
import { type AccessLog, accessLevel } from '../lib/access-level.ts';
import type { Log } from '../lib/log.ts';
import type { Progress } from './progress.ts';
import type { GatewayAnswer, Outcome } from './request.ts';

export interface LoggedAnswer {
  readonly answer: GatewayAnswer;
  readonly outcome: Outcome;
  readonly ms: number;
}

export function logAccess(
  log: Log,
  mode: AccessLog,
  progress: Progress,
  { answer, outcome, ms }: LoggedAnswer,
): void {
  const { rules, trace } = progress;
  const transform = rules?.transform === true;
  const level = accessLevel(mode, transform);
  if (level === undefined || !log.isLevelEnabled(level)) return;
  log[level](
    {
      requestId: progress.requestId,
      ...(trace ? { trace_id: trace.traceId, span_id: trace.spanId } : {}),
      caller: progress.caller,
      operation: rules?.operation,
      business: rules?.business,
      tld: progress.tld,
      path: progress.path,
      account: progress.account,
      set: progress.set,
      level: progress.level,
      instance: progress.instance,
      attempts: progress.attempts,
      outcome,
      status: answer.status,
      code: progress.code,
      replayed: answer.headers['idempotency-replayed'] === 'true' ? true : undefined,
      ms: Math.round(ms),
    },
    transform ? 'transform command' : rules ? 'query command' : 'request refused',
  );
}
