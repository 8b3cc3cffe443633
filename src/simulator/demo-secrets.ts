import { randomBytes } from 'node:crypto';
import { makeCertificates } from './certificates.ts';

/** A Kubernetes Secret, as it is applied. */
export interface SecretManifest {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: { name: string; namespace: string };
  type: string;
  stringData: Record<string, string>;
}

/**
 * What one simulated registry and its adapters need to know of each other, made anew at each call: `<registry>-credentials` (username, password),
 * `<registry>-tls` (the registry's own certificate) and `<registry>-ca` (what adapters trust).
 */
export async function demoSecrets(registry: string, namespace: string): Promise<SecretManifest[]> {
  const names: [string, ...string[]] = [registry, `${registry}.${namespace}.svc`, 'localhost', '127.0.0.1'];
  const { ca, cert, key } = await makeCertificates({ names, days: 365 });
  const secret = (suffix: string, type: string, stringData: Record<string, string>): SecretManifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${registry}-${suffix}`, namespace },
    type,
    stringData,
  });
  return [
    secret('credentials', 'Opaque', {
      // RFC 5730: clIDType has 3 to 16 characters, pwType 6 to 16.
      username: registry.slice(0, 16),
      password: randomBytes(6).toString('hex'),
    }),
    secret('tls', 'kubernetes.io/tls', { 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key }),
    secret('ca', 'Opaque', { 'ca.crt': ca }),
  ];
}
