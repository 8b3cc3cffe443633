/**
 * A registered instance as two objects of the same name: an EndpointSlice that says where it is, and a Lease that says it is alive. One
 * of each for each instance, so that no two writers meet at one object but for the same instance. The Lease owns the slice: without it
 * the slice is nothing. Pure.
 */
import { isIPv6 } from 'node:net';
import { ANNOTATION, LABEL } from '../../api/v1alpha1/labels.ts';
import type { CoordinationLease, EndpointSlice } from '../../kube/builtin.ts';
import { microTime } from '../../kube/leader-election.ts';
import { parseSetName, regionLabel } from '../../routing/set-name.ts';
import type { InstanceState } from '../instance.ts';
import { ID, type RegisteredInstance, type Registration } from './registration.ts';
import { GATEWAY_MANAGER, instancesOf } from './slice-instances.ts';

export const REGISTERED_SELECTOR = `${LABEL.managedBy}=${GATEWAY_MANAGER}`;
const PREFIX = 'eppset-registered-';

export function nameOf(id: string): string {
  return `${PREFIX}${id}`;
}

/** Undefined for an object that is not of this kind. */
export function idOf(name: string): string | undefined {
  const id = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  return ID.test(id) ? id : undefined;
}

const ownLabels = { [LABEL.managedBy]: GATEWAY_MANAGER, [LABEL.partOf]: 'eppset' };

export function leaseOf(id: string, namespace: string, ttlSeconds: number, at: Date): CoordinationLease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name: nameOf(id), labels: ownLabels },
    spec: { holderIdentity: id, leaseDurationSeconds: ttlSeconds, renewTime: microTime(at) },
  };
}

/** @param at for people: what others see is that renewTime is another one, even where clocks differ */
export function renewed(lease: CoordinationLease, at: Date, ttlSeconds?: number): CoordinationLease {
  const now = microTime(at);
  return {
    ...lease,
    spec: {
      ...lease.spec,
      renewTime: now === lease.spec?.renewTime ? now.replace(/0Z$/, '1Z') : now,
      ...(ttlSeconds !== undefined && { leaseDurationSeconds: ttlSeconds }),
    },
  };
}

/** Within what can be registered, whatever stands there. */
export function ttlMsOf(lease: CoordinationLease): number {
  return Math.min(60, Math.max(1, lease.spec?.leaseDurationSeconds ?? 60)) * 1000;
}

export function addressType(address: string): 'IPv4' | 'IPv6' {
  return isIPv6(address) ? 'IPv6' : 'IPv4';
}

export function sliceOf(registration: Registration, lease: CoordinationLease): EndpointSlice {
  const { set, address, port, weight } = registration;
  const parts = parseSetName(set);
  if (!parts) throw new Error(`${set} is no set name`);
  const { name, namespace, uid } = lease.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: {
        ...ownLabels,
        'endpointslice.kubernetes.io/managed-by': GATEWAY_MANAGER,
        [LABEL.component]: 'adapter',
        [LABEL.setPrefix]: parts.prefix,
        [LABEL.setBusiness]: parts.business,
        [LABEL.setRegion]: regionLabel(parts.region),
      },
      annotations: {
        [ANNOTATION.set]: set,
        [ANNOTATION.weight]: String(weight),
      },
      // Without blockOwnerDeletion: that asks for a right on the owner's finalizers
      ownerReferences: [{ apiVersion: lease.apiVersion, kind: lease.kind, name, uid: uid ?? '' }],
    },
    addressType: addressType(address),
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'http', port, protocol: 'TCP', appProtocol: 'http' }],
  };
}

/** Undefined where the slice is not as one of ours. */
export function registeredOf(
  slice: EndpointSlice,
  lease: CoordinationLease,
  state: InstanceState,
): RegisteredInstance | undefined {
  const id = idOf(slice.metadata.name);
  const [instance] = instancesOf([slice], () => state);
  const address = slice.endpoints?.[0]?.addresses[0];
  const port = slice.ports?.[0]?.port;
  if (!id || !instance?.set || address === undefined || port === undefined) return undefined;
  const { set, weight } = instance;
  return { id, set, address, port, ttlSeconds: ttlMsOf(lease) / 1000, weight, state };
}
