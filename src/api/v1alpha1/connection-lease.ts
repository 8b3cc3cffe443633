import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { mapOf } from '../schema/collections.ts';
import { count, OWNER_NAME_PATTERN } from '../schema/names.ts';
import { immutable, transition } from '../schema/rule.ts';
import { GROUP_VERSION } from './group.ts';
import { CLASSES } from './set.ts';

const MADE_BY_OPERATOR = 'the operator makes one lease a pod; delete the pod instead';

/** Maps by account, as many as a set may have pools. */
const byAccount = <S extends z.ZodType>(value: S) =>
  mapOf(value, { max: 64, key: OWNER_NAME_PATTERN, keyIs: 'the name of an EppRegistry' });

/** Thousandths, so that nothing is lost by rounding where an account allows few commands on many connections. */
export const millicommands = () =>
  z.strictObject({
    perSecond: count().optional().describe('Thousandths of a command in any second; no limit when absent.'),
    perMinute: count().optional().describe('Thousandths of a command in any minute; no limit when absent.'),
  });

const grant = () =>
  z.strictObject({
    slots: count().describe('Connections that the pod may have.'),
    gen: count().describe('Grows with every change of this grant.'),
    millicommands: millicommands()
      .optional()
      .describe('What each of these connections adds to the commands that the pod may send.'),
  });

const grants = () =>
  transition(byAccount(grant()), {
    cel: 'oldSelf.all(k, !(k in self) || self[k].gen >= oldSelf[k].gen)',
    holds: (grants, old) =>
      Object.entries(old).every(([account, { gen }]) => (grants[account]?.gen ?? gen) >= gen),
    message: 'must not go back to an older generation',
  }).describe('By EppRegistry name.');

/** The words that ledger and leases have for the login breaker. */
export const PASSWORDS = ['Current', 'Change', 'Changed'] as const;
const LOGIN_RESULTS = ['Unproven', 'Proven', 'Changed', 'Refused'] as const;
const JOB_STATES = ['Ok', 'Failing'] as const;

/** A count that is no secret and says nothing of one: nothing of a password stands in a lease. */
const loginReport = () =>
  z.strictObject({
    version: count().describe('Grows whenever the pod reads other credentials from the Secret than before.'),
    result: z.enum(LOGIN_RESULTS).describe('What the registry last said of these credentials to this pod.'),
    refusals: count().describe('Logins refused for their credentials, since the process start.'),
    heardTurn: count().describe('The turn of the permission that the pod has heard of.'),
    answeredTurn: count().describe('The turn that it had heard of when the result came.'),
  });

const loginGrant = () =>
  z.strictObject({
    turn: count().describe('Grows with every change of who may log in.'),
    permission: z.enum(['All', 'Prove', 'None']).describe('Prove: one login at a time, to find out.'),
    password: z
      .enum(PASSWORDS)
      .describe(
        'Which password of the Secret: the current one, that and newPassword as the new one, or newPassword.',
      ),
  });

/** As many as one account has, and no more of their words than a status has room for. */
export const JOB_BOUNDS = { jobs: 16, message: 256, name: '[a-z]([-a-z0-9]{0,61}[a-z0-9])?' } as const;

export const jobReport = () =>
  z.strictObject({
    state: z.enum(JOB_STATES),
    message: z.string().max(JOB_BOUNDS.message),
    since: z.string().max(32).describe("When this state began, by the pod's clock."),
  });

/**
 * Through one lease one pod receives grants and reports use. Named after the pod's UID. The operator writes spec and the finalizer,
 * the pod writes status; both by compare-and-swap on the one resourceVersion.
 */
export const connectionLeaseSpec = z.strictObject({
  /** Whose lease it is; from the pod's labels, set at creation. */
  pod: immutable(z.string().max(253), MADE_BY_OPERATOR).describe('Name of the pod.'),
  set: immutable(z.string().max(190), MADE_BY_OPERATOR).describe('Name of the EppSet object.'),
  class: immutable(z.enum(CLASSES), MADE_BY_OPERATOR),
  incarnation: z
    .string()
    .max(64)
    .optional()
    .describe('The process start that is bound; none before the first.'),
  fence: transition(count(), {
    cel: 'self >= oldSelf',
    holds: (fence, old) => fence >= old,
    message: 'must not fall',
  }).describe('Grows by one at every binding.'),
  state: z.enum(['None', 'Bound', 'Fenced']),
  ttlSeconds: z.number().min(0).max(86_400).describe('How long the pod may use its grants after a renewal.'),
  renewSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .optional()
    .describe('How often the pod renews; 20 s unless there are very many pods.'),
  grants: grants(),
  logins: byAccount(loginGrant())
    .optional()
    .describe('Who may log in, by EppRegistry name; absent: not yet.'),
});

export const connectionLeaseStatus = z.strictObject({
  incarnation: z
    .string()
    .max(64)
    .optional()
    .describe('A UUID made at every process start and at every registration after a fence.'),
  phase: z.enum(['Active', 'Draining', 'Released']).optional(),
  seq: count().optional().describe('Grows with every report.'),
  ttlInUseSeconds: z.number().min(0).max(86_400).optional(),
  accounts: byAccount(
    z.strictObject({
      ackGen: count().describe('The generation of the grant that the pod has taken over.'),
      cap: count().describe('Connections that the pod allows itself.'),
      open: count(),
      connecting: count(),
      unconfirmed: count().describe('Closed by us; the registry may still count them.'),
      demand: count(),
      waiting: count(),
      limitHits: count().describe('Sessions that the registry refused as over its limit.'),
      login: loginReport().optional(),
      jobs: mapOf(jobReport(), {
        max: JOB_BOUNDS.jobs,
        key: JOB_BOUNDS.name,
        keyIs: 'the name of a job',
      })
        .optional()
        .describe('Periodic jobs of the account that this pod runs now, by name.'),
    }),
  ).optional(),
});

export type EppConnectionLeaseSpec = z.output<typeof connectionLeaseSpec>;
export type EppConnectionLeaseStatus = z.output<typeof connectionLeaseStatus>;
export interface EppConnectionLease extends KubeObject {
  spec: EppConnectionLeaseSpec;
  status?: EppConnectionLeaseStatus;
}
export const EPP_CONNECTION_LEASE: Resource<EppConnectionLease> = {
  apiVersion: GROUP_VERSION,
  kind: 'EppConnectionLease',
  plural: 'eppconnectionleases',
  namespaced: true,
};
