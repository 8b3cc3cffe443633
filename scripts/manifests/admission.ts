/** What RBAC cannot say: who may write which part of the connection budget's own objects. */
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { GROUP, VERSION } from '../../src/api/v1alpha1/group.ts';
import { ANNOTATION } from '../../src/api/v1alpha1/labels.ts';
import { type InstallValues, OPERATOR, OPERATOR_LABELS } from './values.ts';

const API = 'admissionregistration.k8s.io/v1';
const POD_UID = 'authentication.kubernetes.io/pod-uid';
const LEASE_STATUS = `eppset-lease-status.${GROUP}`;
const BUDGET_SPEC = `eppset-budget-spec.${GROUP}`;
const LEDGER_REMOVAL = `eppset-ledger-removal.${GROUP}`;

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
  return [leaseStatus(), budgetSpec(values), ledgerRemoval(values)].flatMap(({ name, ...rest }) => [
    policy(name, rest),
    binding(name),
  ]);
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

const notTheOperator = ({ namespace }: InstallValues) => ({
  name: 'not-the-operator',
  expression: `request.userInfo.username != "system:serviceaccount:${namespace}:${OPERATOR}"`,
});

/** For one person, by name: left behind on the object it lets nobody else past. */
const brokeGlass = (object: 'object' | 'oldObject'): string =>
  `(has(${object}.metadata.annotations) && '${breakGlass}' in ${object}.metadata.annotations && ${object}.metadata.annotations['${breakGlass}'] == request.userInfo.username)`;

/** The end of a CEL string, and what is added to it. */
const howToBreak = `annotate it first: ${breakGlass}=' + request.userInfo.username`;

interface Policy {
  name: string;
  resources: string[];
  operations: string[];
  matchConditions?: { name: string; expression: string }[];
  /** `message` is told where `messageExpression` fails. */
  validations: { expression: string; message: string; messageExpression?: string; reason: string }[];
}

function policy(
  name: string,
  { resources, operations, matchConditions, validations }: Omit<Policy, 'name'>,
): object {
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
