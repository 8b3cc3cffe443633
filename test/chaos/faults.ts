/** Ways to break a cluster that Kubernetes itself knows nothing of, and to mend it. All by the nodes' own means. */
import type { KindCluster } from '../cluster/kind.ts';
import { processOfPod } from '../cluster/pods.ts';

export interface PodName {
  namespace: string;
  name: string;
}

/** What a pod may be cut from, by the TCP port that it connects to: the API behind its Service, and registries behind theirs. */
export const PORT_OF = { api: 443, registry: 700 } as const;

const TABLE = 'eppset_chaos';

/** Drops what goes to a port and what comes back. Connections hang, as behind a switch that died. Mended by what is returned. */
export async function cutPod(
  cluster: KindCluster,
  { namespace, name }: PodName,
  from: keyof typeof PORT_OF,
): Promise<() => Promise<void>> {
  const { node, pid } = await processOfPod(cluster, namespace, name);
  const inPod = ['nsenter', '--target', String(pid), '--net', 'nft', '-f', '-'];
  const port = PORT_OF[from];
  const rules = `table inet ${TABLE} {
    chain out { type filter hook output priority 0; policy accept; tcp dport ${port} drop; }
    chain in { type filter hook input priority 0; policy accept; tcp sport ${port} drop; }
  }`;
  await nodeOk(cluster, node, inPod, rules);
  return async () => {
    // Gone where the pod's sandbox is gone meanwhile: then there is nothing to mend.
    await cluster.nodeExec(node, inPod, `delete table inet ${TABLE}`);
  };
}

const API_SERVER = 'kube-apiserver';
const MANIFEST = `/etc/kubernetes/manifests/${API_SERVER}.yaml`;
const PUT_AWAY = `/etc/kubernetes/${API_SERVER}.put-away.yaml`;

/** Signals every process of that name in a node, itself without a process list (no procps in every node image). */
const SIGNAL_BY_NAME = `for one in /proc/[0-9]*; do
  read -r name 2> /dev/null < "$one/comm" && [ "$name" = "$1" ] && kill -s "$2" "\${one#/proc/}"
done
exit 0`;

async function signalByName(cluster: KindCluster, node: string, name: string, signal: string): Promise<void> {
  await nodeOk(cluster, node, ['bash', '-c', SIGNAL_BY_NAME, 'bash', name, signal]);
}

/** The API server takes connections and answers nothing. */
export async function freezeApiServer(cluster: KindCluster, node: string): Promise<() => Promise<void>> {
  await signalByName(cluster, node, API_SERVER, 'STOP');
  return () => signalByName(cluster, node, API_SERVER, 'CONT');
}

/** The API server is gone: the kubelet may not start it again. */
export async function stopApiServer(cluster: KindCluster, node: string): Promise<() => Promise<void>> {
  await nodeOk(cluster, node, ['mv', MANIFEST, PUT_AWAY]);
  await signalByName(cluster, node, API_SERVER, 'KILL');
  return async () => {
    await nodeOk(cluster, node, ['bash', '-c', '[ ! -e "$1" ] || mv "$1" "$2"', 'bash', PUT_AWAY, MANIFEST]);
  };
}

/** Whether a connection to the API server's Service can be made on the node. */
export async function reachesApi(cluster: KindCluster, node: string): Promise<boolean> {
  const service = ['get', 'service', '-n', 'default', 'kubernetes', '-o', 'jsonpath={.spec.clusterIP}'];
  const { stdout: address } = await cluster.kubectl(service);
  const connect = 'timeout 2 bash -c "exec 3<>/dev/tcp/$1/443"';
  const { code } = await cluster.nodeExec(node, ['bash', '-c', connect, 'bash', address.trim()]);
  return code === 0;
}

async function nodeOk(
  cluster: KindCluster,
  node: string,
  command: readonly string[],
  input?: string,
): Promise<void> {
  const { code, stderr } = await cluster.nodeExec(node, command, input);
  if (code !== 0) throw new Error(`${command.join(' ').slice(0, 120)} in ${node}: ${stderr.trim()}`);
}
