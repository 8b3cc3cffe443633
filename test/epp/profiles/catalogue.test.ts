import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXTENSIONS } from '../../../src/epp/extensions/catalogue.ts';
import { CONTACT_URI, DOMAIN_URI, HOST_URI, OBJECT_URIS } from '../../../src/epp/namespaces.ts';
import { PROFILES, profileOf } from '../../../src/epp/profiles/catalogue.ts';
import type { Dialect } from '../../../src/epp/profiles/dialect.ts';
import { FEATURES, servicesOf } from '../../../src/epp/profiles/features.ts';
import { generic } from '../../../src/epp/profiles/generic.ts';
import {
  FEATURE_NAMES,
  type FeatureName,
  KEEPALIVES,
  PROFILE_NAMES,
} from '../../../src/epp/profiles/names.ts';
import { POLL_MAPPINGS } from '../../../src/epp/responses/registry-data.ts';

const uniqueFeatures = fc.uniqueArray(fc.constantFrom(...FEATURE_NAMES));
const names = fc.constantFrom(...PROFILE_NAMES);
const uri = fc.constantFrom('urn:x', 'urn:y', DOMAIN_URI, ...FEATURES['fee-1.0']);

const dialects: fc.Arbitrary<Dialect> = fc.record(
  {
    features: uniqueFeatures,
    addFeatures: uniqueFeatures,
    removeFeatures: uniqueFeatures,
    objectURIs: fc.array(uri, { minLength: 1 }),
    extensionURIs: fc.array(uri),
    maxCheckNames: fc.integer({ min: 1, max: 1000 }),
    keepalive: fc.constantFrom(...KEEPALIVES),
    pipelineDepth: fc.integer({ min: 1, max: 64 }),
    coalesceChecks: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe('profiles', () => {
  it.each(PROFILE_NAMES)('%s can be used as it stands', (name) => {
    const profile = PROFILES[name];
    expect(profile.name).toBe(name);
    expect(profileOf(name)).toEqual(profile);
    const services = servicesOf(profile);
    expect(new Set(services).size).toBe(services.length);
    expect(new Set(profile.features).size).toBe(profile.features.length);
    expect(profile.objectURIs).not.toEqual([]);
    expect(profile.maxCheckNames).toBeGreaterThanOrEqual(1);
    expect(profile.pipelineDepth).toBeGreaterThanOrEqual(1);
    expect(profile.maxFrameBytes).toBeLessThan(0x15030000); // else TLS or text in the length would pass for one
  });

  it.each(PROFILE_NAMES)('%s tells where each value comes from that is not the cautious default', (name) => {
    const { suggested, sources, name: _, title, caveat, ...values } = PROFILES[name];
    expect(title).not.toBe('');
    const differing = Object.entries({ ...values, ...suggested })
      .filter(
        ([key, value]) => JSON.stringify(value) !== JSON.stringify(generic[key as keyof typeof generic]),
      )
      .map(([key]) => key);
    const unsourced = differing.filter((key) => !Object.hasOwn(sources, key));
    expect(unsourced).toEqual(UNSOURCED[name] ?? []);
    expect(Object.keys(sources).filter((key) => sources[key as keyof typeof sources] === '')).toEqual([]);
  });

  /** Careful guesses, told as such in the profile's own comment. */
  const UNSOURCED: Record<string, string[]> = {
    verisign: ['maxCheckNames'],
    cnnic: ['keepalive'],
    nomulus: ['keepalive'],
  };

  it.each([
    // one zone and one product a command; a hello before 10 minutes of silence
    [
      'verisign',
      { maxCheckNames: 20, keepalive: 'hello', oneZonePerCheck: true, namestoreSubProduct: true },
      { idleTimeoutSeconds: 600, maxAgeSeconds: 82_800 },
    ],
    ['cnnic', { maxCheckNames: 1, keepalive: 'poll', coalesceChecks: false }, {}],
    ['nomulus', { maxCheckNames: 50, keepalive: 'poll' }, { sessionLimit: 100, idleTimeoutSeconds: 3600 }],
    ['co', { maxCheckNames: 50, pipelineDepth: 1 }, { sessionLimit: 100, idleTimeoutSeconds: 300 }],
    [
      'norid',
      { maxCheckNames: 5 },
      { sessionLimit: 1, idleTimeoutSeconds: 120, maxCommandsPerConnection: 900 },
    ],
    ['nominet', { keepalive: 'hello' }, { sessionLimit: 5, idleTimeoutSeconds: 1800 }],
    ['ee', { pipelineDepth: 1 }, { sessionLimit: 4, idleTimeoutSeconds: 120 }],
    ['lv', { objectURIs: [DOMAIN_URI, CONTACT_URI] }, { idleTimeoutSeconds: 600, maxAgeSeconds: 428_400 }],
    ['generic', { features: [], objectURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI], pipelineDepth: 1 }, {}],
  ] as const)('%s differs in %j', (name, values, suggested) => {
    expect(PROFILES[name]).toMatchObject(values);
    expect(PROFILES[name].suggested).toEqual(suggested);
  });

  it('ask for the extensions of their registries', () => {
    expect(servicesOf(PROFILES.verisign)).toContain('http://www.verisign-grs.com/epp/namestoreExt-1.1');
    expect(servicesOf(PROFILES.cnnic)).toContain('urn:ietf:params:xml:ns:cnnic-contact-1.0');
    expect(servicesOf(PROFILES.dk)).toContain('http://www.verisign.com/epp/balance-1.0');
    expect(servicesOf(PROFILES.fred)).not.toContain(DOMAIN_URI);
    expect(servicesOf(PROFILES.pir)).toEqual(servicesOf(PROFILES['identity-digital']));
  });
});

describe('features', () => {
  const known = new Set([
    ...EXTENSIONS.flatMap(({ uris }) => uris),
    ...Object.values(OBJECT_URIS),
    ...Object.values(POLL_MAPPINGS).map((mapping) => mapping.uri),
    // nothing but a promise at login (RFC 9038, RFC 9154)
    'urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0',
    'urn:ietf:params:xml:ns:epp:secure-authinfo-transfer-1.0',
  ]);

  it('are spoken: each URI has a mapping', () => {
    const unknown = Object.values(FEATURES)
      .flat()
      .filter((service) => !known.has(service));
    expect(unknown).toEqual([]);
  });

  it('name every extension that is spoken', () => {
    const named = new Set(Object.values(FEATURES).flat());
    const nameless = EXTENSIONS.flatMap(({ name, uris }) =>
      uris.filter((service) => !named.has(service)).map((service) => `${name}: ${service}`),
    );
    expect(nameless).toEqual([]);
  });

  it('share no URI', () => {
    const uris = Object.values(FEATURES).flat();
    expect(new Set(uris).size).toBe(uris.length);
  });
});

describe('profileOf', () => {
  it('takes single values over, and nothing that is undefined', () => {
    const changed = profileOf('cnnic', { maxCheckNames: 7, keepalive: undefined });
    expect(changed).toEqual({ ...PROFILES.cnnic, maxCheckNames: 7 });
  });

  it('refuses an unknown name with the list', () => {
    expect(() => profileOf('verisgn')).toThrow(/"verisgn"; choose one of generic, verisign, .*au$/);
    expect(() => profileOf('constructor')).toThrow(RangeError);
    for (const key of ['features', 'addFeatures', 'removeFeatures'] as const) {
      const dialect: Dialect = { [key]: ['fee-9.9' as FeatureName] };
      expect(() => profileOf('generic', dialect)).toThrow(
        /no feature "fee-9\.9"; choose of secDNS-1\.1, .*finance-1\.1/,
      );
    }
  });

  it('has no service twice, whatever is combined', () => {
    fc.assert(
      fc.property(names, dialects, (name, dialect) => {
        const profile = profileOf(name, dialect);
        const services = servicesOf(profile);
        expect(new Set(services).size).toBe(services.length);
        expect(new Set(profile.features).size).toBe(profile.features.length);
      }),
    );
  });

  it('has what was added, and not what was removed', () => {
    fc.assert(
      fc.property(names, uniqueFeatures, uniqueFeatures, (name, addFeatures, removeFeatures) => {
        const services = new Set(servicesOf(profileOf(name, { addFeatures, removeFeatures })));
        const kept = addFeatures.filter((feature) => !removeFeatures.includes(feature));
        expect(
          kept.flatMap((feature) => FEATURES[feature]).filter((service) => !services.has(service)),
        ).toEqual([]);
        expect(
          removeFeatures.flatMap((feature) => FEATURES[feature]).filter((service) => services.has(service)),
        ).toEqual([]);
      }),
    );
  });

  it('goes by the list of features where there is one', () => {
    fc.assert(
      fc.property(names, uniqueFeatures, (name, features) => {
        const profile = profileOf(name, { features });
        expect(profile.features).toEqual(features);
        expect(profile.objectURIs).toEqual(PROFILES[name].objectURIs);
      }),
    );
  });

  it('changes no profile for others', () => {
    const before = JSON.stringify(PROFILES);
    fc.assert(fc.property(names, dialects, (name, dialect) => void profileOf(name, dialect)));
    expect(JSON.stringify(PROFILES)).toBe(before);
  });
});
