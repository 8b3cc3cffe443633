/** Who owns which fields of an object: `metadata.managedFields`, kept beside the object. */
import type { KubeObject, ObjectMeta } from '../kube/objects.ts';
import {
  compare,
  type FieldSet,
  fieldsOf,
  isEmpty,
  NO_FIELDS,
  sameFields,
  subtract,
  union,
} from './field-set.ts';
import { isObject, type JsonObject } from './json.ts';
import { merge, prune } from './merge.ts';
import type { Shape } from './shape.ts';

/** By manager, operation and subresource: the same name owns apart what it applied and what it wrote otherwise. */
export type Managers = ReadonlyMap<string, FieldSet>;

export interface Actor {
  manager: string;
  operation: 'Apply' | 'Update';
  subresource: 'status' | undefined;
}

const keyOf = (actor: Actor): string => `${actor.manager} ${actor.operation} ${actor.subresource ?? ''}`;

/** Metadata that nobody owns: it is the object's identity, or the server's. */
const UNOWNED_METADATA = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);

/** The part of an object that can be owned. */
function ownable(object: KubeObject | JsonObject): JsonObject {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object as JsonObject;
  const owned = Object.entries(isObject(metadata) ? metadata : {}).filter(
    ([key]) => !UNOWNED_METADATA.has(key),
  );
  return owned.length === 0 ? rest : { ...rest, metadata: Object.fromEntries(owned) };
}

export interface Applied {
  object: KubeObject;
  managers: Managers;
}

/**
 * Lays an intent over the live object, by force: what the intent says wins, what this manager's last intent said and this one does
 * not goes, unless another manager owns it too.
 */
export function applyIntent(
  live: KubeObject,
  intent: KubeObject,
  managers: Managers,
  actor: Actor,
  shape: Shape,
): Applied {
  const key = keyOf(actor);
  const now = fieldsOf(ownable(intent), shape);
  const before = managers.get(key) ?? NO_FIELDS;
  const merged = merge(ownable(live), ownable(intent), shape);
  const content = prune(merged, { before, now, others: allBut(managers, key) }, shape) as
    | JsonObject
    | undefined;
  const { metadata, ...rest } = content ?? {};
  const object = {
    ...rest,
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: { ...unownedMetadata(live), ...(isObject(metadata) ? metadata : {}) } as unknown as ObjectMeta,
  };
  return { object, managers: new Map(afterChange(live, object, managers, shape, key)).set(key, now) };
}

/** Ownership after a plain write: whoever changed a field owns it alone. */
export function ownershipAfterUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  managers: Managers,
  actor: Actor,
  shape: Shape,
): Managers {
  const key = keyOf(actor);
  const { changed } = compare(before === undefined ? undefined : ownable(before), ownable(after), shape);
  const next = new Map(before === undefined ? managers : afterChange(before, after, managers, shape, key));
  const owned = union(next.get(key) ?? NO_FIELDS, changed);
  if (!isEmpty(owned)) next.set(key, owned);
  return next;
}

/** What everybody has left: changed fields belong to `except` alone, removed ones to nobody. */
function afterChange(
  before: KubeObject,
  after: KubeObject,
  managers: Managers,
  shape: Shape,
  except: string,
): Managers {
  const { changed, removed } = compare(ownable(before), ownable(after), shape);
  const next = new Map<string, FieldSet>();
  for (const [key, set] of managers) {
    const left = subtract(key === except ? set : subtract(set, changed), removed);
    if (!isEmpty(left)) next.set(key, left);
  }
  return next;
}

export function sameManagers(a: Managers, b: Managers): boolean {
  return (
    a.size === b.size &&
    [...a].every(([key, set]) => {
      const other = b.get(key);
      return other !== undefined && sameFields(set, other);
    })
  );
}

function allBut(managers: Managers, key: string): FieldSet {
  return [...managers]
    .filter(([other]) => other !== key)
    .reduce((all, [, set]) => union(all, set), NO_FIELDS);
}

function unownedMetadata(object: KubeObject): JsonObject {
  return Object.fromEntries(Object.entries(object.metadata).filter(([key]) => UNOWNED_METADATA.has(key)));
}
