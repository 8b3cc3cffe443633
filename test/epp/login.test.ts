import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCommand, writeCommand } from '../../src/epp/catalogue.ts';
import { credentialsProblem, loginCommand, loginProblem, loginServices } from '../../src/epp/login.ts';
import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../../src/epp/namespaces.ts';
import { PROFILES, profileOf } from '../../src/epp/profiles/catalogue.ts';
import { FEATURES, servicesOf } from '../../src/epp/profiles/features.ts';
import { FEATURE_NAMES, PROFILE_NAMES } from '../../src/epp/profiles/names.ts';
import type { Greeting } from '../../src/epp/responses/greeting.ts';

const LOGIN_SEC = 'urn:ietf:params:xml:ns:epp:loginSec-1.0';
const SHORT = { clientId: 'acme', password: 'sixteen-letters!' };
const LONG = { clientId: 'acme', password: 'seventeen-letters' };

const greeting = (parts: Partial<Greeting>): Greeting => ({
  svID: 'x',
  svDate: '',
  versions: ['1.0'],
  langs: ['en'],
  objURIs: [],
  extURIs: [],
  ...parts,
});
const services = (...extURIs: string[]) => ({ lang: 'en', objURIs: [DOMAIN_URI], extURIs });

describe('loginServices', () => {
  it('asks for what both know, and never for more', () => {
    const offered = greeting({
      objURIs: [HOST_URI, DOMAIN_URI, 'urn:other', DOMAIN_URI],
      extURIs: ['urn:ietf:params:xml:ns:rgp-1.0', 'urn:ietf:params:xml:ns:fee-0.7'],
    });
    expect(loginServices(offered, PROFILES.nomulus)).toEqual({
      lang: 'en',
      objURIs: [HOST_URI, DOMAIN_URI],
      extURIs: ['urn:ietf:params:xml:ns:rgp-1.0'],
    });
    expect(loginServices(offered, PROFILES.generic).extURIs).toEqual([]);
  });

  it('does without contact-1.0 where the registry dropped it', () => {
    const offered = greeting({ objURIs: [DOMAIN_URI, HOST_URI] });
    expect(loginServices(offered, PROFILES.nomulus).objURIs).not.toContain(CONTACT_URI);
  });

  it('of every profile is what profile and greeting share, each once and on the side of the greeting', () => {
    const someUris = fc.array(
      fc.constantFrom('urn:unknown', DOMAIN_URI, ...FEATURE_NAMES.flatMap((name) => FEATURES[name])),
    );
    fc.assert(
      fc.property(fc.constantFrom(...PROFILE_NAMES), someUris, someUris, (name, objURIs, extURIs) => {
        const wanted = servicesOf(PROFILES[name]);
        const asked = loginServices(greeting({ objURIs, extURIs }), PROFILES[name]);
        expect(new Set(asked.objURIs)).toEqual(new Set(objURIs.filter((uri) => wanted.includes(uri))));
        expect(new Set(asked.extURIs)).toEqual(new Set(extURIs.filter((uri) => wanted.includes(uri))));
        expect(new Set(asked.objURIs).size).toBe(asked.objURIs.length);
        expect(new Set(asked.extURIs).size).toBe(asked.extURIs.length);
      }),
    );
  });

  it('leaves to the greeting what is an object and what an extension', () => {
    const uri = 'http://www.verisign.com/epp/rgp-poll-1.0';
    const asExtension = loginServices(greeting({ objURIs: [DOMAIN_URI], extURIs: [uri] }), PROFILES.verisign);
    expect(asExtension).toMatchObject({ objURIs: [DOMAIN_URI], extURIs: [uri] });
    const asObject = loginServices(greeting({ objURIs: [DOMAIN_URI, uri] }), PROFILES.verisign);
    expect(asObject).toMatchObject({ objURIs: [DOMAIN_URI, uri], extURIs: [] });
  });

  it.each([
    [['fr', 'en-US'], 'en-US'],
    [['fr'], 'fr'],
    [[], 'en'],
  ])('takes a language that is offered: %j', (langs, lang) => {
    expect(loginServices(greeting({ langs }), PROFILES.generic).lang).toBe(lang);
  });

  it('asks for loginSec where a password is long, whatever the profile says', () => {
    const offered = greeting({ objURIs: [DOMAIN_URI], extURIs: [LOGIN_SEC] });
    const profile = profileOf('verisign', { removeFeatures: ['loginSec-1.0'] });
    expect(loginServices(offered, profile, SHORT).extURIs).toEqual([]);
    expect(loginServices(offered, profile, LONG).extURIs).toEqual([LOGIN_SEC]);
    expect(loginServices(offered, profile, { ...SHORT, newPassword: LONG.password }).extURIs).toEqual([
      LOGIN_SEC,
    ]);
    expect(loginServices(greeting({ objURIs: [DOMAIN_URI] }), profile, LONG).extURIs).toEqual([]);
  });
});

