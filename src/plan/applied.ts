/** What becomes of the custom resources when people apply manifests. */

import { kubernetesTime } from '../api/v1alpha1/conditions.ts';
import type { KubeObject } from '../kube/objects.ts';
import { objectsOf, refOf, type State, stateOf } from './state.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export interface ApplyOptions {
  /** As `--prune`: what is not among the manifests is deleted. */
  prune?: boolean;
  now: Date;
}

/** As `kubectl apply` would leave them. @param manifests custom resources with a namespace */
export function applied(before: State, manifests: readonly KubeObject[], options: ApplyOptions): State {
  const live = new Map(objectsOf(before).map((object) => [refOf(object), object as KubeObject]));
  const written = manifests.map((manifest) => {
    const found = live.get(refOf(manifest));
    return found === undefined ? created(manifest, options.now) : changed(found, manifest);
  });
  const refs = new Set(written.map(refOf));
  const others = options.prune ? [] : [...live.values()].filter((object) => !refs.has(refOf(object)));
  return stateOf([...others, ...written]);
}

function created(manifest: KubeObject, now: Date): KubeObject {
  const { status: _, ...rest } = manifest as KubeObject & { status?: unknown };
  const annotations = { ...rest.metadata.annotations, [LAST_APPLIED]: JSON.stringify(manifest) };
  const creationTimestamp = kubernetesTime(now);
  const stored = { uid: `planned ${refOf(rest)}`, generation: 1, creationTimestamp, annotations };
  return { ...rest, metadata: { ...rest.metadata, ...stored } };
}

/** Spec alone: the operator looks at nothing else that people write. */
function changed(live: KubeObject, manifest: KubeObject): KubeObject {
  const [was, is] = [specOf(live), specOf(manifest)];
  const last = lastApplied(live);
  const base = last === undefined ? was : without(was, specOf(last), is);
  return { ...live, spec: merged(base, is) } as KubeObject;
}

const specOf = (object: KubeObject): unknown => (object as { spec?: unknown }).spec;

/** What was applied last, or at least its fields: by the note of client-side apply, else by the owner of the fields. */
function lastApplied({ metadata }: KubeObject): KubeObject | undefined {
  const text = metadata.annotations?.[LAST_APPLIED];
  if (text === undefined) return lastAppliedFields(metadata);
  try {
    return JSON.parse(text) as KubeObject;
  } catch {
    return undefined;
  }
}

interface ManagedFields {
  operation?: string;
  subresource?: string;
  time?: string;
  fieldsV1?: Record<string, unknown>;
}

/** The fields of the latest server-side apply. */
function lastAppliedFields(metadata: KubeObject['metadata']): KubeObject | undefined {
  const { managedFields = [] } = metadata as { managedFields?: ManagedFields[] };
  const [last] = managedFields
    .filter(({ operation, subresource, fieldsV1 }) => {
      return operation === 'Apply' && !subresource && fieldsV1?.['f:spec'] !== undefined;
    })
    .sort((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
  return last && (fieldsOf(last.fieldsV1) as KubeObject);
}

/** `{'f:spec': {'f:replicas': {}}}` as `{spec: {replicas: {}}}`. */
function fieldsOf(owned: unknown): unknown {
  if (!isRecord(owned)) return {};
  const members = Object.entries(owned).filter(([key]) => key.startsWith('f:'));
  return Object.fromEntries(members.map(([key, member]) => [key.slice(2), fieldsOf(member)]));
}

/** `value` without what was applied last and is not any more. Lists of custom resources are replaced as a whole. */
function without(value: unknown, last: unknown, now: unknown): unknown {
  if (!isRecord(value) || !isRecord(last)) return value;
  const next = isRecord(now) ? now : {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      if (key in last && !(key in next)) return [];
      return [[key, without(member, last[key], next[key])]];
    }),
  );
}

/** A JSON merge patch (RFC 7396). */
function merged(value: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const base = isRecord(value) ? value : {};
  const result: Record<string, unknown> = { ...base };
  for (const [key, member] of Object.entries(patch)) {
    if (member === null) delete result[key];
    else result[key] = merged(base[key], member);
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
