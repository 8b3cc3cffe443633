/** What a plan needs to know of a cluster. It only reads. */
import { parseGateway, parseRegistry } from '../api/parse.ts';
import { findCondition } from '../api/v1alpha1/conditions.ts';
import { ApiError } from '../kube/api-error.ts';
import { NETWORK_POLICY } from '../kube/builtin.ts';
import type { ListOptions, Reader } from '../kube/interfaces.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import { OWNED_KINDS } from '../operator/apply/owned-kinds.ts';
import type { Desired } from '../operator/apply/owned-objects.ts';
import { neededSecrets as secretsOfGateway } from '../operator/gateway-controller/needed-secrets.ts';
import { lookAtSecret, type NeededSecret } from '../operator/needed-secret.ts';
import { neededSecrets as secretsOfRegistry } from '../operator/registry-controller/credentials.ts';
import { MANAGED_SELECTOR } from '../operator/specs/labels.ts';
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
    const made = { namespace, labelSelector: MANAGED_SELECTOR };
    const [written, ...perKind] = await Promise.all([
      Promise.all(PLANNED_KINDS.map((resource) => client.list<KubeObject>(resource, { namespace }))),
      ...OWNED_KINDS.map(async (resource) => ({ resource, list: await client.list(resource, made) })),
      networkPolicies(client, made),
    ]);
    resources.push(...written.flatMap(({ items }) => items));
    for (const { resource, list } of perKind)
      owned.push(...list.items.map((object) => ({ resource, object })));
  }
  return { state: stateOf(resources), owned };
}

/** Whoever may not see them sees none: an operator that keeps some is rare, and its rights are not everybody's. */
async function networkPolicies(client: Pick<Reader, 'list'>, options: ListOptions) {
  const resource: Resource = NETWORK_POLICY;
  try {
    return { resource, list: await client.list(resource, options) };
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 403)) throw error;
    return { resource, list: { items: [] } };
  }
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
  /** What is wrong, or undefined where all is well, by `refOf` of what needs them; nothing of those whose Secrets may not be read. */
  problems: Map<string, string | undefined>;
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
    const found: (string | undefined)[] = [];
    for (const needed of neededBy(manifest)) {
      const own = given.find(
        (one) => one.metadata.name === needed.name && one.metadata.namespace === namespace,
      );
      const source = own === undefined ? client : { get: async () => withData(own) as never };
      try {
        found.push((await lookAtSecret({ get: mayRead(source) }, namespace, needed, signal)).problem);
      } catch (error) {
        if (!(error instanceof MayNotRead)) throw error;
        look.unknown.push(`${namespace}/${needed.name}`);
      }
    }
    const problem = found.find((one) => one !== undefined);
    if (problem !== undefined || found.length === neededBy(manifest).length) {
      look.problems.set(refOf(manifest), problem);
    }
  }
  return look;
}

class MayNotRead extends Error {}

/** What was seen counts more than what was told. */
export function secretProblemsAfter(
  told: ReadonlyMap<string, string>,
  { problems }: SecretsLook,
): Map<string, string> {
  const all = [...told, ...problems].filter(([ref]) => !problems.has(ref) || problems.get(ref) !== undefined);
  return new Map(all as [string, string][]);
}

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
