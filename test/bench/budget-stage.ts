/** A real API server with accounts, sets and pods, and an allocator in this process: what the benchmarks of the budget stand on. */

import { LABEL } from '../../src/api/v1alpha1/labels.ts';
import { EPP_REGISTRY, type EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet, type SetClass } from '../../src/api/v1alpha1/set.ts';
import { NAMESPACE, POD, type Pod } from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { allocate } from '../budget/kube/allocate.ts';
import { startApiServer } from '../cluster/api.ts';
import { serveCrds } from '../embedded/served-crds.ts';

export interface AccountFacts {
  name: string;
  limit: number;
  idleTimeoutSeconds: number;
}

export interface SetFacts {
  class: SetClass;
  pods: number;
  /** At each account. */
  min: number;
}

export interface Fleet {
  namespace: string;
  accounts: readonly AccountFacts[];
  /** By set. */
  pods: ReadonlyMap<SetClass, Pod[]>;
  /** Ends the allocator. */
  stop(): Promise<void>;
}

export interface BudgetStage {
  client: ClosableKubeClient;
  kubeconfigPath: string;
  /** Makes everything in a namespace of its own, and allocates there with production timing. */
  fleet(namespace: string, accounts: readonly AccountFacts[], sets: readonly SetFacts[]): Promise<Fleet>;
  /** Requests that the API server has answered so far. */
  requests(): Promise<ApiRequests[]>;
  stop(): Promise<void>;
}

export interface ApiRequests {
  /** All labels of this counter. */
  id: string;
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  code: string;
  count: number;
}

/** The API server opens connections of its own to etcd: with so many requests at once it still answers in milliseconds. */
const AT_ONCE = 20;

export async function startBudgetStage(): Promise<BudgetStage> {
  const api = await startApiServer();
  const config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  const client = createClient(config, { clock, log, connections: AT_ONCE });
  await serveCrds(client);
  return {
    client,
    kubeconfigPath: api.kubeconfigPath,
    fleet: (namespace, accounts, sets) => makeFleet(client, { namespace, accounts, sets }),
    requests: async () => parseRequests((await api.request('GET', '/metrics')).body),
    async stop() {
      await client.close();
      await api.stop();
    },
  };
}

const SAMPLE = /^apiserver_request_total\{([^}]*)\} (\S+)$/gm;

function parseRequests(text: string): ApiRequests[] {
  return [...text.matchAll(SAMPLE)].map(([, labels = '', value]) => {
    const of = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, is]) => [name, is]));
    const { verb = '', group = '', resource = '', subresource = '', code = '' } = of;
    return { id: labels, verb, group, resource, subresource, code, count: Number(value) };
  });
}

interface FleetPlan {
  namespace: string;
  accounts: readonly AccountFacts[];
  sets: readonly SetFacts[];
}

async function makeFleet(client: ClosableKubeClient, plan: FleetPlan): Promise<Fleet> {
  const { namespace, accounts, sets } = plan;
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (const { name, limit, idleTimeoutSeconds } of accounts) {
    const spec = {
      accreditation: 'bench',
      tlds: ['com'],
      endpoint: { host: '127.0.0.1' },
      credentials: { secretName: 'none' },
      connections: { limit, idleTimeoutSeconds },
    };
    const { apiVersion, kind } = EPP_REGISTRY;
    const registry = { apiVersion, kind, metadata: { name, namespace }, spec };
    await client.create(EPP_REGISTRY, registry as unknown as EppRegistry);
  }
  for (const set of sets) {
    const pools = accounts.map(({ name, limit }) => ({ registry: name, min: set.min, max: limit }));
    const spec = { set: `epp.${set.class}.bench`, class: set.class, pools };
    const { apiVersion, kind } = EPP_SET;
    const object = { apiVersion, kind, metadata: { name: set.class, namespace }, spec };
    await client.create(EPP_SET, object as unknown as EppSet);
  }
  const abort = new AbortController();
  const allocating = allocate({ client, namespace, timeScale: 1, signal: abort.signal });
  const pods = new Map<SetClass, Pod[]>();
  for (const set of sets) pods.set(set.class, await makePods(client, namespace, set));
  return {
    namespace,
    accounts,
    pods,
    async stop() {
      abort.abort(new Error('the benchmark ends'));
      await allocating;
    },
  };
}

async function makePods(client: ClosableKubeClient, namespace: string, set: SetFacts): Promise<Pod[]> {
  const pods: Pod[] = [];
  for (let made = 0; made < set.pods; made += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, set.pods - made) }, (_, n) => {
      const metadata = {
        name: `${set.class}-${made + n}`,
        namespace,
        labels: { [LABEL.setObject]: set.class },
      };
      const spec = { containers: [{ name: 'adapter', image: 'none' }] };
      return client.create<Pod>(POD, { apiVersion: 'v1', kind: 'Pod', metadata, spec });
    });
    pods.push(...(await Promise.all(some)));
  }
  return pods;
}
