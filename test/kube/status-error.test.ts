import { describe, expect, it } from 'vitest';
import { isConflict } from '../../src/kube/api-error.ts';
import { statusError } from '../../src/kube/status-error.ts';

describe('statusError', () => {
  it('tells request, code, reason and what the server said', () => {
    const body = JSON.stringify({ kind: 'Status', code: 409, reason: 'Conflict', message: 'modified' });
    const error = statusError('replace X a/b', 409, {}, body);
    expect(error).toMatchObject({
      message: 'replace X a/b: 409 Conflict: modified',
      code: 409,
      reason: 'Conflict',
      retryAfterMs: undefined,
    });
    expect(isConflict(error)).toBe(true);
  });

  it.each([
    { headers: { 'retry-after': '3' }, body: '', ms: 3000 },
    { headers: {}, body: JSON.stringify({ details: { retryAfterSeconds: 7 } }), ms: 7000 },
    { headers: { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }, body: '', ms: undefined },
    { headers: {}, body: '', ms: undefined },
  ])('reads how long to wait from $headers and $body', ({ headers, body, ms }) => {
    expect(statusError('x', 429, headers, body).retryAfterMs).toBe(ms);
  });

  it("quotes the beginning of what is not the API's", () => {
    expect(statusError('get X a', 502, {}, `<html>${'x'.repeat(500)}`).message).toBe(
      `get X a: 502: <html>${'x'.repeat(194)}`,
    );
  });
});
