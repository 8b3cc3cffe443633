import type { KubeClient } from './interfaces.ts';

/** A write that was not sent because its sender is not the leader any more. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

/**
 * A client for the leader's work: asks `mayWrite` synchronously before each write is handed out, and throws NotLeaderError when it
 * says no. Every request without a signal of its own is given `signal`. So a leader that was paused and deposed meanwhile writes
 * nothing when it wakes up; what it had sent before is for compare-and-swap to refuse.
 */
export function guardedClient(client: KubeClient, mayWrite: () => boolean, signal: AbortSignal): KubeClient {
  const guard = (what: string, name: string): void => {
    if (!mayWrite())
      throw new NotLeaderError(`${what} ${name}: not sent, since we are not the leader any more`);
  };
  return {
    get: (resource, key, s = signal) => client.get(resource, key, s),
    list: (resource, options, s = signal) => client.list(resource, options, s),
    watch: (resource, options, s) => client.watch(resource, options, s),
    async create(resource, object, s = signal) {
      guard(`create ${resource.kind}`, object.metadata.name);
      return await client.create(resource, object, s);
    },
    async replace(resource, object, s = signal) {
      guard(`replace ${resource.kind}`, object.metadata.name);
      return await client.replace(resource, object, s);
    },
    async replaceStatus(resource, object, s = signal) {
      guard(`replace status of ${resource.kind}`, object.metadata.name);
      return await client.replaceStatus(resource, object, s);
    },
    async delete(resource, key, options, s = signal) {
      guard(`delete ${resource.kind}`, key.name);
      return await client.delete(resource, key, options, s);
    },
    async apply(resource, intent, options, s = signal) {
      guard(`apply ${resource.kind}`, intent.metadata.name);
      return await client.apply(resource, intent, options, s);
    },
    async applyStatus(resource, intent, options, s = signal) {
      guard(`apply status of ${resource.kind}`, intent.metadata.name);
      return await client.applyStatus(resource, intent, options, s);
    },
  };
}
