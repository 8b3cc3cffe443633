import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import { ApiError } from '../../kube/api-error.ts';
import { SECRET } from '../../kube/builtin.ts';
import type { Reader } from '../../kube/interfaces.ts';

const FORBIDDEN = 'forbidden';

/** A Secret that an account needs, with the keys that it must have. */
interface NeededSecret {
  field: string;
  name: string;
  keys: readonly string[];
}

/**
 * What is wrong with an account's Secrets, in one sentence, or undefined. Only the names of their keys are looked at, and nothing of
 * them is kept: pods mount the Secrets themselves, and kubelet brings them every change.
 */
export async function credentialsProblem(
  registry: EppRegistry,
  client: Pick<Reader, 'get'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace } = registry.metadata;
  for (const { field, name, keys } of neededSecrets(registry)) {
    const key = { name, ...(namespace !== undefined && { namespace }) };
    const secret = await client.get(SECRET, key, signal).catch((error: unknown): typeof FORBIDDEN => {
      if (error instanceof ApiError && error.code === 403) return FORBIDDEN;
      throw error;
    });
    const where = `Secret ${name}, named in spec.${field},`;
    if (secret === FORBIDDEN) return `${where} may not be read by the operator: give it get on secrets there`;
    if (secret === undefined) return `${where} does not exist in namespace ${namespace}: create it`;
    const missing = keys.filter((key) => !secret.data?.[key]);
    if (missing.length > 0) {
      return `${where} lacks the ${missing.length === 1 ? 'key' : 'keys'} ${missing.join(' and ')}: add what is missing`;
    }
  }
  return undefined;
}

function neededSecrets({ spec: { credentials, tls } }: EppRegistry): NeededSecret[] {
  const needed: NeededSecret[] = [
    { field: 'credentials.secretName', name: credentials.secretName, keys: ['username', 'password'] },
  ];
  if (tls.secretName !== undefined) {
    needed.push({ field: 'tls.secretName', name: tls.secretName, keys: ['tls.crt', 'tls.key'] });
  }
  if (tls.caSecretName !== undefined) {
    needed.push({ field: 'tls.caSecretName', name: tls.caSecretName, keys: ['ca.crt'] });
  }
  return needed;
}
