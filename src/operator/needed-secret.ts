import { ApiError } from '../kube/api-error.ts';
import { SECRET, type Secret } from '../kube/builtin.ts';
import type { Reader } from '../kube/interfaces.ts';

/** A Secret that an object needs, with the keys that it must have. */
export interface NeededSecret {
  /** Below spec. */
  field: string;
  name: string;
  keys: readonly string[];
}

export interface SecretLook {
  /** What is wrong with it, in one sentence. */
  problem: string | undefined;
  /** Undefined where there is none that could be read. */
  secret: Secret | undefined;
}

/** Looks at a Secret as it is now. Only the names of its keys are looked at. */
export async function lookAtSecret(
  client: Pick<Reader, 'get'>,
  namespace: string | undefined,
  { field, name, keys }: NeededSecret,
  signal: AbortSignal,
): Promise<SecretLook> {
  const where = `Secret ${name}, named in spec.${field},`;
  let secret: Secret | undefined;
  try {
    secret = await client.get(SECRET, { name, ...(namespace !== undefined && { namespace }) }, signal);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 403)) throw error;
    return { problem: `${where} may not be read by the operator: give it get on secrets there`, secret };
  }
  if (secret === undefined) {
    return { problem: `${where} does not exist in namespace ${namespace}: create it`, secret };
  }
  const missing = keys.filter((key) => !secret.data?.[key]);
  if (missing.length === 0) return { problem: undefined, secret };
  const lacks = `${missing.length === 1 ? 'key' : 'keys'} ${missing.join(' and ')}`;
  return { problem: `${where} lacks the ${lacks}: add what is missing`, secret };
}

/** Secrets are asked for again in these times: soon while one is missing, seldom while all is well. */
const RECHECK_MISSING_MS = 5_000;
const RECHECK_PRESENT_MS = 60_000;

export function recheckMs(problem: string | undefined): number {
  return problem === undefined ? RECHECK_PRESENT_MS : RECHECK_MISSING_MS;
}
