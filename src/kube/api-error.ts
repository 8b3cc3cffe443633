/** A refusal by the Kubernetes API (its `Status` object), or of the way to it (`code` 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when no answer came: nobody knows whether a write happened, unless the reason is `NotSent`. */
  readonly code: number;
  /** The API's reason, e.g. `NotFound`, `Conflict`, `AlreadyExists`, `Expired`; with code 0 our own: `NotSent`, `NoAnswer`, `NotJson`. */
  readonly reason: string;
  /** What the server asks us to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  /** The fields that the API found at fault, e.g. `spec.replicas`. */
  readonly invalidFields: readonly string[];

  constructor(
    message: string,
    fields: {
      code: number;
      reason?: string;
      retryAfterMs?: number;
      invalidFields?: readonly string[];
      cause?: unknown;
    },
  ) {
    super(message, { cause: fields.cause });
    this.code = fields.code;
    this.reason = fields.reason ?? '';
    this.retryAfterMs = fields.retryAfterMs;
    this.invalidFields = fields.invalidFields ?? [];
  }
}

const isApiError = (error: unknown, code: number): error is ApiError =>
  error instanceof ApiError && error.code === code;

/** Who asks has no right to it. */
export const isForbidden = (error: unknown): boolean => isApiError(error, 403);
export const isNotFound = (error: unknown): boolean => isApiError(error, 404);
export const isConflict = (error: unknown): boolean =>
  isApiError(error, 409) && error.reason !== 'AlreadyExists';
export const isAlreadyExists = (error: unknown): boolean =>
  isApiError(error, 409) && error.reason === 'AlreadyExists';
/** The resourceVersion of a watch or a page is too old: list again. */
export const isGone = (error: unknown): boolean => isApiError(error, 410);
export const isInvalid = (error: unknown): boolean => isApiError(error, 422);
