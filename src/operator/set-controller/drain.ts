import { EPP_CONNECTION_LEASE } from '../../api/v1alpha1/connection-lease.ts';
import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import { EPP_SET, type EppSet } from '../../api/v1alpha1/set.ts';
import { DEPLOYMENT, ROLE, ROLE_BINDING, SERVICE_ACCOUNT } from '../../kube/builtin.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { type OwnedObjects, ownerUids } from '../apply/owned-objects.ts';
import { setObjectNames } from '../specs/names.ts';
import { setFinalizer } from '../status/finalizer.ts';

/** What pods need until their connections are given back, and what therefore carries our finalizer. */
const HELD_KINDS: readonly Resource[] = [SERVICE_ACCOUNT, ROLE, ROLE_BINDING];

export type DrainStep =
  | { done: false; message: string }
  /** Nothing of the set holds a connection any more: the set may go. */
  | { done: true };

export interface Drain {
  client: KubeClient;
  objects: OwnedObjects;
}

/**
 * One step of a set's end. Everything is asked of the API itself: what a cache has not seen yet may hold connections.
 *
 *   Deployment deleted ──▶ pods log out and report ──▶ leases gone ──▶ account and role let go ──▶ set gone
 */
export async function drainSet(
  { client, objects }: Drain,
  set: EppSet,
  signal: AbortSignal,
): Promise<DrainStep> {
  const { namespace, name } = set.metadata;
  const inNamespace = namespace === undefined ? {} : { namespace };
  const own = { ...inNamespace, name: setObjectNames(name).adapter };
  const owned = async (resource: Resource): Promise<KubeObject | undefined> => {
    const object = await client.get(resource, own, signal);
    return object && ownerUids(object).includes(set.metadata.uid ?? '') ? object : undefined;
  };

  const deployment = await owned(DEPLOYMENT);
  if (deployment !== undefined) {
    if (deployment.metadata.deletionTimestamp === undefined) {
      await objects.remove({ resource: DEPLOYMENT, object: deployment }, 'Foreground', signal);
    }
    return { done: false, message: 'its pods are being stopped: they finish their commands and log out' };
  }
  const leases = await client.list(EPP_CONNECTION_LEASE, inNamespace, signal);
  if (leases.items.some((lease) => lease.spec.set === name)) {
    return {
      done: false,
      message:
        'connections of its pods still count at the registries: see the connection leases of this set (kubectl get epplease)',
    };
  }
  for (const resource of HELD_KINDS) {
    const object = await owned(resource);
    if (object !== undefined) await objects.release({ resource, object }, signal);
  }
  await setFinalizer(client, EPP_SET, set, { finalizer: FINALIZER.drain, present: false }, signal);
  return { done: true };
}
