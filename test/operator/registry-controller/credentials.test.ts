import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/kube/api-error.ts';
import type { Reader } from '../../../src/kube/interfaces.ts';
import type { ObjectKey } from '../../../src/kube/objects.ts';
import { lookAtSecrets } from '../../../src/operator/registry-controller/credentials.ts';
import { aRegistry } from '../samples.ts';

const never = new AbortController().signal;
const VALUE = Buffer.from('never told').toString('base64');

function reader(secrets: Record<string, readonly string[] | 'forbidden'>): Pick<Reader, 'get'> {
  return {
    async get(_resource: unknown, { name }: ObjectKey) {
      const keys = secrets[name];
      if (keys === 'forbidden') throw new ApiError('no', { code: 403, reason: 'Forbidden' });
      return (
        keys &&
        ({
          metadata: { name, resourceVersion: '7' },
          data: Object.fromEntries(keys.map((key) => [key, VALUE])),
        } as never)
      );
    },
  };
}

const credentials = ['username', 'password'];
const registry = aRegistry({ spec: { tls: { secretName: 'client', caSecretName: 'ca' } } });
const all = { 'verisign-credentials': credentials, client: ['tls.crt', 'tls.key'], ca: ['ca.crt'] };

describe('the Secrets of an account', () => {
  it.each([
    ['are all there', all, undefined],
    [
      'lack one',
      { ...all, client: undefined as never },
      'Secret client, named in spec.tls.secretName, does not exist in namespace shop: create it',
    ],
    [
      'lack a key',
      { ...all, ca: ['tls.crt'] },
      'Secret ca, named in spec.tls.caSecretName, lacks the key ca.crt: add what is missing',
    ],
    [
      'lack several keys',
      { ...all, 'verisign-credentials': [] },
      'Secret verisign-credentials, named in spec.credentials.secretName, lacks the keys username and password: add what is missing',
    ],
    [
      'may not be read',
      { ...all, 'verisign-credentials': 'forbidden' as const },
      'Secret verisign-credentials, named in spec.credentials.secretName, may not be read by the operator: give it get on secrets there',
    ],
  ])('%s', async (_what, secrets, expected) => {
    expect((await lookAtSecrets(registry, reader(secrets), never)).problem).toBe(expected);
  });

  it('need be those alone that are named', async () => {
    const plain = aRegistry({ spec: { tls: {} } });
    const look = await lookAtSecrets(plain, reader({ 'verisign-credentials': credentials }), never);
    expect(look).toEqual({
      problem: undefined,
      credentials: { name: 'verisign-credentials', version: '7', rotating: false },
    });
    const rotating = reader({ 'verisign-credentials': [...credentials, 'newPassword'] });
    expect((await lookAtSecrets(plain, rotating, never)).credentials?.rotating).toBe(true);
  });

  it('are not judged when the API is away', async () => {
    const away = { get: () => Promise.reject(new ApiError('away', { code: 0 })) };
    await expect(lookAtSecrets(registry, away, never)).rejects.toThrow('away');
  });
});
