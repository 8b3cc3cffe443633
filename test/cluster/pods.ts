/** The processes of a pod, as its node sees them: for chaos that Kubernetes itself knows nothing of. */
import type { KindCluster } from './kind.ts';

export interface PodProcess {
  /** The node's container. */
  node: string;
  /** First process of the pod's first container, in the node's count. */
  pid: number;
}

type Cluster = Pick<KindCluster, 'kubectl' | 'nodeExec'>;

/** Where the pod's container runs; an error where it does not. */
export async function processOfPod(cluster: Cluster, namespace: string, pod: string): Promise<PodProcess> {
  const { stdout: node } = await cluster.kubectl([
    ...['get', 'pod', '--namespace', namespace, pod],
    '--output=jsonpath={.spec.nodeName}',
  ]);
  if (node === '') throw new Error(`pod ${namespace}/${pod} is on no node`);
  const filter = [`namespace=${namespace}`, `name=${pod}`].flatMap((label) => [
    '--label',
    `io.kubernetes.pod.${label}`,
  ]);
  const { stdout: ids } = await cluster.nodeExec(node, ['crictl', 'ps', '--quiet', ...filter]);
  const [id = ''] = ids.split('\n');
  const told = await cluster.nodeExec(node, [
    'crictl',
    'inspect',
    '--output=go-template',
    '--template={{.info.pid}}',
    id,
  ]);
  const pid = Number(told.stdout);
  if (!(pid > 0)) throw new Error(`no container of pod ${namespace}/${pod} runs on ${node}: ${told.stderr}`);
  return { node, pid };
}

/**
 * Sends a signal to every process of the pod's container. SIGSTOP freezes it with its connections open, as a long pause would; SIGKILL
 * ends it without a word to anybody.
 */
export async function signalPod(
  cluster: Cluster,
  namespace: string,
  pod: string,
  signal: 'STOP' | 'CONT' | 'KILL',
): Promise<void> {
  const { node, pid } = await processOfPod(cluster, namespace, pod);
  // All that live in the container's process namespace: the first one is tini, and a stopped tini stops nothing.
  const script = `namespace=$(readlink "/proc/$1/ns/pid")
for process in /proc/[0-9]*; do
  [ "$(readlink "$process/ns/pid" 2> /dev/null)" = "$namespace" ] && kill -s "$2" "\${process#/proc/}"
done
exit 0`;
  const { code, stderr } = await cluster.nodeExec(node, ['bash', '-c', script, 'bash', String(pid), signal]);
  if (code !== 0) throw new Error(`signal ${signal} to pod ${namespace}/${pod}: ${stderr}`);
}

/** Takes the pod's network away, or gives it back: packets are lost, connections hang. */
export async function setPodNetwork(
  cluster: Cluster,
  namespace: string,
  pod: string,
  state: 'up' | 'down',
): Promise<void> {
  const { node, pid } = await processOfPod(cluster, namespace, pod);
  // `down` would take the routes with it for good: dropping all packets can be undone.
  const table = 'eppset_cut';
  const rules =
    state === 'down'
      ? `table inet ${table} {
           chain in { type filter hook input priority 0; policy drop; iif lo accept; }
           chain out { type filter hook output priority 0; policy drop; oif lo accept; }
         }`
      : `delete table inet ${table}`;
  const inPod = ['nsenter', '--target', String(pid), '--net', 'nft', '-f', '-'];
  const { code, stderr } = await cluster.nodeExec(node, inPod, rules);
  if (code !== 0) throw new Error(`network ${state} for pod ${namespace}/${pod}: ${stderr}`);
}
