import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import { ApiError } from '../../kube/api-error.ts';
import { SECRET } from '../../kube/builtin.ts';
import type { Reader } from '../../kube/interfaces.ts';
import type { SecretFacts } from './login-conditions.ts';

const FORBIDDEN = 'forbidden';
const CREDENTIALS = 'credentials.secretName';

/** A Secret that an account needs, with the keys that it must have. */
interface NeededSecret {
  field: string;
  name: string;
  keys: readonly string[];
}

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
  const wrong = (problem: string): SecretsLook => ({ problem, credentials });
  for (const { field, name, keys } of neededSecrets(registry)) {
    const key = { name, ...(namespace !== undefined && { namespace }) };
    const secret = await client.get(SECRET, key, signal).catch((error: unknown): typeof FORBIDDEN => {
      if (error instanceof ApiError && error.code === 403) return FORBIDDEN;
      throw error;
    });
    const where = `Secret ${name}, named in spec.${field},`;
    if (secret === FORBIDDEN)
      return wrong(`${where} may not be read by the operator: give it get on secrets there`);
    if (secret === undefined) return wrong(`${where} does not exist in namespace ${namespace}: create it`);
    if (field === CREDENTIALS) {
      const { resourceVersion: version } = secret.metadata;
      credentials = { name, version, rotating: Boolean(secret.data?.newPassword) };
    }
    const missing = keys.filter((key) => !secret.data?.[key]);
    if (missing.length > 0) {
      return wrong(
        `${where} lacks the ${missing.length === 1 ? 'key' : 'keys'} ${missing.join(' and ')}: add what is missing`,
      );
    }
  }
  return { problem: undefined, credentials };
}

function neededSecrets({ spec: { credentials, tls } }: EppRegistry): NeededSecret[] {
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
