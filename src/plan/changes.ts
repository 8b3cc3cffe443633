import type { KubeObject, Resource } from '../kube/objects.ts';
import { isAsIntended, isOfIntent, stamped } from '../operator/apply/intent.ts';
import { type Desired, ownerUids } from '../operator/apply/owned-objects.ts';
import { differences, type FieldChange, uncovered } from './fields.ts';
import type { Intention } from './intents.ts';
import { refOf } from './state.ts';

export type Action = 'create' | 'change' | 'delete';

/** One object that becomes another. */
export interface ObjectChange {
  action: Action;
  kind: string;
  namespace: string;
  name: string;
  /** Of what changes; empty when it is created or deleted, and when it is only written again, as by another version of the operator. */
  fields: FieldChange[];
}

/** What the operator would do to one object. */
export interface OwnedChange extends ObjectChange {
  resource: Resource;
  /** As it would be written; absent for what is deleted. */
  intent?: KubeObject;
  live?: KubeObject;
}

export interface OwnerChanges {
  changes: OwnedChange[];
  /** An object of somebody else's has a name that is needed. */
  taken?: string;
}

/** What is there, as caches have it. */
export interface LiveObjects {
  get(object: KubeObject): KubeObject | undefined;
  /** All that the custom resource owns. */
  ownedBy(owner: KubeObject): Desired[];
}

/** Writes of the operator for one owner, in its order; nothing where it would leave all as it is. */
export function ownedChanges(
  before: Intention | undefined,
  after: Intention | undefined,
  live: LiveObjects,
): OwnerChanges {
  const owner = (after ?? before)?.owner;
  if (owner === undefined) return { changes: [] };
  if (after === undefined) return { changes: live.ownedBy(owner).map(deleted) };
  if (after.state !== 'resolved') return { changes: [] };
  const intended = new Map(
    before?.state === 'resolved' ? before.desired.map(({ object }) => [refOf(object), object]) : [],
  );
  const changes: OwnedChange[] = [];
  for (const { resource, object } of after.desired) {
    const found = live.get(object);
    if (found !== undefined && !isOwnedBy(owner, found)) return { changes: [], taken: refOf(object) };
    const wanted = stamped(object);
    if (found !== undefined && isAsIntended(wanted, found)) continue;
    changes.push({
      ...named(object),
      action: found === undefined ? 'create' : 'change',
      fields: found === undefined ? [] : fieldsOf(object, found, intended.get(refOf(object))),
      resource,
      intent: wanted.intent,
      ...(found && { live: found }),
    });
  }
  const wanted = new Set(after.desired.map(({ object }) => refOf(object)));
  const leftovers = live.ownedBy(owner).filter(({ object }) => !wanted.has(refOf(object)));
  return { changes: [...changes, ...leftovers.map(deleted)] };
}

/** @param was intended until now: what is taken out of it goes, whereas what is only live is somebody else's */
function fieldsOf(object: KubeObject, live: KubeObject, was: KubeObject | undefined): FieldChange[] {
  const fields = uncovered(object, live);
  if (was === undefined || !isOfIntent(stamped(was), live)) return fields;
  const told = new Set(fields.map(({ path }) => path));
  return [
    ...fields,
    ...differences(was, object).filter(({ path, after }) => after === undefined && !told.has(path)),
  ];
}

/** What the operator has made of these intentions, where there is no cluster to look at. */
export function madeOf(intentions: Iterable<Intention>): LiveObjects {
  const all = [...intentions].flatMap((intention) =>
    intention.state === 'resolved'
      ? intention.desired.map(({ resource, object }) => ({ resource, object: stamped(object).intent }))
      : [],
  );
  return liveObjects(all);
}

export function liveObjects(all: readonly Desired[]): LiveObjects {
  const byRef = new Map(all.map(({ object }) => [refOf(object), object]));
  return {
    get: (object) => byRef.get(refOf(object)),
    ownedBy: (owner) => all.filter(({ object }) => isOwnedBy(owner, object)),
  };
}

function isOwnedBy({ metadata }: KubeObject, object: KubeObject): boolean {
  return metadata.uid !== undefined && ownerUids(object).includes(metadata.uid);
}

function deleted({ resource, object }: Desired): OwnedChange {
  return { ...named(object), action: 'delete', fields: [], resource, live: object };
}

export function named({ kind, metadata }: KubeObject): Pick<ObjectChange, 'kind' | 'namespace' | 'name'> {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
}
