import type { KubeClient } from '../../kube/interfaces.ts';
import type { KubeObject, Resource } from '../../kube/objects.ts';

/**
 * Puts the finalizer on, or takes it off, by a compare-and-swap on the object as it was read; a conflict is thrown, and the next
 * reconcile sees the newer object. The spec goes back as it came. True when there was something to do.
 */
export async function setFinalizer<T extends KubeObject>(
  client: Pick<KubeClient, 'replace'>,
  resource: Resource<T>,
  object: T,
  change: { finalizer: string; present: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(change.finalizer) === change.present) return false;
  const next = change.present
    ? [...finalizers, change.finalizer]
    : finalizers.filter((name) => name !== change.finalizer);
  await client.replace(resource, { ...object, metadata: { ...object.metadata, finalizers: next } }, signal);
  return true;
}
