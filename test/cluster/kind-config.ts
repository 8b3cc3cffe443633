/** kind's configuration of a cluster. Pure. */

export interface PortMapping {
  nodePort: number;
  /** On 127.0.0.1 of this machine. */
  hostPort: number;
}

export interface KindConfigOptions {
  nodes: 1 | 2;
  ports: readonly PortMapping[];
  /** The engine's, 1 or 2. */
  cgroupVersion: number;
  /** The node image is our own build, which is tried with nftables; a stock one keeps kind's default. */
  ours: boolean;
}

/** As JSON, which is YAML. */
export function kindConfig(options: KindConfigOptions): string {
  const { nodes, ports, cgroupVersion, ours } = options;
  const controlPlane = {
    role: 'control-plane',
    // All ports on one node: kube-proxy listens on every node, wherever the pod is.
    extraPortMappings: ports.map(({ nodePort, hostPort }) => ({
      containerPort: nodePort,
      hostPort,
      listenAddress: '127.0.0.1',
      protocol: 'TCP',
    })),
  };
  return JSON.stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: ours ? { kubeProxyMode: 'nftables' } : {},
    // The kubelet refuses cgroup v1 since 1.35 unless told otherwise.
    kubeadmConfigPatches: cgroupVersion === 1 ? ['kind: KubeletConfiguration\nfailCgroupV1: false\n'] : [],
    nodes: [controlPlane, ...Array.from({ length: nodes - 1 }, () => ({ role: 'worker' }))],
  });
}

/** Containers of the nodes, as kind names them. */
export function nodeNames(cluster: string, nodes: 1 | 2): string[] {
  return nodes === 1 ? [`${cluster}-control-plane`] : [`${cluster}-control-plane`, `${cluster}-worker`];
}

/** A name that no other run takes: the process' id and something random. Fits what kind and Docker allow. */
export function uniqueName(prefix: string, pid = process.pid, random = Math.random()): string {
  return `${prefix}-${pid.toString(36)}${Math.floor(random * 36 ** 4)
    .toString(36)
    .padStart(4, '0')}`;
}

/** Undefined for a name that kind takes. */
export function whyBadName(name: string): string | undefined {
  if (/^[a-z0-9][a-z0-9.-]{0,40}$/.test(name)) return undefined;
  return `${JSON.stringify(name)} is no name for a cluster: lower case letters, digits, dots and dashes, 41 at most`;
}
