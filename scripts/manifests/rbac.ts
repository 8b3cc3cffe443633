/** What the operator may do, and people with it. Nothing is granted that no controller uses. */
import { INTERNAL_TOKEN_SECRET } from '../../src/api/http/internal-token.ts';
import { GROUP } from '../../src/api/v1alpha1/group.ts';
import { type InstallValues, labelsOf, OPERATOR } from './values.ts';

const API = 'rbac.authorization.k8s.io/v1';
const READ = ['get', 'list', 'watch'];
/** Of what it creates: by server-side apply, that is patch. */
const OWN = [...READ, 'create', 'patch', 'delete'];

const rule = (apiGroups: string[], resources: string[], verbs: readonly string[]) => ({
  apiGroups,
  resources: [...resources].sort(),
  verbs: [...verbs].sort(),
});

/** The order is that of the API groups. */
const operatorRules = ({ when }: InstallValues) => [
  rule([''], ['secrets'], ['get']),
  // The token of a namespace. A name cannot be asked of what is not there yet: that it creates no other is an admission policy's part.
  rule([''], ['secrets'], ['create']),
  { ...rule([''], ['secrets'], ['update']), resourceNames: [INTERNAL_TOKEN_SECRET] },
  rule([''], ['pods'], READ),
  rule([''], ['events'], ['create', 'patch', 'update']),
  rule([''], ['configmaps', 'services'], OWN),
  // update: finalizers are put on and off by compare-and-swap.
  rule([''], ['serviceaccounts'], [...OWN, 'update']),
  rule(['apps'], ['deployments'], OWN),
  // Held by pods, one for the periodic jobs of each account, and by gateways, which see and register instances: what the operator gives it
  // must have itself. That it does not use it is an admission policy's part.
  rule(['coordination.k8s.io'], ['leases'], [...READ, 'create', 'update', 'delete']),
  rule(['discovery.k8s.io'], ['endpointslices'], [...READ, 'create', 'update', 'delete']),
  rule([GROUP], ['eppregistries', 'eppsets'], [...READ, 'update']),
  rule([GROUP], ['eppgateways'], READ),
  rule([GROUP], ['eppgateways/status', 'eppregistries/status', 'eppsets/status'], ['patch', 'update']),
  // Leases go with their pods, by the garbage collector.
  rule([GROUP], ['eppconnectionleases'], [...READ, 'create', 'update']),
  rule([GROUP], ['eppconnectionledgers'], [...READ, 'create', 'update', 'delete']),
  // Written by pods alone; nobody can give them a right that he has not himself.
  rule([GROUP], ['eppconnectionleases/status'], ['patch', 'update']),
  // For blockOwnerDeletion, where the admission plugin OwnerReferencesPermissionEnforcement is on.
  rule([GROUP], ['eppgateways/finalizers', 'eppregistries/finalizers', 'eppsets/finalizers'], ['update']),
  rule(['networking.k8s.io'], ['ingresses'], OWN),
  ...when('withNetworkPolicies', [rule(['networking.k8s.io'], ['networkpolicies'], OWN)]),
  rule(['policy'], ['poddisruptionbudgets'], OWN),
  rule(['rbac.authorization.k8s.io'], ['rolebindings', 'roles'], [...OWN, 'update']),
];

const USER_KINDS = ['eppgateways', 'eppregistries', 'eppsets'];
const INTERNAL_KINDS = ['eppconnectionleases', 'eppconnectionledgers'];

/** What the operator may do with what it works on: in all namespaces, or in one. */
export function operatorRole(values: InstallValues, where: 'everywhere' | 'inOneNamespace'): object[] {
  const { namespace, watchNamespace } = values;
  const prefix = where === 'everywhere' ? 'Cluster' : '';
  const metadata = {
    name: OPERATOR,
    ...(where === 'inOneNamespace' && { namespace: watchNamespace }),
    labels: labelsOf(values),
  };
  return [
    { apiVersion: API, kind: `${prefix}Role`, metadata, rules: operatorRules(values) },
    {
      apiVersion: API,
      kind: `${prefix}RoleBinding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: `${prefix}Role`, name: OPERATOR },
      subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace }],
    },
  ];
}

/** What is granted wherever the operator works. */
export function rbac(values: InstallValues): object[] {
  const { namespace, serviceAccountAnnotations } = values;
  const labels = labelsOf(values);
  const election = { name: `${OPERATOR}-election`, namespace, labels };
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: OPERATOR, namespace, labels, annotations: serviceAccountAnnotations },
    },
    {
      apiVersion: API,
      kind: 'Role',
      metadata: election,
      rules: [
        rule(['coordination.k8s.io'], ['leases'], ['create']),
        { ...rule(['coordination.k8s.io'], ['leases'], ['get', 'update']), resourceNames: [OPERATOR] },
        // Its own pod's image is what adapters run. With a role for all namespaces it has this anyway.
        ...values.when('ofOneNamespace', [rule([''], ['pods'], ['get'])]),
      ],
    },
    {
      apiVersion: API,
      kind: 'RoleBinding',
      metadata: election,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: election.name },
      subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace }],
    },
    aggregated(
      labels,
      'view',
      ['view', 'edit', 'admin'],
      [rule([GROUP], [...USER_KINDS, ...INTERNAL_KINDS], READ)],
    ),
    aggregated(
      labels,
      'edit',
      ['edit', 'admin'],
      [
        rule([GROUP], USER_KINDS, ['create', 'delete', 'deletecollection', 'patch', 'update']),
        rule([GROUP], ['eppgateways/scale', 'eppsets/scale'], ['get', 'patch', 'update']),
      ],
    ),
  ];
}

/** Adds to the cluster's own roles of these names. */
function aggregated(labels: object, name: string, roles: string[], rules: object[]): object {
  const aggregation = roles.map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']);
  return {
    apiVersion: API,
    kind: 'ClusterRole',
    metadata: { name: `eppset-${name}`, labels: { ...labels, ...Object.fromEntries(aggregation) } },
    rules,
  };
}
