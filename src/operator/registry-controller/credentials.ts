import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { Reader } from '../../kube/interfaces.ts';
import { lookAtSecret, type NeededSecret } from '../needed-secret.ts';
import type { SecretFacts } from './login-conditions.ts';

const CREDENTIALS = 'credentials.secretName';

export interface SecretsLook {
  /** What is wrong with them, in one sentence. */
  problem: string | undefined;
  /** The Secret with the credentials; undefined where there is none that could be read. */
  credentials: SecretFacts | undefined;
}

/**
 * Looks at an account's Secrets. Only the names of their keys are looked at, and nothing of
 * them is kept: pods mount the Secrets themselves, and kubelet brings them every change.
 */
export async function lookAtSecrets(
  registry: EppRegistry,
  client: Pick<Reader, 'get'>,
  signal: AbortSignal,
): Promise<SecretsLook> {
  const { namespace } = registry.metadata;
  let credentials: SecretFacts | undefined;
  for (const needed of neededSecrets(registry)) {
    const { problem, secret } = await lookAtSecret(client, namespace, needed, signal);
    if (secret && needed.field === CREDENTIALS) {
      const { resourceVersion: version } = secret.metadata;
      credentials = { name: needed.name, version, rotating: Boolean(secret.data?.newPassword) };
    }
    if (problem !== undefined) return { problem, credentials };
  }
  return { problem: undefined, credentials };
}

/** What an account needs before it can be used. */
export function neededSecrets({ spec: { credentials, tls } }: EppRegistry): NeededSecret[] {
  const needed: NeededSecret[] = [
    { field: CREDENTIALS, name: credentials.secretName, keys: ['username', 'password'] },
  ];
  if (tls.secretName !== undefined) {
    needed.push({ field: 'tls.secretName', name: tls.secretName, keys: ['tls.crt', 'tls.key'] });
  }
  if (tls.caSecretName !== undefined) {
    needed.push({ field: 'tls.caSecretName', name: tls.caSecretName, keys: ['ca.crt'] });
  }
  return needed;
}
