/**
 * The same random writes to the embedded API and to a real one leave the same objects behind. Server-side apply is where an imitation goes
 * wrong first: who owns what after appliers and plain writers took turns.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EPP_SET, type EppSet } from '../../src/api/v1alpha1/set.ts';
import { customKinds } from '../../src/embedded/custom-kinds.ts';
import { EmbeddedStore } from '../../src/embedded/store.ts';
import { ApiError, isConflict } from '../../src/kube/api-error.ts';
import { CONFIG_MAP, DEPLOYMENT, type Deployment, NAMESPACE } from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { configMap, deployment, eppSet, type Loose } from '../kube/contract-objects.ts';
import { serveCrds } from './served-crds.ts';

const { api, namespace } = useApiServer({ prefix: 'likeness' });
let real: ClosableKubeClient;
let embedded: KubeClient;
let round = 0;

beforeAll(async () => {
  const config = await loadClusterConfig({ kubeconfig: api().kubeconfigPath, env: {} });
  real = createClient(config, { clock: systemClock, log: silentLog });
  await serveCrds(real);
  embedded = new EmbeddedStore({ clock: systemClock, log: silentLog, kinds: customKinds() });
  await embedded.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace() } });
});
afterAll(() => real?.close());

type Values = Record<string, string>;
type Step =
  | { how: 'apply'; manager: string; values: Values; labels: Values }
  | { how: 'replace'; values: Values; labels: Values }
  | { how: 'delete' };

const values = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'), { maxKeys: 4 });
const labels = fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2'), { maxKeys: 2 });
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        how: fc.constant('apply' as const),
        manager: fc.constantFrom('eppset', 'somebody', 'third'),
        values,
        labels,
      }),
    },
    { weight: 3, arbitrary: fc.record({ how: fc.constant('replace' as const), values, labels }) },
    { weight: 1, arbitrary: fc.record({ how: fc.constant('delete' as const) }) },
  ),
  { minLength: 2, maxLength: 10 },
);

/** One kind, and how values are written into its object and read out of it. */
interface Scene<T extends KubeObject> {
  resource: Resource<T>;
  intent(name: string, values: Values, labels: Values): Loose;
  rewrite(live: T, values: Values, labels: Values): T;
  seen(live: T): unknown;
}

const withLabels = <T extends KubeObject>(object: T, own: Values): T => ({
  ...object,
  metadata: { ...object.metadata, ...(Object.keys(own).length > 0 && { labels: own }) },
});
const sortedBy = (key: string, list: readonly object[] = []) =>
  [...list].sort((a, b) => String(Reflect.get(a, key)).localeCompare(String(Reflect.get(b, key))));

const configMaps: Scene<ReturnType<typeof configMap>> = {
  resource: CONFIG_MAP,
  intent: (name, data, own) => withLabels({ ...configMap(namespace(), name, data) }, own),
  rewrite: (live, data, own) => ({ ...live, data, metadata: { ...live.metadata, labels: own } }),
  seen: ({ data = {}, metadata }) => ({ data, labels: metadata.labels ?? {} }),
};

/** A list with keys, deep inside: environment variables of a container. */
const envOf = (data: Values) => Object.entries(data).map(([name, value]) => ({ name, value }));
const deployments: Scene<Deployment> = {
  resource: DEPLOYMENT,
  intent: (name, data, own) => withLabels({ ...deployment(namespace(), name, data) }, own),
  rewrite(live, data, own) {
    const next = structuredClone(live);
    next.metadata.labels = own;
    next.spec!.template.spec!.containers[0]!.env = envOf(data);
    return next;
  },
  seen: ({ spec, metadata }) => ({
    env: sortedBy('name', spec?.template.spec?.containers[0]?.env),
    labels: metadata.labels ?? {},
  }),
};

/** A list with keys in a custom resource: pools by registry, never empty. */
const poolsOf = (data: Values) =>
  Object.entries({ always: '1', ...data }).map(([registry, min]) => ({ registry, min: Number(min), max: 9 }));
const sets: Scene<EppSet> = {
  resource: EPP_SET,
  intent(name, data, own) {
    const set = eppSet(namespace(), name);
    return withLabels({ ...set, spec: { ...set.spec, pools: poolsOf(data) } }, own);
  },
  rewrite: (live, data, own) => ({
    ...live,
    metadata: { ...live.metadata, labels: own },
    spec: { ...live.spec, pools: poolsOf(data) },
  }),
  seen: ({ spec, metadata }) => ({
    spec: { ...spec, pools: sortedBy('registry', spec.pools) },
    labels: metadata.labels ?? {},
    generation: metadata.generation,
  }),
};

interface Result {
  refused?: number;
  moved?: boolean;
  object?: unknown;
}

/** Carries out one step and tells what is there now, whether the version moved, or how it was refused. */
async function carryOut<T extends KubeObject>(
  client: KubeClient,
  scene: Scene<T>,
  name: string,
  step: Step,
): Promise<Result> {
  const key = { namespace: namespace(), name };
  const before = await client.get(scene.resource, key);
  try {
    if (step.how === 'delete') await client.delete(scene.resource, key);
    else if (step.how === 'apply') {
      const intent = scene.intent(name, step.values, step.labels);
      await client.apply(scene.resource, intent, { fieldManager: step.manager });
    } else if (before !== undefined)
      await client.replace(scene.resource, scene.rewrite(before, step.values, step.labels));
  } catch (error) {
    // The deployment controller wrote between our two requests.
    if (isConflict(error)) return await carryOut(client, scene, name, step);
    if (error instanceof ApiError && error.code > 0) return { refused: error.code, moved: false };
    throw error;
  }
  const after = await client.get(scene.resource, key);
  return {
    moved: before?.metadata.resourceVersion !== after?.metadata.resourceVersion,
    object: after && scene.seen(after),
  };
}

async function likeness<T extends KubeObject>(scene: Scene<T>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      round += 1;
      const name = `o${round}`;
      for (const step of plan) {
        const wanted = await carryOut(real, scene, name, step);
        const found = await carryOut(embedded, scene, name, step);
        // The real one may write although nothing changed: when the times of two managers change places, and to store a
        // status that the schema defaulted until then. The other way round a change would be lost.
        if (!wanted.moved) expect(found.moved).toBe(false);
        expect({ ...found, moved: undefined }).toEqual({ ...wanted, moved: undefined });
      }
    }),
    { numRuns: 40 },
  );
}

it('of maps', () => likeness(configMaps));
it('of lists with keys in a built-in kind', () => likeness(deployments));
it('of lists with keys in a custom resource', () => likeness(sets));
