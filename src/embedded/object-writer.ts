import { randomUUID } from 'node:crypto';
import { NAMESPACE } from '../kube/builtin.ts';
import type { DeleteOptions } from '../kube/interfaces.ts';
import { type KubeObject, keyOf, type ObjectMeta } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import { graceOf, isHeld } from './deletion.ts';
import { type Managers, sameManagers } from './field-managers.ts';
import { sameJson } from './json.ts';
import { contentOf, setStatus, withoutEmpty } from './object-parts.ts';
import { kindKey, type ObjectTable, type StoredObject } from './object-table.ts';
import * as refuse from './refusals.ts';
import type { ServedKind } from './served-kinds.ts';

/** RFC 1123 subdomain; roles and their bindings may be named more freely. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What happens to an object between a request and the table: checks, defaults, generations, finalizers. */
export class ObjectWriter {
  readonly #table: ObjectTable;
  readonly #clock: Clock;

  constructor(table: ObjectTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** A new object must have a name and, if namespaced, a namespace that exists. */
  checkPlace(what: string, { resource }: ServedKind, { metadata }: KubeObject): void {
    const { name, namespace } = metadata;
    if (!name)
      throw refuse.invalid(what, resource, '', [
        'metadata.name: Required value: name or generateName is required',
      ]);
    const free = resource.apiVersion.startsWith('rbac.');
    if (!free && (name.length > 253 || !NAME.test(name)))
      throw refuse.invalid(what, resource, name, [
        `metadata.name: Invalid value: ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
      ]);
    if (!resource.namespaced) return;
    if (!namespace) throw refuse.badRequest(what, 'no namespace given');
    const home = this.#table.get(NAMESPACE, { name: namespace })?.object;
    if (home === undefined) throw refuse.notFound(what, NAMESPACE, namespace);
    if (home.metadata.deletionTimestamp !== undefined)
      throw refuse.forbidden(
        what,
        resource,
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
  }

  checkIntent(what: string, { resource }: ServedKind, intent: KubeObject): void {
    const { name, uid, resourceVersion } = intent.metadata;
    if ('managedFields' in intent.metadata)
      throw refuse.badRequest(what, 'metadata.managedFields must be nil');
    const live = this.#table.get(resource, keyOf(intent))?.object.metadata;
    if (uid !== undefined && live?.uid !== uid)
      throw refuse.conflict(
        what,
        resource,
        name,
        live === undefined
          ? `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
          : `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.uid}`,
      );
    if (resourceVersion && live?.resourceVersion !== resourceVersion)
      throw refuse.modified(what, resource, name);
  }

  /** A new object with what the server gives it. */
  born(kind: ServedKind, sent: KubeObject): KubeObject {
    const { name, namespace, labels, annotations, finalizers, ownerReferences } = sent.metadata;
    const object: KubeObject = {
      ...sent,
      apiVersion: kind.resource.apiVersion,
      kind: kind.resource.kind,
      metadata: {
        name,
        ...(kind.resource.namespaced && namespace !== undefined && { namespace }),
        uid: randomUUID(),
        ...(kind.hasGeneration && { generation: 1 }),
        creationTimestamp: this.#now(),
        ...(labels && { labels }),
        ...(annotations && { annotations }),
        ...(finalizers && { finalizers }),
        ...(ownerReferences && { ownerReferences }),
      },
    };
    if (kind.hasStatus) setStatus(object, undefined);
    return object;
  }

  insert(kind: ServedKind, object: KubeObject): void {
    this.#table.put(kind.resource, this.admit('start', kind, this.born(kind, object), undefined), new Map());
  }

  /** The object as it will be stored. Throws 422 for what the kind's schema does not let through. */
  admit(what: string, kind: ServedKind, object: KubeObject, previous: KubeObject | undefined): KubeObject {
    const metadata = withoutEmpty(object.metadata);
    const before = new Set(previous?.metadata.finalizers);
    if (metadata.deletionTimestamp !== undefined && metadata.finalizers?.some((name) => !before.has(name)))
      throw refuse.invalid(what, kind.resource, metadata.name, [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
      ]);
    const tidy = { ...object, metadata };
    if (kind.prepare === undefined) return tidy;
    const { object: prepared, faults } = kind.prepare(tidy, previous);
    if (faults.length > 0) throw refuse.invalid(what, kind.resource, metadata.name, faults);
    return prepared;
  }

  /** Stores a change of an object. Nothing is written when nothing changes. */
  commit(kind: ServedKind, live: StoredObject, next: KubeObject, managers: Managers): KubeObject {
    const { object } = live;
    if (sameJson(object, next) && sameManagers(live.managers, managers)) return object;
    const counts = kind.hasGeneration && !sameJson(contentOf(object), contentOf(next));
    const { generation = 0 } = object.metadata;
    const stored = counts ? { ...next, metadata: { ...next.metadata, generation: generation + 1 } } : next;
    const { deletionTimestamp, finalizers } = stored.metadata;
    // The last finalizer is gone: so is the object. A pod waits for its node besides, a namespace for its objects.
    const released =
      deletionTimestamp !== undefined && finalizers === undefined && !isHeld(kind.resource, stored);
    return released
      ? this.#table.remove(kind.resource, stored)
      : this.#table.put(kind.resource, stored, managers);
  }

  markDeleted(kind: ServedKind, live: StoredObject, options: DeleteOptions): void {
    const { object } = live;
    const finalizers = new Set(object.metadata.finalizers);
    if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
    if (options.propagationPolicy === 'Orphan') finalizers.add('orphan');
    const graceSeconds = graceOf(kind.resource, object, options);
    const isNamespace = kindKey(kind.resource) === kindKey(NAMESPACE);
    if (finalizers.size === 0 && graceSeconds === 0 && !isNamespace) {
      this.#table.remove(kind.resource, object);
      return;
    }
    const {
      deletionTimestamp,
      deletionGracePeriodSeconds = Number.POSITIVE_INFINITY,
      generation,
    } = object.metadata;
    const shorter = graceSeconds < deletionGracePeriodSeconds;
    const metadata: ObjectMeta = {
      ...object.metadata,
      ...(finalizers.size > 0 && { finalizers: [...finalizers] }),
      ...(deletionTimestamp === undefined && generation !== undefined && { generation: generation + 1 }),
      ...(shorter && {
        deletionTimestamp: this.#now(graceSeconds),
        deletionGracePeriodSeconds: graceSeconds,
      }),
    };
    const next = { ...object, metadata };
    if (isNamespace) setStatus(next, { phase: 'Terminating' });
    if (!sameJson(object, next)) this.#table.put(kind.resource, next, live.managers);
  }

  /** The API's Time has whole seconds. */
  #now(afterSeconds = 0): string {
    const time = new Date(this.#clock.wall().getTime() + afterSeconds * 1000);
    return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
  }
}
