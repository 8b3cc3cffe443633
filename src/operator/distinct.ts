import type { EventSource } from '../kube/informer.ts';
import type { KubeObject } from '../kube/objects.ts';

/** The source's events without the updates that leave `fingerprint` as it was: not everybody is concerned by every change of status. */
export function distinct<T extends KubeObject>(
  source: EventSource<T>,
  fingerprint: (object: T) => string,
): EventSource<T> {
  return {
    synced: (signal) => source.synced(signal),
    onEvent: (handler) =>
      source.onEvent((event) => {
        if (event.type === 'updated' && fingerprint(event.previous) === fingerprint(event.object)) return;
        handler(event);
      }),
  };
}

/** Changes with the spec and with the beginning of a deletion. */
export function specFingerprint({ metadata }: KubeObject): string {
  return `${metadata.uid} ${metadata.generation} ${metadata.deletionTimestamp ?? ''}`;
}
