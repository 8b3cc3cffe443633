/** What is applied to the cluster, as JSON. Pure. */
import { door, type Manifest, simulator } from '../support/simulator-manifests.ts';
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

/** What the simulator counts is what is judged. So it refuses nothing: a session too many is to be seen, not prevented. */
const UNGUARDED = 20;

const meta = (name: string) => ({ name, namespace: NAMESPACE });

/** Everything but the operator. Simulators stand on `node`, so that the loss of the other one takes none of them. */
export function stageManifests(options: { image: string; node: string }): string {
  const items = [
    ...ACCOUNTS.flatMap((account) => simulatorOf(account, options)),
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
  const { name, nodePort } = set;
  const { spec, ...service } = door({ name, namespace: NAMESPACE, nodePort, selector: adapterOf(set) });
  return { ...service, spec: { ...(spec as object), publishNotReadyAddresses: set.class === 'core' } };
}

function simulatorOf(
  { name, tld, limit, nodePort }: Account,
  options: { image: string; node: string },
): Manifest[] {
  const file = {
    tlds: [tld],
    sessions: limit * UNGUARDED,
    idleTimeoutSeconds: IDLE_SECONDS,
    latencyMs: { fixed: 20, commands: LATENCY_MS },
  };
  return simulator({ name, namespace: NAMESPACE, nodePort, file, ...options });
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
