/** The built-in kinds that the program reads or writes. Bodies are typed by `@kubernetes/client-node` where it helps. */
import type {
  V1ConfigMap,
  V1Deployment,
  V1EndpointSlice,
  V1Ingress,
  V1NetworkPolicyIngressRule,
  V1NetworkPolicySpec,
  V1Pod,
  V1PodDisruptionBudget,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import type { KubeObject, ObjectMeta, Resource } from './objects.ts';

/** client-node's body of a kind with our own metadata: its dates are `Date`, the wire's are strings. */
type Body<T> = KubeObject & Omit<T, 'apiVersion' | 'kind' | 'metadata'>;
export type ConfigMap = Body<V1ConfigMap>;
export type Secret = Body<V1Secret>;
export type Pod = Body<V1Pod>;
export type Service = Body<V1Service>;
export type ServiceAccount = Body<V1ServiceAccount>;
export type Deployment = Body<V1Deployment>;
export type EndpointSlice = Body<V1EndpointSlice>;
export type Role = Body<V1Role>;
export type RoleBinding = Body<V1RoleBinding>;
export type PodDisruptionBudget = Body<V1PodDisruptionBudget>;
export type Ingress = Body<V1Ingress>;
/** client-node writes the wire's `from` as `_from`. */
export interface NetworkPolicy extends KubeObject {
  spec: Omit<V1NetworkPolicySpec, 'ingress'> & {
    ingress?: (Pick<V1NetworkPolicyIngressRule, 'ports'> & { from?: V1NetworkPolicyIngressRule['_from'] })[];
  };
}

/** coordination.k8s.io Lease, with micro-second time strings. */
export interface CoordinationLease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/** core/v1 Event. */
export interface CoreEvent extends KubeObject {
  involvedObject: { apiVersion: string; kind: string; namespace?: string; name: string; uid?: string };
  reason: string;
  message: string;
  type: 'Normal' | 'Warning';
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: { component: string };
  reportingComponent: string;
  reportingInstance: string;
}

export interface Namespace extends KubeObject {
  metadata: ObjectMeta;
}

const resource = <T extends KubeObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  namespaced = true,
): Resource<T> => ({ apiVersion, kind, plural, namespaced });

export const CONFIG_MAP = resource<ConfigMap>('v1', 'ConfigMap', 'configmaps');
export const SECRET = resource<Secret>('v1', 'Secret', 'secrets');
export const POD = resource<Pod>('v1', 'Pod', 'pods');
export const SERVICE = resource<Service>('v1', 'Service', 'services');
export const SERVICE_ACCOUNT = resource<ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts');
export const EVENT = resource<CoreEvent>('v1', 'Event', 'events');
export const NAMESPACE = resource<Namespace>('v1', 'Namespace', 'namespaces', false);
export const DEPLOYMENT = resource<Deployment>('apps/v1', 'Deployment', 'deployments');
export const ENDPOINT_SLICE = resource<EndpointSlice>(
  'discovery.k8s.io/v1',
  'EndpointSlice',
  'endpointslices',
);
export const ROLE = resource<Role>('rbac.authorization.k8s.io/v1', 'Role', 'roles');
export const ROLE_BINDING = resource<RoleBinding>(
  'rbac.authorization.k8s.io/v1',
  'RoleBinding',
  'rolebindings',
);
export const POD_DISRUPTION_BUDGET = resource<PodDisruptionBudget>(
  'policy/v1',
  'PodDisruptionBudget',
  'poddisruptionbudgets',
);
export const NETWORK_POLICY = resource<NetworkPolicy>(
  'networking.k8s.io/v1',
  'NetworkPolicy',
  'networkpolicies',
);
export const INGRESS = resource<Ingress>('networking.k8s.io/v1', 'Ingress', 'ingresses');
export const COORDINATION_LEASE = resource<CoordinationLease>('coordination.k8s.io/v1', 'Lease', 'leases');
