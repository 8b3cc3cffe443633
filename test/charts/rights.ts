/**
 * Who may do what, as lists of `verb resource.group/subresource name @namespace`. Without a namespace it is that of the sets; `@` stands for
 * all of them, and for what is in none.
 */

export interface Rights {
  may: readonly string[];
  mayNot: readonly string[];
}

const each = (verbs: string, ...resources: string[]): string[] =>
  verbs.split(' ').flatMap((verb) => resources.map((resource) => `${verb} ${resource}`));
const OURS = ['eppsets.eppset.io', 'eppregistries.eppset.io', 'eppgateways.eppset.io'];
const INTERNAL = ['eppconnectionleases.eppset.io', 'eppconnectionledgers.eppset.io'];
const SECRET_THINGS = [
  'get secrets',
  'list secrets',
  'watch secrets',
  'create secrets',
  'create serviceaccounts/token',
  'create pods/exec',
  'get pods/log',
  'create pods',
];

export const OPERATOR: Rights = {
  may: [
    ...each('get list watch', ...OURS, ...INTERNAL, 'pods'),
    ...each(
      'create patch delete',
      'deployments.apps',
      'services',
      'configmaps',
      'poddisruptionbudgets.policy',
    ),
    ...each(
      'create patch delete',
      'roles.rbac.authorization.k8s.io',
      'rolebindings.rbac.authorization.k8s.io',
    ),
    ...each('create patch delete', 'ingresses.networking.k8s.io', 'serviceaccounts'),
    ...each('patch update', ...OURS.map((kind) => `${kind}/status`)),
    ...each('create update', ...INTERNAL),
    'get secrets',
    'create secrets',
    'update secrets eppset-internal-token',
    'create events',
    'create leases.coordination.k8s.io @eppset-system',
    'update leases.coordination.k8s.io eppset-operator @eppset-system',
  ],
  mayNot: [
    ...each('list watch delete patch deletecollection', 'secrets'),
    'update secrets registry-credentials',
    ...each('create update patch delete', 'pods'),
    ...each('create', 'pods/exec', 'pods/eviction', 'pods/portforward', 'serviceaccounts/token'),
    ...each('get', 'pods/log', 'nodes @', 'namespaces @'),
    ...each('create delete', ...OURS),
    ...each('delete patch', 'eppconnectionleases.eppset.io'),
    ...each('deletecollection', ...INTERNAL, 'deployments.apps'),
    ...each('create patch', 'clusterroles.rbac.authorization.k8s.io @', 'namespaces @'),
    ...each('create', 'clusterrolebindings.rbac.authorization.k8s.io @'),
    ...each('escalate bind', 'roles.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io @'),
    ...each('impersonate', 'users @', 'serviceaccounts'),
    ...each('create get patch', 'networkpolicies.networking.k8s.io'),
    ...each('create patch', 'customresourcedefinitions.apiextensions.k8s.io @'),
    ...each('delete', 'validatingadmissionpolicies.admissionregistration.k8s.io @'),
    ...each('create', 'statefulsets.apps', 'daemonsets.apps', 'jobs.batch', 'persistentvolumeclaims'),
  ],
};

export const ADAPTER: Rights = {
  may: [
    ...each('get list watch', 'eppconnectionleases.eppset.io'),
    ...each('patch update', 'eppconnectionleases.eppset.io/status'),
    'create leases.coordination.k8s.io',
    'update leases.coordination.k8s.io eppset-jobs-verisign',
  ],
  mayNot: [
    ...SECRET_THINGS,
    ...each(
      'get list',
      ...OURS,
      'eppconnectionledgers.eppset.io',
      'pods',
      'configmaps',
      'endpointslices.discovery.k8s.io',
    ),
    ...each('create update patch delete', 'eppconnectionleases.eppset.io'),
    ...each('update patch', 'eppconnectionledgers.eppset.io', 'eppsets.eppset.io/status', 'deployments.apps'),
    ...each('list delete', 'leases.coordination.k8s.io'),
    'update leases.coordination.k8s.io eppset-operator',
    'update leases.coordination.k8s.io eppset-operator @eppset-system',
    'list eppconnectionleases.eppset.io @',
    'create events',
  ],
};

export const GATEWAY: Rights = {
  may: [
    ...each('get list watch', 'endpointslices.discovery.k8s.io'),
    ...each('get list watch', 'configmaps front-gateway'),
  ],
  mayNot: [
    ...SECRET_THINGS,
    ...each('get list', ...OURS, ...INTERNAL, 'pods', 'services', 'leases.coordination.k8s.io'),
    ...each('create update delete', 'endpointslices.discovery.k8s.io', 'leases.coordination.k8s.io'),
    ...each('list', 'configmaps', 'endpointslices.discovery.k8s.io @'),
    'get configmaps made-adapter',
    'update configmaps front-gateway',
    'patch eppgateways.eppset.io/status',
    'update eppconnectionleases.eppset.io/status',
  ],
};

export const VIEWER: Rights = {
  may: each('get list watch', ...OURS, ...INTERNAL),
  mayNot: [
    ...each('create update patch delete deletecollection', ...OURS, ...INTERNAL),
    ...each('update patch', 'eppsets.eppset.io/scale', 'eppsets.eppset.io/status'),
    'get secrets',
    'list eppsets.eppset.io @',
  ],
};

export const EDITOR: Rights = {
  may: [
    ...VIEWER.may,
    ...each('create update patch delete deletecollection', ...OURS),
    ...each('get update patch', 'eppsets.eppset.io/scale', 'eppgateways.eppset.io/scale'),
  ],
  mayNot: [
    ...each('create update patch delete', ...INTERNAL),
    ...each('update patch', ...OURS.map((kind) => `${kind}/status`)),
    ...each('update patch', 'eppconnectionleases.eppset.io/status'),
    ...each('create patch', 'clusterroles.rbac.authorization.k8s.io @', 'roles.rbac.authorization.k8s.io'),
    'create eppsets.eppset.io @',
    'delete validatingadmissionpolicies.admissionregistration.k8s.io @',
  ],
};
