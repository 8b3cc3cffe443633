/** The door of a plan: manifests are checked as the API server would, all of them before anything is planned. */
import { parseGateway, parseRegistry, parseSet } from '../api/parse.ts';
import { EPP_GATEWAY } from '../api/v1alpha1/gateway.ts';
import { EPP_REGISTRY } from '../api/v1alpha1/registry.ts';
import { EPP_SET } from '../api/v1alpha1/set.ts';
import { SECRET } from '../kube/builtin.ts';
import type { KubeObject } from '../kube/objects.ts';
import { refOf } from './state.ts';

/** An object, and where it stands: `sets.yaml, document 2`. */
export interface SourcedObject {
  object: KubeObject;
  source: string;
}

export interface CheckedManifests {
  /** The custom resources, each in a namespace. */
  resources: KubeObject[];
  secrets: KubeObject[];
  /** One sentence each: where, what and what to do. */
  errors: string[];
}

/** @param namespace of those that say none */
export function checkManifests(manifests: readonly SourcedObject[], namespace: string): CheckedManifests {
  const checked: CheckedManifests = { resources: [], secrets: [], errors: [] };
  const sources = new Map<string, string>();
  for (const { object, source } of manifests) {
    const placed = {
      ...object,
      metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace },
    };
    if (object.kind === SECRET.kind) checked.secrets.push(placed);
    const parse = PARSERS[object.kind];
    if (parse === undefined) continue;
    const ref = refOf(placed);
    const parsed = parse(placed, { unknownFields: 'refuse' });
    if (!parsed.ok) {
      checked.errors.push(
        ...parsed.problems.map(({ path, message }) => `${source}: ${ref}: ${path} ${message}`),
      );
    } else if (sources.has(ref)) {
      checked.errors.push(`${source}: ${ref} stands in ${sources.get(ref)} too: take one of them out`);
    } else {
      checked.resources.push(placed);
    }
    sources.set(ref, source);
  }
  return checked;
}

const PARSERS: Readonly<Record<string, typeof parseSet | typeof parseRegistry | typeof parseGateway>> = {
  [EPP_REGISTRY.kind]: parseRegistry,
  [EPP_SET.kind]: parseSet,
  [EPP_GATEWAY.kind]: parseGateway,
};
