import { describe, expect, it } from 'vitest';
import type { EppResponse } from '../../src/epp/command.ts';
import { endBy, loginRefusal, logoutRefusal, readFirstFrame } from '../../src/epp/handshake.ts';
import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../../src/epp/namespaces.ts';
import { PROFILES } from '../../src/epp/profiles/catalogue.ts';
import type { Greeting } from '../../src/epp/responses/greeting.ts';
import { replyTo } from './exchanges.ts';
import { CREDENTIALS } from './session-fixture.ts';

const LOGIN_SEC = 'urn:ietf:params:xml:ns:epp:loginSec-1.0';
const SEC_DNS = 'urn:ietf:params:xml:ns:secDNS-1.1';
const LONG = 'a password of more than sixteen characters';

const greets = (parts: Partial<Greeting> = {}) => ({
  kind: 'greeting' as const,
  greeting: {
    svID: 'x',
    svDate: '',
    versions: ['1.0'],
    langs: ['en'],
    objURIs: [DOMAIN_URI, HOST_URI],
    extURIs: [],
    ...parts,
  },
});
const says = (code: number): EppResponse => ({ results: [{ code, message: `said ${code}` }] });

describe('readFirstFrame', () => {
  it.each([
    ['both know', { objURIs: [DOMAIN_URI], extURIs: [SEC_DNS] }, [DOMAIN_URI], [SEC_DNS]],
    [
      'the registry knows more',
      { objURIs: [DOMAIN_URI, 'urn:o'], extURIs: ['urn:e'] },
      [DOMAIN_URI],
      undefined,
    ],
    [
      'the registry knows less',
      { objURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI] },
      [DOMAIN_URI, HOST_URI, CONTACT_URI],
      undefined,
    ],
  ])('logs in with what both know, where %s', (_, offered, objURIs, extURIs) => {
    const first = readFirstFrame(greets(offered), PROFILES.nomulus, CREDENTIALS);
    expect(first).toMatchObject({
      login: {
        command: 'login',
        body: { clID: 'acme', pw: CREDENTIALS.password, options: { version: '1.0', lang: 'en' } },
      },
      services: { objURIs, extURIs: extURIs ?? [] },
    });
    if ('failure' in first) throw new Error(first.failure.text);
    expect(first.login.body.svcs).toEqual(extURIs ? { objURIs, svcExtension: { extURIs } } : { objURIs });
  });

  it.each([
    [['en', 'fr'], 'en'],
    [['fr', 'EN-gb'], 'EN-gb'],
    [['fr', 'de'], 'fr'],
  ])('speaks a language of %j', (langs, lang) => {
    const first = readFirstFrame(greets({ langs }), PROFILES.generic, CREDENTIALS);
    expect(first).toMatchObject({ login: { body: { options: { lang } } } });
  });

  it('sets a new password, and puts long ones where the greeting has a place for them', () => {
    const plain = readFirstFrame(greets(), PROFILES.generic, { ...CREDENTIALS, newPassword: 'an0ther' });
    expect(plain).toMatchObject({ login: { body: { newPW: 'an0ther' } } });
    const secure = readFirstFrame(greets({ extURIs: [LOGIN_SEC] }), PROFILES.generic, {
      ...CREDENTIALS,
      newPassword: LONG,
    });
    expect(secure).toMatchObject({
      services: { extURIs: [LOGIN_SEC] },
      login: {
        body: { pw: CREDENTIALS.password, newPW: '[LOGIN-SECURITY]' },
        extensions: { loginSec: { newPW: LONG } },
      },
    });
  });

  it.each([
    ['a response', replyTo(undefined, 2400), 'greeting', /instead of a greeting: 2400 said/],
    ['2502', replyTo(undefined, 2502), 'limit', /instead of a greeting: 2502 said/],
    [
      'none of our objects',
      greets({ objURIs: ['urn:o'] }),
      'greeting',
      /none of the objects.*it offers urn:o/,
    ],
    ['no object at all', greets({ objURIs: [] }), 'greeting', /it offers none/],
  ])('does not log in after %s', (_, frame, kind, text) => {
    const first = readFirstFrame(frame, PROFILES.generic, CREDENTIALS);
    expect(first).toMatchObject({ failure: { kind, text: expect.stringMatching(text) } });
  });

  it.each(['password', 'newPassword'] as const)(
    'does not log in with a long %s without loginSec',
    (which) => {
      const first = readFirstFrame(greets(), PROFILES.generic, { ...CREDENTIALS, [which]: LONG });
      expect(first).toMatchObject({ failure: { kind: 'login' } });
      expect(JSON.stringify(first)).not.toContain(LONG);
    },
  );
});

describe('what answers mean', () => {
  it.each([
    [1000, undefined],
    [1001, undefined],
    [1500, 'login'],
    [2200, 'login'],
    [2400, 'login'],
    [2500, 'login'],
    [2501, 'login'],
    [2502, 'limit'],
  ])('%i to the login: %s', (code, kind) => {
    const refusal = loginRefusal(says(code));
    expect(refusal?.kind).toBe(kind);
    if (refusal) expect(refusal).toMatchObject({ code, text: `the login was refused: ${code} said ${code}` });
  });

  it.each([
    [1500, undefined],
    [1000, 'closed'],
    [2002, 'closed'],
    [2500, 'closed'],
  ])('%i to the logout: %s', (code, kind) => {
    expect(logoutRefusal(says(code))?.kind).toBe(kind);
  });

  it.each([
    [1000, undefined],
    [1001, undefined],
    [1301, undefined],
    [2001, undefined],
    [2303, undefined],
    [2400, undefined],
    [2002, 'closed'],
    [1500, 'closed'],
    [2500, 'closed'],
    [2501, 'closed'],
    [2502, 'limit'],
  ])('%i to a command: %s', (code, kind) => {
    expect(endBy(says(code))?.kind).toBe(kind);
  });
});
