/** What a local copy leaves out of an object: a third of it says who wrote which field, and nobody here asks. */
import type { Pod } from './builtin.ts';
import type { KubeObject } from './objects.ts';

/** Who writes the rest back loses nothing: the API keeps the list of managers when a replacement has none. */
export function withoutManagers<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata as T['metadata'] & { managedFields?: unknown };
  return { ...object, metadata };
}

/** Which pod it is, whose, and whether it has ended. */
export function barePod(pod: Pod): Pod {
  const { name, namespace, uid, labels, resourceVersion, deletionTimestamp } = pod.metadata;
  const { phase } = pod.status ?? {};
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(labels !== undefined && { labels }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    status: { ...(phase !== undefined && { phase }) },
  } as Pod;
}
