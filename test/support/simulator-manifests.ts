/** A simulated registry on a cluster, and Services that lead this machine to pods; as JSON. Pure. */
import { HTTP_PORT } from '../../src/operator/specs/pod.ts';

export type Manifest = Record<string, unknown>;

const EPP_PORT = 7000;
const USER = 65532;

export interface SimulatorOptions {
  /** Of its Deployment and Service; its Secrets are `<name>-credentials` and `<name>-tls`. */
  name: string;
  namespace: string;
  image: string;
  /** Of its file, beside where it listens and what its Secrets hold. */
  file: {
    tlds: readonly string[];
    /** Sessions that the one account may have. */
    sessions: number;
    idleTimeoutSeconds: number;
    latencyMs: object;
  };
  /** Name of the node that it must stand on. */
  node?: string;
  /** Leads to its HTTP face. */
  nodePort?: number;
}

/** A Service of type NodePort that leads to the port `http` of the pods with these labels. */
export function door(options: {
  name: string;
  namespace: string;
  nodePort: number;
  selector: Record<string, string>;
}): Manifest {
  const { name, namespace, nodePort, selector } = options;
  const port = { name: 'http', port: HTTP_PORT, targetPort: 'http', nodePort };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-door`, namespace },
    spec: { type: 'NodePort', selector, ports: [port] },
  };
}

export function simulator({ name, namespace, image, file, node, nodePort }: SimulatorOptions): Manifest[] {
  const labels = { 'app.kubernetes.io/name': name };
  const meta = { name, namespace };
  const { sessions, ...behaviour } = file;
  const config = {
    epp: { host: '0.0.0.0', port: EPP_PORT },
    http: { host: '0.0.0.0', port: HTTP_PORT },
    accounts: [{ credentials: { dir: '../credentials' }, sessions }],
    tls: { dir: '../tls' },
    ...behaviour,
  };
  const ports = [
    { name: 'epp', port: 700, targetPort: 'epp' },
    { name: 'http', port: HTTP_PORT, targetPort: 'http' },
  ];
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: meta,
      data: { 'simulator.yaml': JSON.stringify(config) },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...meta, labels },
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(name, image, node) },
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: meta, spec: { selector: labels, ports } },
    ...(nodePort === undefined ? [] : [door({ name, namespace, nodePort, selector: labels })]),
  ];
}

function podSpec(name: string, image: string, node: string | undefined): Manifest {
  const mount = (mounted: string) => ({
    name: mounted,
    mountPath: `/etc/eppset/${mounted}`,
    readOnly: true,
  });
  return {
    ...(node !== undefined && { nodeSelector: { 'kubernetes.io/hostname': node } }),
    tolerations: [{ operator: 'Exists' }],
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 5,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'simulator',
        image,
        args: ['simulator', '--config', '/etc/eppset/config/simulator.yaml'],
        ports: [
          { name: 'epp', containerPort: EPP_PORT },
          { name: 'http', containerPort: HTTP_PORT },
        ],
        readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
        resources: { requests: { cpu: '50m', memory: '96Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: ['config', 'credentials', 'tls'].map(mount),
      },
    ],
    volumes: [
      { name: 'config', configMap: { name } },
      { name: 'credentials', secret: { secretName: `${name}-credentials` } },
      { name: 'tls', secret: { secretName: `${name}-tls` } },
    ],
  };
}
