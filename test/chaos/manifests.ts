/** What is applied to the cluster, as JSON. Pure. */
import { HTTP_PORT } from '../../src/operator/specs/adapter-file.ts';
import {
  ACCOUNTS,
  type Account,
  type Cast,
  IDLE_SECONDS,
  LATENCY_MS,
  NAMESPACE,
  SETS,
  TIME_SCALE,
} from './cast.ts';

const EPP_PORT = 7000;
/** What the simulator counts is what is judged. So it refuses nothing: a session too many is to be seen, not prevented. */
const UNGUARDED = 20;

type Manifest = Record<string, unknown>;
const meta = (name: string, labels?: Record<string, string>) => ({
  name,
  namespace: NAMESPACE,
  ...(labels && { labels }),
});

/** Everything but the operator. Simulators stand on `node`, so that the loss of the other one takes none of them. */
export function stageManifests(options: { image: string; node: string }): string {
  const items = [
    ...ACCOUNTS.flatMap((account) => simulator(account, options)),
    ...ACCOUNTS.map(registry),
    ...SETS.flatMap((set) => [eppSet(set), doorOf(set)]),
  ];
  return list(items);
}

export function namespaceManifest(): string {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } });
}

export function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** The operator as it is installed, with its times shrunk. Throws where the manifest does not start it as expected. */
export function withTimeScale(install: string): string {
  const start = /^( +)- operator$/m;
  if (!start.test(install)) throw new Error('the install manifest starts no operator');
  return install.replace(start, `$1- operator\n$1- --time-scale=${TIME_SCALE}`);
}

const adapterOf = (set: Cast) => ({
  'app.kubernetes.io/component': 'adapter',
  'eppset.io/set-object': set.name,
});

/** What waits for core must never go to one pod alone because the other one's probe was late: then it is not core that lacks connections. */
function doorOf(set: Cast): Manifest {
  const { spec, ...service } = door(set.name, set.nodePort, adapterOf(set));
  return { ...service, spec: { ...(spec as object), publishNotReadyAddresses: set.class === 'core' } };
}

function door(name: string, nodePort: number, selector: Record<string, string>): Manifest {
  const port = { name: 'http', port: HTTP_PORT, targetPort: 'http', nodePort };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(`${name}-door`),
    spec: { type: 'NodePort', selector, ports: [port] },
  };
}

function simulator({ name, tld, limit, nodePort }: Account, options: { image: string; node: string }) {
  const labels = { 'app.kubernetes.io/name': name };
  const file = {
    epp: { host: '0.0.0.0', port: EPP_PORT },
    http: { host: '0.0.0.0', port: HTTP_PORT },
    accounts: [{ credentials: { dir: '../credentials' }, sessions: limit * UNGUARDED }],
    tls: { dir: '../tls' },
    tlds: [tld],
    idleTimeoutSeconds: IDLE_SECONDS,
    latencyMs: { fixed: 20, commands: LATENCY_MS },
  };
  const mount = (mounted: string) => ({
    name: mounted,
    mountPath: `/etc/eppset/${mounted}`,
    readOnly: true,
  });
  const user = 65532;
  const pod = {
    nodeSelector: { 'kubernetes.io/hostname': options.node },
    tolerations: [{ operator: 'Exists' }],
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 5,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'simulator',
        image: options.image,
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
  const ports = [
    { name: 'epp', port: 700, targetPort: 'epp' },
    { name: 'http', port: HTTP_PORT, targetPort: 'http' },
  ];
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: meta(name),
      data: { 'simulator.yaml': JSON.stringify(file) },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta(name, labels),
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod },
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: meta(name), spec: { selector: labels, ports } },
    door(name, nodePort, labels),
  ];
}

function registry({ name, tld, limit }: Account): Manifest {
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppRegistry',
    metadata: meta(name),
    spec: {
      profile: 'generic',
      accreditation: 'chaos',
      tlds: [tld],
      endpoint: { host: name, port: 700 },
      credentials: { secretName: `${name}-credentials` },
      tls: { caSecretName: `${name}-ca` },
      connections: {
        limit,
        idleTimeoutSeconds: IDLE_SECONDS,
        lateDeliverySeconds: IDLE_SECONDS,
        opensPerSecond: 50,
      },
    },
  };
}

function eppSet({ name, set, class: setClass, replicas, pools }: Cast): Manifest {
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppSet',
    metadata: meta(name),
    spec: {
      set,
      class: setClass,
      replicas,
      // One command at a time on a connection, one name in a check: what waits is demand for connections.
      pipelining: false,
      checks: { coalesce: false },
      pools: Object.entries(pools).map(([account, { min, max }]) => ({
        registry: account,
        min,
        max,
        lendablePercent: 0,
      })),
    },
  };
}
