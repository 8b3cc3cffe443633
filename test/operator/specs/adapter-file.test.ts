import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { adapterFile as schema } from '../../../src/api/files/adapter-file.ts';
import { adapterFile } from '../../../src/operator/specs/adapter-file.ts';
import { fileText } from '../../../src/operator/specs/file-text.ts';
import { aRegistry, aSet, byName } from '../samples.ts';

const registries = byName(
  aRegistry({
    spec: {
      tlds: ['net', 'com'],
      tls: { secretName: 'client', caSecretName: 'ca' },
      endpoint: { host: '10.1.2.3', port: 1700, serverName: 'epp.example' },
      connections: {
        limit: 20,
        idleTimeoutSeconds: 600,
        lateDeliverySeconds: 40,
        opensPerSecond: 3,
        maxAgeSeconds: 3600,
        maxCommandsPerConnection: 1000,
      },
    },
  }),
  aRegistry({ name: 'cnnic', spec: { profile: 'cnnic', tlds: ['cn'], tls: {} } }),
);
const pools = [
  { registry: 'verisign', min: 6, max: 12 },
  { registry: 'cnnic', min: 1, max: 3 },
];

describe('the adapters’ file', () => {
  const file = adapterFile(aSet({ spec: { pools } }), registries, { timeScale: 0.1 });

  it('is what the adapter reads', () => {
    const read = schema.parse(parse(fileText(file)));
    expect(read).toMatchObject({
      set: 'epp.core.bj',
      class: 'core',
      http: { port: 8080 },
      budget: { mode: 'lease', timeScale: 0.1 },
      timeouts: { queue: '5s', command: '30s' },
    });
    expect(read.accounts.map(({ name }) => name)).toEqual(['cnnic', 'verisign']);
    expect(read.accounts[1]).toMatchObject({
      name: 'verisign',
      profile: 'verisign',
      accreditation: 'shop',
      tlds: ['com', 'net'],
      endpoint: { host: '10.1.2.3', port: 1700, serverName: 'epp.example' },
      credentials: { dir: '../accounts/verisign/credentials' },
      tls: { dir: '../accounts/verisign/tls', caDir: '../accounts/verisign/ca' },
      connections: {
        idleTimeoutSeconds: 600,
        lateDeliverySeconds: 40,
        opensPerSecond: 3,
        maxAgeSeconds: 3600,
        maxCommandsPerConnection: 1000,
      },
      pool: { max: 12 },
    });
    expect(read.accounts[0]?.tls).toEqual({ minVersion: 'TLSv1.2' });
  });

  it('names the folder of the token, unless anyone may call', () => {
    const read = (callers: object) =>
      schema.parse(
        parse(fileText(adapterFile(aSet({ spec: { pools, ...callers } }), registries, { timeScale: 1 }))),
      );
    expect(read({}).internalToken).toEqual({ dir: '../internal' });
    expect(read({ callers: 'Anyone' }).internalToken).toBeUndefined();
  });

  it('is the same text whatever the order of pools and TLDs', () => {
    const turned = byName(
      registries.get('cnnic') as never,
      aRegistry({ spec: { ...registries.get('verisign')?.spec, tlds: ['com', 'net'] } }),
    );
    const other = adapterFile(aSet({ spec: { pools: [...pools].reverse() } }), turned, { timeScale: 0.1 });
    expect(fileText(other)).toBe(fileText(file));
  });

  it('does not change with the number of pods: scaling must not restart them', () => {
    const scaled = adapterFile(aSet({ spec: { pools, replicas: 50 } }), registries, { timeScale: 0.1 });
    expect(fileText(scaled)).toBe(fileText(file));
  });

  it('says which registry is missing', () => {
    expect(() => adapterFile(aSet({ spec: { pools } }), byName(), { timeScale: 1 })).toThrow(
      'EppSet epp-core-bj: EppRegistry verisign is unknown',
    );
  });
});
