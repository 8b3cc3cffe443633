/** What RBAC cannot say: who may write which part of the connection budget's own objects. */
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { GROUP, VERSION } from '../../src/api/v1alpha1/group.ts';
import { type InstallValues, OPERATOR, OPERATOR_LABELS } from './values.ts';

const API = 'admissionregistration.k8s.io/v1';
const POD_UID = 'authentication.kubernetes.io/pod-uid';
const LEASE_STATUS = `eppset-lease-status.${GROUP}`;
const BUDGET_SPEC = `eppset-budget-spec.${GROUP}`;

export function admissionPolicies({ namespace }: InstallValues): object[] {
  return [
    policy(LEASE_STATUS, {
      resources: [`${EPP_CONNECTION_LEASE.plural}/status`],
      operations: ['UPDATE'],
      validations: [
        {
          // The token that kubelet mounts is bound to its pod; nobody else can have one with this UID.
          expression: `has(request.userInfo.extra) && '${POD_UID}' in request.userInfo.extra && request.userInfo.extra['${POD_UID}'].exists(uid, uid == object.metadata.name)`,
          message: 'only the pod that a connection lease is named after may report on it',
          reason: 'Forbidden',
        },
      ],
    }),
    binding(LEASE_STATUS),
    policy(BUDGET_SPEC, {
      resources: [EPP_CONNECTION_LEASE.plural, EPP_CONNECTION_LEDGER.plural],
      operations: ['CREATE', 'UPDATE'],
      matchConditions: [
        {
          name: 'not-the-operator',
          expression: `request.userInfo.username != "system:serviceaccount:${namespace}:${OPERATOR}"`,
        },
      ],
      validations: [
        {
          // Controllers of the cluster write metadata, e.g. the finalizers of a deletion.
          expression: "request.operation == 'UPDATE' && object.spec == oldObject.spec",
          message:
            'connection leases and ledgers are written by the operator alone: change the EppSet or the EppRegistry instead',
          reason: 'Forbidden',
        },
      ],
    }),
    binding(BUDGET_SPEC),
  ];
}

interface Policy {
  resources: string[];
  operations: string[];
  matchConditions?: { name: string; expression: string }[];
  validations: { expression: string; message: string; reason: string }[];
}

function policy(name: string, { resources, operations, matchConditions, validations }: Policy): object {
  return {
    apiVersion: API,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels: OPERATOR_LABELS },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: [GROUP], apiVersions: [VERSION], operations, resources }],
      },
      ...(matchConditions && { matchConditions }),
      validations,
    },
  };
}

function binding(name: string): object {
  return {
    apiVersion: API,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name, labels: OPERATOR_LABELS },
    spec: { policyName: name, validationActions: ['Deny'] },
  };
}
