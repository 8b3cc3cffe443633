import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/kube/api-error.ts';
import type { Reader } from '../../src/kube/interfaces.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { lookAtSecrets, secretProblemsAfter } from '../../src/plan/cluster.ts';
import { registryManifest } from '../operator/samples.ts';

const REF = 'EppRegistry shop/verisign';
const registry = registryManifest();
const secret = (name: string, stringData: object): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'shop' }, stringData }) as KubeObject;
const credentials = secret('verisign-credentials', { username: 'u', password: 'hush' });
const ca = secret('verisign-ca', { 'ca.crt': 'x' });

const nobodyMay: Pick<Reader, 'get'> = {
  get: async () => {
    throw new ApiError('no', { code: 403, reason: 'Forbidden' });
  },
};
const empty: Pick<Reader, 'get'> = { get: async () => undefined };

describe('lookAtSecrets', () => {
  it('takes Secrets among the manifests as there', async () => {
    const look = await lookAtSecrets(empty, [registry], [credentials, ca]);
    expect(look).toEqual({ problems: new Map([[REF, undefined]]), unknown: [] });
  });

  it('says which is missing, and which keys, but no value', async () => {
    const missing = await lookAtSecrets(empty, [registry], [credentials]);
    expect(missing.problems.get(REF)).toContain('Secret verisign-ca');
    const lacking = await lookAtSecrets(
      empty,
      [registry],
      [secret('verisign-credentials', { username: 'hush' }), ca],
    );
    expect(lacking.problems.get(REF)).toContain('lacks the key password');
    expect(JSON.stringify([...lacking.problems])).not.toContain('hush');
  });

  it('knows nothing of what may not be read', async () => {
    const look = await lookAtSecrets(nobodyMay, [registry], [ca]);
    expect(look).toEqual({ problems: new Map(), unknown: ['shop/verisign-credentials'] });
  });

  it('passes other errors on', async () => {
    const broken: Pick<Reader, 'get'> = {
      get: async () => Promise.reject(new ApiError('away', { code: 0 })),
    };
    await expect(lookAtSecrets(broken, [registry], [])).rejects.toThrow('away');
  });
});

describe('secretProblemsAfter', () => {
  it.each<[string, [string, string][], [string, string | undefined][], [string, string][]]>([
    ['what was told stays where nobody could look', [['a', 'old']], [], [['a', 'old']]],
    ['what is mended is no problem any more', [['a', 'old']], [['a', undefined]], []],
    ['what was seen replaces what was told', [['a', 'old']], [['a', 'new']], [['a', 'new']]],
    ['what is new comes with it', [], [['a', 'new']], [['a', 'new']]],
  ])('%s', (_, told, problems, after) => {
    expect([...secretProblemsAfter(new Map(told), { problems: new Map(problems), unknown: [] })]).toEqual(
      after,
    );
  });
});
