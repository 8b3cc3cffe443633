/** One line for each request, to find out by who asked what and how it ended. Never a body: it may hold authInfo. */
import { type AccessLog, accessLevel } from '../../lib/access-level.ts';
import type { Log } from '../../lib/log.ts';
import type { TraceContext } from '../../lib/trace-context.ts';
import type { Told } from './answers.ts';
import type { ReadRequest, ServedAccount } from './command-request.ts';

export interface LoggedRequest {
  requestId: string;
  trace: TraceContext | undefined;
  read: ReadRequest<ServedAccount> | undefined;
  told: Told;
  ms: number;
}

export function accessLogger(mode: AccessLog, log: Log): (request: LoggedRequest) => void {
  return (request) => {
    const transform = request.read?.work.transform === true;
    const level = accessLevel(mode, transform);
    if (level === undefined || !log.isLevelEnabled(level)) return;
    const what = transform ? 'transform command' : request.read ? 'query command' : 'request refused';
    log[level](fieldsOf(request), what);
  };
}

function fieldsOf({ requestId, trace, read, told, ms }: LoggedRequest): object {
  const { clTRID, svTRID, errors } = told.body as {
    clTRID?: string;
    svTRID?: string;
    errors?: readonly { field: string }[];
  };
  return {
    requestId,
    ...(trace ? { trace_id: trace.traceId, span_id: trace.spanId } : {}),
    ...(read ? commandFields(read) : {}),
    status: told.status,
    outcome: told.outcome,
    code: told.label,
    clTRID,
    svTRID,
    fields: errors?.map(({ field }) => field),
    replayed: told.replayed,
    ms: Math.round(ms),
  };
}

function commandFields({ account, operation, work }: ReadRequest<ServedAccount>): object {
  const { name, id, names, ids } = work.command.body;
  const listed = names ?? ids;
  return {
    account: account.name,
    operation,
    tenant: work.tenant,
    object: name ?? id,
    objects: Array.isArray(listed) ? listed.length : undefined,
  };
}
