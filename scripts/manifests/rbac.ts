/** What the operator may do, and people with it. Nothing is granted that no controller uses. */
import { INTERNAL_TOKEN_SECRET } from '../../src/api/http/internal-token.ts';
import { GROUP } from '../../src/api/v1alpha1/group.ts';
import { type InstallValues, OPERATOR, OPERATOR_LABELS } from './values.ts';

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
const OPERATOR_RULES = [
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
  rule(['policy'], ['poddisruptionbudgets'], OWN),
  rule(['rbac.authorization.k8s.io'], ['rolebindings', 'roles'], [...OWN, 'update']),
];

const USER_KINDS = ['eppgateways', 'eppregistries', 'eppsets'];
const INTERNAL_KINDS = ['eppconnectionleases', 'eppconnectionledgers'];

export function rbac({ namespace }: InstallValues): object[] {
  const labels = OPERATOR_LABELS;
  const subjects = [{ kind: 'ServiceAccount', name: OPERATOR, namespace }];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: OPERATOR, namespace, labels } },
    { apiVersion: API, kind: 'ClusterRole', metadata: { name: OPERATOR, labels }, rules: OPERATOR_RULES },
    {
      apiVersion: API,
      kind: 'ClusterRoleBinding',
      metadata: { name: OPERATOR, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: OPERATOR },
      subjects,
    },
    {
      apiVersion: API,
      kind: 'Role',
      metadata: { name: `${OPERATOR}-election`, namespace, labels },
      rules: [
        rule(['coordination.k8s.io'], ['leases'], ['create']),
        { ...rule(['coordination.k8s.io'], ['leases'], ['get', 'update']), resourceNames: [OPERATOR] },
      ],
    },
    {
      apiVersion: API,
      kind: 'RoleBinding',
      metadata: { name: `${OPERATOR}-election`, namespace, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `${OPERATOR}-election` },
      subjects,
    },
    aggregated('view', ['view', 'edit', 'admin'], [rule([GROUP], [...USER_KINDS, ...INTERNAL_KINDS], READ)]),
    aggregated(
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
function aggregated(name: string, roles: string[], rules: object[]): object {
  const aggregation = roles.map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']);
  return {
    apiVersion: API,
    kind: 'ClusterRole',
    metadata: { name: `eppset-${name}`, labels: { ...OPERATOR_LABELS, ...Object.fromEntries(aggregation) } },
    rules,
  };
}
