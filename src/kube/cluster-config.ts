import { inClusterConfig, isInCluster } from './in-cluster.ts';

/** How to reach one API server, and as whom. */
export interface ClusterConfig {
  /** URL of the API server; a path is a prefix of every request. */
  server: string;
  /** PEM bundle that the server's certificate is checked against; the system's own when absent. */
  ca?: string;
  /** Name to ask for and check in the server's certificate, when it is not the URL's host. */
  serverName?: string;
  /** Take any server certificate. Only a kubeconfig that says so sets it. */
  insecureSkipTlsVerify?: boolean;
  /** The bearer token to use now; asked before every request, so it must cache. */
  token?: () => Promise<string>;
  /** PEM client certificate and key. */
  cert?: string;
  key?: string;
  /** The namespace of the service account or the kubeconfig context. */
  namespace?: string;
}

export interface LoadOptions {
  /** A kubeconfig that was named explicitly; it wins over everything. */
  kubeconfig?: string;
  /** A kubeconfig context; naming one means that a kubeconfig is wanted. Default: the current one. */
  context?: string;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Chooses as controller-runtime does: the kubeconfig that was named, `$KUBECONFIG`, the pod's service account,
 * `~/.kube/config`. Throws an Error that says which of them was tried and what to do.
 */
export async function loadClusterConfig(options: LoadOptions): Promise<ClusterConfig> {
  const { env, kubeconfig, context } = options;
  const named = kubeconfig !== undefined || context !== undefined || Boolean(env.KUBECONFIG);
  if (!named && isInCluster(env)) return await inClusterConfig({ env });
  // Loading client-node takes a third of a second: adapters and gateways in a pod never come here.
  const { loadKubeconfig } = await import('./kubeconfig.ts');
  return await loadKubeconfig(options);
}
