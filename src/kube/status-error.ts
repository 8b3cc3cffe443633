import { ApiError } from './api-error.ts';

/** The parts of the API's `Status` object that an error is made of (meta/v1). */
interface Status {
  message?: string;
  reason?: string;
  code?: number;
  details?: { retryAfterSeconds?: number; causes?: { field?: string }[] };
}

/** How much of an answer that is not JSON (a proxy's page, a plain text) an error quotes. */
const MAX_QUOTE = 200;

/** The error for an answer that is not a success. `what` names the request. */
export function statusError(
  what: string,
  statusCode: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): ApiError {
  const status = parseStatus(body);
  const text = status?.message ?? body.trim().slice(0, MAX_QUOTE);
  const seconds = Number(headers['retry-after'] ?? status?.details?.retryAfterSeconds);
  return apiError(what, { ...status, code: statusCode, message: text }, seconds);
}

/** The error for a `Status` that came as an ERROR event of a watch. */
export function watchError(what: string, object: unknown): ApiError {
  const status = (object ?? {}) as Status;
  return apiError(what, status, Number(status.details?.retryAfterSeconds));
}

function apiError(what: string, status: Status, retryAfterSeconds: number): ApiError {
  const { code = 500, reason = '', message = '' } = status;
  const head = reason === '' ? String(code) : `${code} ${reason}`;
  return new ApiError(`${what}: ${message === '' ? head : `${head}: ${message}`}`, {
    code,
    reason,
    invalidFields: (status.details?.causes ?? []).flatMap(({ field = [] }) => field),
    ...(retryAfterSeconds > 0 && { retryAfterMs: retryAfterSeconds * 1000 }),
  });
}

function parseStatus(body: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
