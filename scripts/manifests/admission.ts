/** What RBAC cannot say: who may write which part of the connection budget's own objects, and what the operator itself does not do. */
import { INTERNAL_TOKEN_SECRET } from '../../src/api/http/internal-token.ts';
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { GROUP, VERSION } from '../../src/api/v1alpha1/group.ts';
import { ANNOTATION } from '../../src/api/v1alpha1/labels.ts';
import { type InstallValues, labelsOf, OPERATOR } from './values.ts';

const API = 'admissionregistration.k8s.io/v1';
const POD_UID = 'authentication.kubernetes.io/pod-uid';
const LEASE_STATUS = `eppset-lease-status.${GROUP}`;
const BUDGET_SPEC = `eppset-budget-spec.${GROUP}`;
const LEDGER_REMOVAL = `eppset-ledger-removal.${GROUP}`;
const OPERATOR_RESTRAINT = `eppset-operator-restraint.${GROUP}`;
const OPERATOR_SECRETS = `eppset-operator-secrets.${GROUP}`;

const { breakGlass } = ANNOTATION;
const LEDGER = EPP_CONNECTION_LEDGER.plural;

/**
 * | object | create | spec | status | metadata | delete |
 * | --- | --- | --- | --- | --- | --- |
 * | lease | operator | operator | the pod of its name | as RBAC says | as RBAC says: the finalizer keeps it |
 * | ledger | operator | operator, or who broke the glass | - | as RBAC says | the same, or with its namespace |
 *
 * Nobody is let past for being an administrator: it is administrators who restore backups and edit by hand.
 */
export function admissionPolicies(values: InstallValues): object[] {
  return [
    leaseStatus(),
    budgetSpec(values),
    ledgerRemoval(values),
    operatorSecrets(values),
    operatorRestraint(values),
  ].flatMap(({ name, ...rest }) => {
    const metadata = { name, labels: labelsOf(values) };
    return [policy(metadata, rest), binding(metadata)];
  });
}

const leaseStatus = (): Policy => ({
  name: LEASE_STATUS,
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
});

const budgetSpec = (values: InstallValues): Policy => ({
  name: BUDGET_SPEC,
  resources: [EPP_CONNECTION_LEASE.plural, LEDGER],
  operations: ['CREATE', 'UPDATE'],
  matchConditions: [notTheOperator(values)],
  validations: [
    {
      // Controllers of the cluster write metadata, e.g. the finalizers of a deletion.
      expression: `request.operation == 'UPDATE' && (object.spec == oldObject.spec || (request.resource.resource == '${LEDGER}' && ${brokeGlass('object')}))`,
      message:
        'connection leases and ledgers are written by the operator alone: change the EppSet or the EppRegistry instead',
      messageExpression: `'connection leases and ledgers are written by the operator alone: change the EppSet or the EppRegistry instead' + (request.operation == 'UPDATE' && request.resource.resource == '${LEDGER}' ? '; in an emergency, ${howToBreak} : '')`,
      reason: 'Forbidden',
    },
  ],
});

const ledgerRemoval = (values: InstallValues): Policy => ({
  name: LEDGER_REMOVAL,
  resources: [LEDGER],
  operations: ['DELETE'],
  matchConditions: [notTheOperator(values)],
  validations: [
    {
      expression: `has(namespaceObject.metadata.deletionTimestamp) || ${brokeGlass('oldObject')}`,
      message: 'a ledger goes with its EppRegistry: delete that instead',
      messageExpression: `'a ledger goes with its EppRegistry: delete that instead; without its ledger an account gets no more connections until all that may be open is surely gone; if you want that, ${howToBreak}`,
      reason: 'Forbidden',
    },
  ],
});

/** Else the right to create Secrets would be the right to have the token of any service account. */
const operatorSecrets = (values: InstallValues): Policy => ({
  name: OPERATOR_SECRETS,
  kinds: { apiGroups: [''], apiVersions: ['v1'] },
  resources: ['secrets'],
  operations: ['CREATE'],
  matchConditions: [theOperator(values)],
  validations: [
    {
      expression: `object.metadata.name == '${INTERNAL_TOKEN_SECRET}' && object.type == 'Opaque'`,
      message: `of Secrets the operator creates ${INTERNAL_TOKEN_SECRET} alone`,
      reason: 'Forbidden',
    },
  ],
});

/** It has these rights because nobody can give what he has not. */
const operatorRestraint = (values: InstallValues): Policy => ({
  name: OPERATOR_RESTRAINT,
  kinds: { apiGroups: ['coordination.k8s.io', 'discovery.k8s.io'], apiVersions: ['v1'] },
  resources: ['endpointslices', 'leases'],
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  matchConditions: [theOperator(values)],
  validations: [
    {
      expression: `request.resource.resource == 'leases' && request.operation != 'DELETE'`,
      message: 'the operator gives this right to gateways and does not use it',
      reason: 'Forbidden',
    },
  ],
});

const operatorUser = ({ namespace }: InstallValues): string =>
  `"system:serviceaccount:${namespace}:${OPERATOR}"`;

const theOperator = (values: InstallValues) => ({
  name: 'the-operator',
  expression: `request.userInfo.username == ${operatorUser(values)}`,
});

const notTheOperator = (values: InstallValues) => ({
  name: 'not-the-operator',
  expression: `request.userInfo.username != ${operatorUser(values)}`,
});

/** For one person, by name: left behind on the object it lets nobody else past. */
const brokeGlass = (object: 'object' | 'oldObject'): string =>
  `(has(${object}.metadata.annotations) && '${breakGlass}' in ${object}.metadata.annotations && ${object}.metadata.annotations['${breakGlass}'] == request.userInfo.username)`;

/** The end of a CEL string, and what is added to it. */
const howToBreak = `annotate it first: ${breakGlass}=' + request.userInfo.username`;

interface Policy {
  name: string;
  /** Ours by default. */
  kinds?: { apiGroups: string[]; apiVersions: string[] };
  resources: string[];
  operations: string[];
  matchConditions?: { name: string; expression: string }[];
  /** `message` is told where `messageExpression` fails. */
  validations: { expression: string; message: string; messageExpression?: string; reason: string }[];
}

const OURS = { apiGroups: [GROUP], apiVersions: [VERSION] };

function policy(
  metadata: object,
  { kinds = OURS, resources, operations, matchConditions, validations }: Omit<Policy, 'name'>,
): object {
  return {
    apiVersion: API,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ ...kinds, operations, resources }],
      },
      ...(matchConditions && { matchConditions }),
      validations,
    },
  };
}

function binding(metadata: { name: string }): object {
  return {
    apiVersion: API,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: { policyName: metadata.name, validationActions: ['Deny'] },
  };
}
