/** What a plan needs to know of a cluster. It only reads. */
import { parse } from 'yaml';
import { parseGateway, parseRegistry } from '../api/parse.ts';
import { findCondition } from '../api/v1alpha1/conditions.ts';
import { FIELD_MANAGER } from '../api/v1alpha1/labels.ts';
import { ApiError } from '../kube/api-error.ts';
import { CONFIG_MAP, type ConfigMap, DEPLOYMENT, type Deployment } from '../kube/builtin.ts';
import type { Reader } from '../kube/interfaces.ts';
import type { KubeObject } from '../kube/objects.ts';
import { OWNED_KINDS } from '../operator/apply/owned-kinds.ts';
import type { Desired } from '../operator/apply/owned-objects.ts';
import { neededSecrets as secretsOfGateway } from '../operator/gateway-controller/needed-secrets.ts';
import { lookAtSecret, type NeededSecret } from '../operator/needed-secret.ts';
import { neededSecrets as secretsOfRegistry } from '../operator/registry-controller/credentials.ts';
import { CONFIG_FILE } from '../operator/specs/adapter-file.ts';
import { MANAGED_SELECTOR } from '../operator/specs/labels.ts';
import type { SetObjectsOptions } from '../operator/specs/set-objects.ts';
import { objectsOf, PLANNED_KINDS, refOf, type State, stateOf } from './state.ts';

export interface ClusterView {
  state: State;
  /** What the operator has made in these namespaces. */
  owned: Desired[];
}

export async function readCluster(
  client: Pick<Reader, 'list'>,
  namespaces: readonly string[],
): Promise<ClusterView> {
  const resources: KubeObject[] = [];
  const owned: Desired[] = [];
  for (const namespace of namespaces) {
    for (const resource of PLANNED_KINDS) {
      resources.push(...(await client.list<KubeObject>(resource, { namespace })).items);
    }
    for (const resource of OWNED_KINDS) {
      const { items } = await client.list(resource, { namespace, labelSelector: MANAGED_SELECTOR });
      owned.push(...items.map((object) => ({ resource, object })));
    }
  }
  return { state: stateOf(resources), owned };
}

/** What the operator gives all pods, read off those that it has made; undefined where there are none. */
export function podsAsMade(owned: readonly Desired[]): SetObjectsOptions | undefined {
  const deployments = owned.flatMap(({ resource, object }) =>
    resource === DEPLOYMENT ? [object as Deployment] : [],
  );
  const images = Map.groupBy(deployments, (one) => containerOf(one)?.image ?? '');
  images.delete('');
  // Sets that are paused may be behind.
  const [image, models = []] = [...images].sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
  const [model] = models;
  if (image === undefined || model === undefined) return undefined;
  const policy = containerOf(model)?.imagePullPolicy as SetObjectsOptions['imagePullPolicy'];
  return {
    image,
    ...(ownsPullPolicy(model) && policy !== undefined && { imagePullPolicy: policy }),
    timeScale: timeScaleOf(owned),
  };
}

const containerOf = ({ spec }: Deployment) => spec?.template.spec?.containers[0];

/** The operator says it only where its own pod, or an option, does. */
function ownsPullPolicy({ metadata }: Deployment): boolean {
  const { managedFields = [] } = metadata as {
    managedFields?: { manager?: string; operation?: string; fieldsV1?: unknown }[];
  };
  return managedFields.some(
    ({ manager, operation, fieldsV1 }) =>
      manager === FIELD_MANAGER.objects &&
      operation === 'Apply' &&
      JSON.stringify(fieldsV1).includes('"f:imagePullPolicy"'),
  );
}

function timeScaleOf(owned: readonly Desired[]): number {
  for (const { resource, object } of owned) {
    const text = resource === CONFIG_MAP ? (object as ConfigMap).data?.[CONFIG_FILE] : undefined;
    if (text === undefined) continue;
    const file = parse(text) as { budget?: { timeScale?: number } } | null;
    if (file?.budget?.timeScale !== undefined) return file.budget.timeScale;
  }
  return 1;
}

/** What the operator has said of the Secrets of accounts and gateways, by `refOf`. */
export function secretProblemsTold(state: State): Map<string, string> {
  const problems = new Map<string, string>();
  for (const object of objectsOf(state)) {
    const { conditions } = object.status ?? {};
    const credentials = findCondition(conditions, 'CredentialsAvailable');
    const degraded = findCondition(conditions, 'Degraded');
    if (credentials?.status === 'False') problems.set(refOf(object), credentials.message);
    else if (degraded?.reason === 'SecretMissing') problems.set(refOf(object), degraded.message);
  }
  return problems;
}

export interface SecretsLook {
  /** By `refOf` of what needs them. */
  problems: Map<string, string>;
  /** Those that may not be read, as `namespace/name`. */
  unknown: string[];
}

/**
 * Looks whether the Secrets that manifests need are there and have their keys. The values pass through memory and are not looked at.
 * @param given Secrets among the manifests
 */
export async function lookAtSecrets(
  client: Pick<Reader, 'get'>,
  manifests: readonly KubeObject[],
  given: readonly KubeObject[],
): Promise<SecretsLook> {
  const look: SecretsLook = { problems: new Map(), unknown: [] };
  const signal = new AbortController().signal;
  for (const manifest of manifests) {
    const { namespace = '' } = manifest.metadata;
    for (const needed of neededBy(manifest)) {
      const own = given.find(
        (one) => one.metadata.name === needed.name && one.metadata.namespace === namespace,
      );
      try {
        const source = own === undefined ? client : { get: async () => withData(own) as never };
        const { problem } = await lookAtSecret({ get: mayRead(source) }, namespace, needed, signal);
        if (problem !== undefined && !look.problems.has(refOf(manifest))) {
          look.problems.set(refOf(manifest), problem);
        }
      } catch (error) {
        if (!(error instanceof MayNotRead)) throw error;
        look.unknown.push(`${namespace}/${needed.name}`);
      }
    }
  }
  return look;
}

class MayNotRead extends Error {}

/** What the person who plans may not read, the operator may well. */
function mayRead(client: Pick<Reader, 'get'>): Reader['get'] {
  return async (...request) => {
    try {
      return await client.get(...request);
    } catch (error) {
      throw error instanceof ApiError && error.code === 403 ? new MayNotRead() : error;
    }
  };
}

function neededBy(manifest: KubeObject): NeededSecret[] {
  const registry = parseRegistry(manifest);
  if (registry.ok) return secretsOfRegistry(registry.value);
  const gateway = parseGateway(manifest);
  return gateway.ok ? secretsOfGateway(gateway.value) : [];
}

/** As the API keeps it. */
function withData(secret: KubeObject): KubeObject {
  const { data, stringData } = secret as { data?: object; stringData?: object };
  return { ...secret, data: { ...data, ...stringData } } as KubeObject;
}
