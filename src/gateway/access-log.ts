/** One line for each request, to find out by who asked what and how it ended. Never a body: it may hold authInfo. */
import type { GatewayPolicy } from '../api/files/gateway-file.ts';
import type { Log } from '../lib/log.ts';
import type { Progress } from './progress.ts';
import type { GatewayAnswer, Outcome } from './request.ts';

export interface LoggedAnswer {
  readonly answer: GatewayAnswer;
  readonly outcome: Outcome;
  readonly ms: number;
}

/** As adapters do: `transforms` at level info, `all` requests, or `none`. The others stand at level debug; with `none`, nowhere. */
export function logAccess(
  log: Log,
  mode: GatewayPolicy['accessLog'],
  progress: Progress,
  { answer, outcome, ms }: LoggedAnswer,
): void {
  if (mode === 'none') return;
  const { rules, trace } = progress;
  const transform = rules?.transform === true;
  const level = mode === 'all' || transform ? 'info' : 'debug';
  if (!log.isLevelEnabled(level)) return;
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
