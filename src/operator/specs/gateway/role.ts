import type { EppGateway } from '../../../api/v1alpha1/gateway.ts';
import type { Role } from '../../../kube/builtin.ts';
import { gatewayObjectNames } from '../names.ts';
import { gatewayMeta } from './labels.ts';

/**
 * What a gateway's pods may do: see the instances of sets in their namespace, and their own file. Where callers authenticate, those with the
 * right to may register instances from outside, which gateways keep as EndpointSlices and Leases; without authentication nothing is written.
 */
export function gatewayRole(gateway: EppGateway): Role {
  const name = gatewayObjectNames(gateway.metadata.name).gateway;
  const verbs = ['get', 'list', 'watch'];
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: gatewayMeta(gateway, name),
    rules: [
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
      // A list or watch with the field selector metadata.name counts as one of that name
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [name], verbs },
      ...(gateway.spec.authentication ? REGISTRATION : []),
    ],
  };
}

/** A name cannot be asked of what is created. */
const REGISTRATION = [
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['create', 'delete', 'update'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['create', 'delete', 'get', 'list', 'update', 'watch'],
  },
];