describe('loginCommand', () => {
  it('is plain where no password is long', () => {
    expect(loginCommand({ ...SHORT, newPassword: 'another' }, services(LOGIN_SEC))).toEqual({
      command: 'login',
      body: {
        clID: 'acme',
        pw: SHORT.password,
        newPW: 'another',
        options: { version: '1.0', lang: 'en' },
        svcs: { objURIs: [DOMAIN_URI], svcExtension: { extURIs: [LOGIN_SEC] } },
      },
    });
    expect(loginCommand(SHORT, services()).body.svcs).toEqual({ objURIs: [DOMAIN_URI] });
  });

  it.each([
    ['the password', LONG.password, 'another', '[LOGIN-SECURITY]', 'another', { pw: LONG.password }],
    ['the new one', 'current', LONG.password, 'current', '[LOGIN-SECURITY]', { newPW: LONG.password }],
    [
      'both',
      LONG.password,
      'another-long-password',
      '[LOGIN-SECURITY]',
      '[LOGIN-SECURITY]',
      { pw: LONG.password, newPW: 'another-long-password' },
    ],
  ])('puts %s into loginSec where it is long', (_, password, newPassword, pw, newPW, loginSec) => {
    const login = loginCommand({ clientId: 'acme', password, newPassword }, services(LOGIN_SEC));
    expect(login.body).toMatchObject({ pw, newPW });
    expect(login.extensions).toEqual({ loginSec: { userAgent: { app: 'eppset' }, ...loginSec } });
    expect(checkCommand(login).extensions).toEqual(login.extensions);
  });

  it('counts characters, as XML Schema does', () => {
    const sixteen = { clientId: 'acme', password: '😀'.repeat(16) };
    expect(loginCommand(sixteen, services()).extensions).toBeUndefined();
  });

  it('stands in XML as RFC 8807 has it', () => {
    const xml = writeCommand(loginCommand(LONG, services(LOGIN_SEC)));
    expect(xml).toContain('<pw>[LOGIN-SECURITY]</pw>');
    expect(xml).toContain(`<loginSec:pw>${LONG.password}</loginSec:pw></loginSec:loginSec></extension>`);
  });
});

describe('loginProblem', () => {
  it.each([
    [SHORT, [], undefined],
    [LONG, [LOGIN_SEC], undefined],
    [LONG, [], 'the password has more than 16 characters'],
    [{ ...SHORT, newPassword: LONG.password }, [], 'the new password has more than 16 characters'],
  ])('of %j with %j: %s', (credentials, extURIs, problem) => {
    const said = loginProblem(credentials, services(...extURIs));
    if (problem === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(problem);
    expect(said ?? '').not.toContain(LONG.password);
  });
});

describe('credentialsProblem', () => {
  it.each([
    [SHORT, undefined],
    [LONG, undefined],
    [{ ...SHORT, newPassword: 'n'.repeat(1024) }, undefined],
    [{ ...SHORT, password: 'short' }, 'pw'],
    [{ ...SHORT, password: 'p'.repeat(1025) }, 'extensions.loginSec.pw'],
    [{ ...SHORT, password: `seventeen  spaces` }, 'extensions.loginSec.pw'],
    [{ ...SHORT, newPassword: 'n\u0000'.repeat(9) }, 'extensions.loginSec.newPW'],
    [{ ...SHORT, clientId: 'ab' }, 'clID'],
  ])('of %j: %s', (credentials, path) => {
    const said = credentialsProblem(credentials);
    if (path === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(new RegExp(`EPP account: .*\\b${path.replaceAll('.', '\\.')}\\b`));
    expect(said ?? '').not.toContain(credentials.password);
  });

  it('refuses the word that stands for a password', () => {
    const word = '[LOGIN-SECURITY]';
    expect(credentialsProblem({ ...SHORT, password: word })).toMatch(/is no password/);
    expect(credentialsProblem({ ...SHORT, newPassword: word })).toMatch(/is no password/);
  });
});
