import { describe, expect, it } from 'vitest';
import { loginServices } from '../../src/epp/login.ts';
import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../../src/epp/namespaces.ts';
import { PROFILES, profileOf } from '../../src/epp/profiles/catalogue.ts';
import { PROFILE_NAMES } from '../../src/epp/profiles/names.ts';
import type { Greeting } from '../../src/epp/responses/greeting.ts';
import { keepaliveAfterMs } from '../../src/epp/session-options.ts';

const greeting = (parts: Partial<Greeting>): Greeting => ({
  svID: 'x',
  svDate: '',
  versions: ['1.0'],
  langs: ['en'],
  objURIs: [],
  extURIs: [],
  ...parts,
});

describe('profiles', () => {
  it.each(PROFILE_NAMES)('%s can be used as it stands', (name) => {
    const profile = PROFILES[name];
    expect(profile.name).toBe(name);
    expect(profile.objectURIs).toContain(DOMAIN_URI);
    const uris = [...profile.objectURIs, ...profile.extensionURIs];
    expect(new Set(uris).size).toBe(uris.length);
    expect(profile.maxCheckNames).toBeGreaterThanOrEqual(1);
    expect(profile.maxFrameBytes).toBeLessThan(0x15030000); // else TLS or text in the length would pass for one
  });

  it('takes single values over', () => {
    expect(profileOf('cnnic', { maxCheckNames: 7 })).toEqual({ ...PROFILES.cnnic, maxCheckNames: 7 });
    expect(() => profileOf('verisgn')).toThrow(/"verisgn"; choose one of generic, verisign/);
    expect(() => profileOf('constructor')).toThrow(RangeError);
  });
});

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
});

describe('keepaliveAfterMs', () => {
  it('lies between half and two thirds of the idle timeout', () => {
    expect(keepaliveAfterMs(600, 0)).toBe(300_000);
    expect(keepaliveAfterMs(600, 1)).toBe(400_000);
  });
});
