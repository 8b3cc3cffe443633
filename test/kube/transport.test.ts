import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/kube/api-error.ts';
import { retryAfter } from '../../src/kube/transport.ts';

describe('retryAfter', () => {
  const error = (code: number, retryAfterMs?: number) =>
    new ApiError('x', { code, ...(retryAfterMs && { retryAfterMs }) });

  it.each([
    { method: 'POST', code: 429, again: true },
    { method: 'PUT', code: 429, again: true },
    { method: 'GET', code: 429, again: true },
    { method: 'GET', code: 503, again: true },
    { method: 'GET', code: 500, again: true },
    { method: 'GET', code: 0, again: true },
    { method: 'PUT', code: 503, again: false },
    { method: 'PATCH', code: 500, again: false },
    { method: 'POST', code: 0, again: false },
    { method: 'DELETE', code: 504, again: false },
    { method: 'GET', code: 404, again: false },
    { method: 'GET', code: 410, again: false },
    { method: 'PUT', code: 409, again: false },
  ] as const)('after $code a $method is sent again: $again', ({ method, code, again }) => {
    expect(retryAfter({ method }, error(code), 0) !== undefined).toBe(again);
  });

  it('waits at least as long as the server asked', () => {
    expect(retryAfter({ method: 'PUT' }, error(429, 9000), 0)).toBe(9000);
    expect(retryAfter({ method: 'PUT' }, error(429, 1), 3)).toBeGreaterThanOrEqual(2000);
  });

  it('gives up after eight attempts, and never repeats what is no answer of the API', () => {
    expect(retryAfter({ method: 'GET' }, error(503), 6)).toBeDefined();
    expect(retryAfter({ method: 'GET' }, error(503), 7)).toBeUndefined();
    expect(retryAfter({ method: 'GET' }, new Error('stopped'), 0)).toBeUndefined();
  });
});
