/** What the embedded API serves, and how each kind behaves. */
import type { KubeObject, Resource } from '../kube/objects.ts';
import { BUILTIN_SHAPES, PLAIN_SHAPE } from './builtin-shapes.ts';
import { isObject } from './json.ts';
import { kindKey } from './object-table.ts';
import { groupOf } from './refusals.ts';
import type { Shape } from './shape.ts';

export interface ServedKind {
  readonly resource: Resource;
  /** Whether status is a subresource: other writes do not touch it, and writes of it touch nothing else. */
  readonly hasStatus: boolean;
  /** Whether `metadata.generation` counts the changes of all but metadata and status. */
  readonly hasGeneration: boolean;
  readonly shape: Shape;
  /** Fields that a field selector may name. */
  readonly selectable: ReadonlySet<string>;
  /**
   * What the server makes of an object before it stores it: defaults in, unknown fields out. The faults that it finds are
   * `path: message`; any fault refuses the write.
   */
  prepare?(object: KubeObject, previous: KubeObject | undefined): { object: KubeObject; faults: string[] };
}

/** Groups of Kubernetes itself. Of these, kinds that nobody here knows are kept as they come. */
const BUILTIN_GROUPS = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
]);

const WITH_STATUS = new Set([
  'pods.',
  'services.',
  'namespaces.',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'poddisruptionbudgets.policy',
  'horizontalpodautoscalers.autoscaling',
  'ingresses.networking.k8s.io',
  'jobs.batch',
]);

const WITH_GENERATION = new Set([
  'pods.',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'poddisruptionbudgets.policy',
  'endpointslices.discovery.k8s.io',
  'ingresses.networking.k8s.io',
  'networkpolicies.networking.k8s.io',
  'jobs.batch',
]);

const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  'pods.': ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  'events.': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'reason',
    'type',
  ],
  'secrets.': ['type'],
  'namespaces.': ['status.phase'],
};

export class ServedKinds {
  readonly #custom: ReadonlyMap<string, ServedKind>;

  constructor(custom: readonly ServedKind[]) {
    this.#custom = new Map(custom.map((kind) => [kindKey(kind.resource), kind]));
  }

  /** Undefined when the embedded API does not serve the kind. */
  find(resource: Resource): ServedKind | undefined {
    const key = kindKey(resource);
    const custom = this.#custom.get(key);
    if (custom !== undefined) return custom;
    if (!BUILTIN_GROUPS.has(groupOf(resource.apiVersion))) return undefined;
    const defaulted = PREPARERS[key] ?? ((object: KubeObject) => object);
    return {
      resource,
      hasStatus: WITH_STATUS.has(key),
      hasGeneration: WITH_GENERATION.has(key),
      shape: BUILTIN_SHAPES[key] ?? PLAIN_SHAPE,
      selectable: selectable(SELECTABLE[key]),
      prepare: (object) => ({ object: withoutEmptyLists(defaulted(object)) as KubeObject, faults: [] }),
    };
  }
}

export function selectable(fields: readonly string[] = []): ReadonlySet<string> {
  return new Set(['metadata.name', 'metadata.namespace', ...fields]);
}

/** The few defaults of built-in kinds that somebody here counts on. */
const PREPARERS: Readonly<Record<string, (object: KubeObject) => KubeObject>> = {
  'secrets.': (object) => ({ type: 'Opaque', ...encodeStringData(object) }) as KubeObject,
  'pods.': (object) => ({ status: { phase: 'Pending' }, ...object }) as KubeObject,
  'namespaces.': (object) => ({ status: { phase: 'Active' }, ...object }) as KubeObject,
  'deployments.apps': (object) => {
    const { spec } = object as KubeObject & { spec?: { replicas?: number } };
    return { ...object, spec: { replicas: 1, ...spec } } as KubeObject;
  },
};

/** `stringData` of a Secret is only a way to write `data`. */
export function encodeStringData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object as KubeObject & { stringData?: unknown; data?: object };
  if (object.kind !== 'Secret' || !isObject(stringData)) return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(String(text)).toString('base64'),
  ]);
  return { ...rest, data: { ...rest.data, ...Object.fromEntries(encoded) } } as KubeObject;
}

/** An empty list of a built-in kind is as good as none: the API's Go types leave it out. */
function withoutEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => !Array.isArray(member) || member.length > 0);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutEmptyLists(member)]));
}
