import { isConflict } from '../kube/api-error.ts';
import { NAMESPACE } from '../kube/builtin.ts';
import type { Writer } from '../kube/interfaces.ts';
import { type KubeObject, keyOf, type Resource } from '../kube/objects.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Change } from './history.ts';
import { kindKey, type ObjectTable } from './object-table.ts';

/** The API forgets events after an hour; we keep a number. */
const MAX_EVENTS = 1_000;

interface Found {
  resource: Resource;
  object: KubeObject;
}

/**
 * What kube-controller-manager does behind the API: objects whose owners are all gone go too, foreground and orphan deletion are
 * carried out, a namespace goes with everything in it, old events are forgotten. Looks at everything after each change that may
 * matter: here are hundreds of objects, not thousands.
 */
export class GarbageCollector {
  readonly #table: ObjectTable;
  readonly #writer: Writer;
  readonly #log: Log;
  #wanted = false;
  #sweeping: Promise<void> | undefined;

  constructor(table: ObjectTable, writer: Writer, log: Log) {
    this.#table = table;
    this.#writer = writer;
    this.#log = log;
    table.onChange((change) => {
      if (matters(change)) this.#request();
    });
  }

  /** Resolves when there is nothing left to do. */
  async settled(): Promise<void> {
    while (this.#sweeping !== undefined) await this.#sweeping;
  }

  #request(): void {
    this.#wanted = true;
    this.#sweeping ??= this.#run();
  }

  async #run(): Promise<void> {
    // The change that woke us is still being made.
    await Promise.resolve();
    while (this.#wanted) {
      this.#wanted = false;
      await this.#sweep();
    }
    this.#sweeping = undefined;
  }

  async #sweep(): Promise<void> {
    const all = [...this.#table.everything()];
    const uids = new Set(all.map(({ object }) => object.metadata.uid));
    for (const found of all) await this.#quietly(() => this.#collect(found, uids));
    for (const found of all) await this.#quietly(() => this.#finishDeletion(found, all));
    for (const { object } of all)
      if (object.kind === NAMESPACE.kind && object.metadata.deletionTimestamp !== undefined)
        await this.#quietly(() => this.#emptyNamespace(object, all));
    await this.#quietly(() => this.#forgetEvents(all));
  }

  /** Somebody else changed the object meanwhile: look again. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isConflict(error)) this.#wanted = true;
      else this.#log.error({ reason: messageOf(error) }, 'an object could not be collected');
    }
  }

  async #collect({ resource, object }: Found, uids: ReadonlySet<string | undefined>): Promise<void> {
    const owners = object.metadata.ownerReferences ?? [];
    const left = owners.filter((owner) => uids.has(owner.uid));
    if (left.length === owners.length) return;
    if (left.length === 0) await this.#delete({ resource, object }, 'Background');
    else await this.#writer.replace(resource, withOwners(object, left));
  }

  async #finishDeletion(found: Found, all: readonly Found[]): Promise<void> {
    const { finalizers = [], deletionTimestamp, uid } = found.object.metadata;
    if (deletionTimestamp === undefined) return;
    if (finalizers.includes('orphan')) {
      for (const { resource, object } of dependentsOf(uid, all)) {
        const left = object.metadata.ownerReferences?.filter((owner) => owner.uid !== uid) ?? [];
        await this.#writer.replace(resource, withOwners(object, left));
      }
      return await this.#dropFinalizer(found, 'orphan');
    }
    if (!finalizers.includes('foregroundDeletion')) return;
    const dependents = dependentsOf(uid, all);
    for (const dependent of dependents)
      if (dependent.object.metadata.deletionTimestamp === undefined)
        await this.#delete(
          dependent,
          dependentsOf(dependent.object.metadata.uid, all).length > 0 ? 'Foreground' : 'Background',
        );
    const blocking = dependentsOf(uid, [...this.#table.everything()]).filter(({ object }) =>
      object.metadata.ownerReferences?.some(
        (owner) => owner.uid === uid && owner.blockOwnerDeletion === true,
      ),
    );
    if (blocking.length === 0) await this.#dropFinalizer(found, 'foregroundDeletion');
  }

  async #emptyNamespace(namespace: KubeObject, all: readonly Found[]): Promise<void> {
    const { name } = namespace.metadata;
    for (const found of all)
      if (found.object.metadata.namespace === name && found.object.metadata.deletionTimestamp === undefined)
        await this.#delete(found, 'Background');
    const isEmpty = ![...this.#table.everything()].some(({ object }) => object.metadata.namespace === name);
    const live = this.#table.get(NAMESPACE, { name })?.object;
    if (isEmpty && live?.metadata.finalizers === undefined && live !== undefined)
      this.#table.remove(NAMESPACE, live);
  }

  async #forgetEvents(all: readonly Found[]): Promise<void> {
    const events = all.filter(({ resource }) => kindKey(resource) === 'events.');
    if (events.length <= MAX_EVENTS) return;
    const versionOf = ({ object }: Found) => Number(object.metadata.resourceVersion);
    const old = events.sort((a, b) => versionOf(a) - versionOf(b)).slice(0, events.length - MAX_EVENTS / 2);
    for (const event of old) await this.#delete(event, 'Background');
  }

  async #delete({ resource, object }: Found, propagationPolicy: 'Foreground' | 'Background'): Promise<void> {
    const { uid, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined) return;
    await this.#writer.delete(resource, keyOf(object), {
      ...(uid !== undefined && { uid }),
      propagationPolicy,
    });
  }

  async #dropFinalizer({ resource, object }: Found, name: string): Promise<void> {
    const live = this.#table.get(resource, keyOf(object))?.object;
    if (live === undefined || live.metadata.uid !== object.metadata.uid) return;
    const finalizers = live.metadata.finalizers?.filter((finalizer) => finalizer !== name) ?? [];
    await this.#writer.replace(resource, { ...live, metadata: { ...live.metadata, finalizers } });
  }
}

/** Whether a change may leave something to collect. Most changes are renewals, which do not. */
function matters({ type, object, previous, resource }: Change): boolean {
  const { deletionTimestamp, ownerReferences } = object.metadata;
  if (type === 'DELETED' || deletionTimestamp !== undefined) return true;
  if (ownerReferences !== undefined && previous === undefined) return true;
  return type === 'ADDED' && kindKey(resource) === 'events.';
}

function dependentsOf(uid: string | undefined, all: readonly Found[]): Found[] {
  return all.filter(({ object }) => object.metadata.ownerReferences?.some((owner) => owner.uid === uid));
}

function withOwners(
  object: KubeObject,
  ownerReferences: KubeObject['metadata']['ownerReferences'],
): KubeObject {
  return { ...object, metadata: { ...object.metadata, ownerReferences: ownerReferences ?? [] } };
}
