import { access } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { messageOf } from '../lib/errors.ts';
import type { ClusterConfig, LoadOptions } from './cluster-config.ts';

/** client-node caches what exec plugins and providers give until it expires, but reads files anew each time: not at every request. */
const TOKEN_MAX_AGE_MS = 10_000;

/**
 * The configuration of a kubeconfig's context, with everything that client-node supports: several files in `$KUBECONFIG`,
 * exec plugins, OIDC, token files, client certificates. Throws an Error that names the file and what to do.
 */
export async function loadKubeconfig(options: LoadOptions): Promise<ClusterConfig> {
  const files = await kubeconfigFiles(options);
  const config = await readFiles(files);
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const where = files.join(delimiter);
  const name = config.getCurrentContext();
  const context = config.getContextObject(name ?? '');
  if (context === null) {
    const known = config.getContexts().map((c) => c.name);
    throw new Error(
      `kubeconfig ${where} has no context ${name ? `"${name}"` : 'that is current'}; it has: ${known.join(', ') || 'none'}`,
    );
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new Error(
      `kubeconfig ${where}: context "${name}" names the cluster "${context.cluster}", which is not there`,
    );
  if (cluster.proxyUrl !== undefined)
    throw new Error(`kubeconfig ${where}: cluster "${cluster.name}" has a proxy-url, which is not supported`);
  const auth = await authOf(config, where);
  const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value));
  const ca = text(auth.ca);
  const cert = text(auth.cert);
  const key = text(auth.key);
  return {
    server: cluster.server,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(cluster.tlsServerName && { serverName: cluster.tlsServerName }),
    ...(cluster.skipTLSVerify && { insecureSkipTlsVerify: true }),
    ...(context.namespace && { namespace: context.namespace }),
    ...(bearerToken(auth) !== undefined && { token: tokenOf(config, where) }),
  };
}

async function kubeconfigFiles({ kubeconfig, env }: LoadOptions): Promise<string[]> {
  if (kubeconfig !== undefined) return [kubeconfig];
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  // kubectl passes over files of the list that are not there.
  const present = await Promise.all(
    named.map((file) =>
      access(file).then(
        () => [file],
        () => [],
      ),
    ),
  );
  if (present.flat().length > 0) return present.flat();
  if (named.length > 0) throw new Error(`KUBECONFIG names ${named.join(', ')}: no such file`);
  const file = join(env.HOME ?? homedir(), '.kube', 'config');
  try {
    await access(file);
  } catch {
    throw new Error(
      `no cluster: not in a pod, KUBECONFIG is not set, and there is no ${file}; give --kubeconfig`,
    );
  }
  return [file];
}

/** Merges as kubectl does: of two entries of one name the first counts. */
async function readFiles(files: readonly string[]): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const merged = new KubeConfig();
  for (const file of files) {
    const one = new KubeConfig();
    try {
      one.loadFromFile(file);
    } catch (error) {
      throw new Error(`cannot read the kubeconfig ${file}: ${messageOf(error)}`, { cause: error });
    }
    merged.currentContext ||= one.currentContext;
    merged.clusters = firstByName([...merged.clusters, ...one.clusters]);
    merged.users = firstByName([...merged.users, ...one.users]);
    merged.contexts = firstByName([...merged.contexts, ...one.contexts]);
  }
  return merged;
}

function firstByName<T extends { name: string }>(entries: T[]): T[] {
  return entries.filter((entry, at) => entries.findIndex(({ name }) => name === entry.name) === at);
}

/** Certificates and headers as the context's user and its plugins give them now. */
async function authOf(config: KubeConfig, where: string): Promise<RequestOptions> {
  const options: RequestOptions = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new Error(
      `kubeconfig ${where}: no credentials for the user of context "${config.getCurrentContext()}": ${messageOf(error)}`,
      { cause: error },
    );
  }
  return options;
}

function bearerToken(options: RequestOptions): string | undefined {
  const header = (options.headers as Record<string, unknown> | undefined)?.Authorization;
  return /^Bearer\s+(\S+)\s*$/.exec(String(header ?? ''))?.[1];
}

function tokenOf(config: KubeConfig, where: string): () => Promise<string> {
  let current: Promise<string> | undefined;
  let askedAt = 0;
  return () => {
    // One promise for all who ask at once: an exec plugin is not started twice.
    if (current === undefined || performance.now() - askedAt > TOKEN_MAX_AGE_MS) {
      askedAt = performance.now();
      const asked = authOf(config, where).then((auth) => {
        const token = bearerToken(auth);
        if (token === undefined)
          throw new Error(`kubeconfig ${where}: its credentials have no token any more`);
        return token;
      });
      asked.catch(() => {
        if (current === asked) current = undefined;
      });
      current = asked;
    }
    return current;
  };
}
