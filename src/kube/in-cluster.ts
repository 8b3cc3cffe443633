import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../lib/errors.ts';
import type { ClusterConfig } from './cluster-config.ts';

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Kubelet renews a projected token when a fifth of its hour is left; reading it each minute is what client-go does. */
const TOKEN_MAX_AGE_MS = 60_000;

type Env = Readonly<Record<string, string | undefined>>;

export function isInCluster(env: Env): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT);
}

/** The configuration of a pod: the service's address out of the environment, identity out of the projected files. */
export async function inClusterConfig(options: { env: Env; folder?: string }): Promise<ClusterConfig> {
  const { env, folder = SERVICE_ACCOUNT_FOLDER } = options;
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port)
    throw new Error('not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
  const token = rotatingFile(join(folder, 'token'));
  const [ca, namespace] = await Promise.all([
    readServiceAccountFile(join(folder, 'ca.crt')),
    readServiceAccountFile(join(folder, 'namespace')),
    token(),
  ]);
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    ca,
    token,
    namespace: namespace.trim(),
  };
}

async function readServiceAccountFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(
      `cannot read the service account's ${path}: ${messageOf(error)}; ` +
        `is automountServiceAccountToken false, or no service account mounted?`,
      { cause: error },
    );
  }
}

/** Reads a file at most once a minute. A failed re-read keeps the last good content: the token in it may still be valid. */
export function rotatingFile(
  path: string,
  now: () => number = () => performance.now(),
): () => Promise<string> {
  let content: string | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (content !== undefined && now() - readAt < TOKEN_MAX_AGE_MS) return content;
    try {
      content = (await readServiceAccountFile(path)).trim();
      readAt = now();
      return content;
    } catch (error) {
      if (content === undefined) throw error;
      return content;
    }
  };
}
