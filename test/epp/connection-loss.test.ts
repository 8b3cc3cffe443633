import { describe, expect, it } from 'vitest';
import { codeOf, connectHint, provesNoConnection } from '../../src/epp/connect-failure.ts';
import { brokenBy, endedBy } from '../../src/epp/connection-loss.ts';
import type { SessionState } from '../../src/epp/session.ts';

const failed = (code: string) => Object.assign(new Error(`failed: ${code}`), { code });

describe('a FIN that nobody asked for', () => {
  it.each<[SessionState, boolean, string, RegExp]>([
    ['greeting', false, 'limit', /before its greeting; it may count too many/],
    ['greeting', true, 'limit', /before its greeting, in the middle of a frame/],
    ['login', false, 'limit', /instead of answering the login/],
    ['idle', false, 'closed', /^the registry closed the connection$/],
    ['busy', false, 'closed', /^the registry closed the connection$/],
    ['busy', true, 'closed', /in the middle of a frame$/],
    ['draining', false, 'closed', /^the registry closed the connection$/],
  ])('while %s (in a frame: %s): %s', (state, midFrame, kind, text) => {
    expect(endedBy(state, midFrame)).toEqual({ kind, text: expect.stringMatching(text) });
  });
});

describe('a connection that breaks', () => {
  it.each<[SessionState, string, string]>([
    ['connecting', 'ECONNREFUSED', 'connect'],
    ['connecting', 'ECONNRESET', 'connect'],
    ['greeting', 'ECONNRESET', 'limit'],
    ['greeting', 'EPIPE', 'limit'],
    ['greeting', 'ETIMEDOUT', 'connect'],
    ['login', 'ECONNRESET', 'limit'],
    ['login', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'connect'],
    ['idle', 'ECONNRESET', 'closed'],
    ['busy', 'ETIMEDOUT', 'closed'],
  ])('while %s by %s: %s', (state, code, kind) => {
    const error = failed(code);
    expect(brokenBy(state, error)).toMatchObject({ kind, cause: error });
  });
});

describe('a connect that failed', () => {
  it.each([
    ['ECONNREFUSED', true],
    ['EADDRNOTAVAIL', true],
    ['EMFILE', true],
    ['ETIMEDOUT', false],
    ['EHOSTUNREACH', false],
    ['ECONNRESET', false],
    ['CERT_HAS_EXPIRED', false],
    [undefined, false],
  ])('by %s proves that nothing is there: %s', (code, proves) => {
    expect(provesNoConnection(code)).toBe(proves);
  });

  it.each([
    ['ECONNREFUSED', 'nothing listens there'],
    ['ETIMEDOUT', 'network path'],
    ['ENETUNREACH', 'network path'],
    ['EMFILE', 'open files'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'serverName'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'CA certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CA certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CA certificate'],
    ['CERT_HAS_EXPIRED', 'has expired'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'asks for a client certificate'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'asks for a client certificate'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'refuses our client certificate'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'refuses our client certificate'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'does not speak TLS'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'no common TLS version'],
    ['ECONNRESET', 'lists our address'],
  ])('by %s says what to look at', (code, hint) => {
    expect(connectHint(code)).toContain(hint);
  });

  it('by anything else says nothing that it does not know', () => {
    expect([connectHint('EWHATEVER'), connectHint(undefined)]).toEqual(['', '']);
    expect([codeOf(failed('EX')), codeOf(new Error('x')), codeOf(null), codeOf({ code: 5 })]).toEqual([
      'EX',
      undefined,
      undefined,
      undefined,
    ]);
  });
});
