/** What the end-to-end tests of the gateway stand on: the operator, one simulated account, sets of two regions, and an old path. */
import { kubectlOk, manifestText, withImage } from '../../demo/place-kubernetes.ts';
import { demoSecrets } from '../../src/simulator/demo-secrets.ts';
import { cutPod } from '../chaos/faults.ts';
import { useCluster } from '../cluster/using-kind.ts';
import { eventually } from '../support/eventually.ts';
import { door, type Manifest, simulator } from '../support/simulator-manifests.ts';

export const GATEWAY = 'front-bj';
const ACCOUNT = 'wide-sim';
const GATEWAY_PORT = 30_080;
const GATEWAY_LABELS = {
  'app.kubernetes.io/component': 'gateway',
  'app.kubernetes.io/instance': GATEWAY,
};
const GATEWAY_PODS = Object.entries(GATEWAY_LABELS)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');
const LIMIT = 90;
const IDLE_SECONDS = 10;
const CHECK_MS = 200;

interface SetOptions {
  name: string;
  set: string;
  class: 'core' | 'query' | 'manage';
  replicas: number;
  min: number;
  more?: object;
}

export const SETS = {
  core: { name: 'core-bj', set: 'epp.core.bj', class: 'core', replicas: 2, min: 10 },
  fallback: { name: 'core-any', set: 'epp.core.*', class: 'core', replicas: 2, min: 10 },
  sibling: { name: 'core-gz', set: 'epp.core.gz', class: 'core', replicas: 1, min: 5 },
  /** One check at a time on a connection, so that a few callers are a flood. */
  query: {
    name: 'query-bj',
    set: 'epp.query.bj',
    class: 'query',
    replicas: 1,
    min: 5,
    more: { pipelining: false, checks: { coalesce: false } },
  },
  /** The old path: adapters that take requests from anyone. */
  legacy: {
    name: 'old-bj',
    set: 'old.all.bj',
    class: 'manage',
    replicas: 1,
    min: 5,
    more: { callers: 'Anyone' },
  },
} as const satisfies Record<string, SetOptions>;

/** Checks a second that the query set can carry. */
export const CHECKS_PER_SECOND = (2 * SETS.query.min * 1_000) / CHECK_MS;

function eppSet(
  namespace: string,
  { name, set, class: setClass, replicas, min, more }: SetOptions,
): Manifest {
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppSet',
    metadata: { name, namespace },
    spec: {
      set,
      class: setClass,
      replicas,
      pools: [{ registry: ACCOUNT, min, max: 2 * min }],
      ...more,
    },
  };
}

function registry(namespace: string): Manifest {
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppRegistry',
    metadata: { name: ACCOUNT, namespace },
    spec: {
      profile: 'generic',
      accreditation: 'demo',
      tlds: ['com'],
      endpoint: { host: ACCOUNT, port: 700 },
      credentials: { secretName: `${ACCOUNT}-credentials` },
      tls: { caSecretName: `${ACCOUNT}-ca` },
      connections: {
        limit: LIMIT,
        idleTimeoutSeconds: IDLE_SECONDS,
        lateDeliverySeconds: IDLE_SECONDS,
        opensPerSecond: 50,
      },
    },
  };
}

/** Core is the default business: reads other than checks go there too. */
export function gatewaySpec(more: object = {}): object {
  return {
    prefix: 'epp',
    region: 'bj',
    replicas: 2,
    businesses: [
      { name: 'query', commands: ['domain:check'] },
      { name: 'core', default: true },
    ],
    routes: [{ tlds: ['com'], registries: [{ name: ACCOUNT }] }],
    ...more,
  };
}

/** At the top of a file. What it answers with can be called from `beforeAll` on. */
export function useGatewayStage() {
  const { cluster, image, namespace, url } = useCluster({ prefix: 'gateway' });
  const kubectl = (args: readonly string[], input?: string) => kubectlOk(cluster().kubectl, args, input);
  const apply = (items: readonly object[]) =>
    kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const inNamespace = (...args: string[]) => kubectl(['-n', namespace(), ...args]);
  const ready = (kind: string, ...names: string[]) =>
    inNamespace('wait', '--for=condition=Ready', '--timeout=120s', kind, ...names);

  return {
    kubectl: inNamespace,
    /** Cuts the gateway's pods from the API server; what is returned mends it. */
    async cutFromApi(): Promise<() => Promise<void>> {
      const pods = await inNamespace('get', 'pods', '-o', 'name', '-l', GATEWAY_PODS);
      const names = pods
        .trim()
        .split('\n')
        .map((pod) => pod.replace('pod/', ''));
      const mend = await Promise.all(
        names.map((name) => cutPod(cluster(), { namespace: namespace(), name }, 'api')),
      );
      return async () => void (await Promise.all(mend.map((one) => one())));
    },
    url: () => url(GATEWAY_PORT),
    /** The operator and all of the stage; resolves when it serves. */
    async open(): Promise<void> {
      const install = withImage(await manifestText('manifests/install.yaml'), image());
      await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], install);
      await kubectl([
        ...['wait', '--for=condition=Established', '--timeout=60s'],
        ...['crd', '-l', 'app.kubernetes.io/part-of=eppset'],
      ]);
      await apply(await demoSecrets(ACCOUNT, namespace()));
      const items = [
        ...simulator({
          name: ACCOUNT,
          namespace: namespace(),
          image: image(),
          file: {
            tlds: ['com'],
            sessions: LIMIT,
            idleTimeoutSeconds: IDLE_SECONDS,
            latencyMs: { fixed: 20, commands: { 'domain:check': CHECK_MS } },
          },
        }),
        registry(namespace()),
        ...Object.values(SETS).map((set) => eppSet(namespace(), set)),
        {
          apiVersion: 'eppset.io/v1alpha1',
          kind: 'EppGateway',
          metadata: { name: GATEWAY, namespace: namespace() },
          spec: gatewaySpec(),
        },
        door({
          name: GATEWAY,
          namespace: namespace(),
          nodePort: GATEWAY_PORT,
          selector: GATEWAY_LABELS,
        }),
      ];
      // An admission policy that was created a moment ago may not be at work yet.
      await eventually(() => apply(items), { timeoutMs: 30_000, everyMs: 300 });
      await ready('eppset', ...Object.values(SETS).map(({ name }) => name));
      await ready('eppgateway', GATEWAY);
    },
    /** The Service takes a port of the cluster, and the operator all namespaces: neither is the next file's. */
    async close(): Promise<void> {
      await inNamespace('delete', 'service', `${GATEWAY}-door`, '--ignore-not-found');
    },
    ready,
    /** Merges this into the spec of the gateway. */
    patch: (spec: object) =>
      inNamespace('patch', 'eppgateway', GATEWAY, '--type=merge', '-p', JSON.stringify({ spec })),
    scale: (set: { name: string }, replicas: number) =>
      inNamespace('scale', 'eppset', set.name, `--replicas=${replicas}`),
    /** All pods of a set at once, without a moment to drain. */
    killAll: (set: { name: string }) =>
      inNamespace(
        ...['delete', 'pod', '--force', '--grace-period=0', '--wait=false'],
        ...['-l', `eppset.io/set-object=${set.name}`],
      ),
    legacyUrl: `http://${SETS.legacy.name}-adapter:8080`,
  };
}
