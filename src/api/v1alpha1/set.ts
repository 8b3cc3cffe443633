import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { atomicList, listMap } from '../schema/collections.ts';
import { count, host, objectName, percent, registryName } from '../schema/names.ts';
import { immutable, rule } from '../schema/rule.ts';
import { conditions } from './condition.ts';
import { duration } from './duration.ts';
import { GROUP_VERSION } from './group.ts';
import { podTemplate } from './pod-template.ts';
import { setNameField } from './set-name-fields.ts';

/** Priority of a set in the budget, highest first. */
export const CLASSES = ['core', 'manage', 'query'] as const;
export type SetClass = (typeof CLASSES)[number];

export const pool = rule(
  z.strictObject({
    registry: registryName().describe('Name of an EppRegistry in the same namespace.'),
    min: z.int().min(1).max(10_000).describe('Connections that this set is guaranteed, over all its pods.'),
    max: z
      .int()
      .min(1)
      .max(10_000)
      .describe('The most connections that this set may hold, over all its pods.'),
    lendablePercent: percent().optional().describe('How much of min may be lent while idle; 50 by default.'),
  }),
  {
    cel: 'self.min <= self.max',
    holds: ({ min, max }) => min <= max,
    message: 'must not be lower than min ({min})',
    path: ['max'],
  },
);
/** No default stands in a list item of a CRD (GitOps tools would never be in sync), so code has it. */
export const DEFAULT_LENDABLE_PERCENT = 50;

/** More than any one deployment of pods can hold open: a sum above is a slip of the pen. */
const MOST_GUARANTEED = 100_000;

const pools = () =>
  rule(listMap(pool, ['registry'], { min: 1, max: 64 }), {
    cel: `self.map(p, p.min).sum() <= ${MOST_GUARANTEED}`,
    holds: (all) => all.reduce((sum, { min }) => sum + min, 0) <= MOST_GUARANTEED,
    message: `must not guarantee more than ${MOST_GUARANTEED} connections in all: lower the minimums`,
  }).describe('The connections of this set, by registry account.');

/** The words of autoscaling/v2. */
const scalingRules = () =>
  z.strictObject({
    stabilizationWindowSeconds: z
      .int()
      .min(0)
      .max(3600)
      .optional()
      .describe('For how long back the most careful recommendation counts; 0 up and 300 down by default.'),
    selectPolicy: z
      .enum(['Max', 'Min', 'Disabled'])
      .optional()
      .describe(
        'Which policy decides: the one that changes most (by default), or least; Disabled: no change.',
      ),
    policies: atomicList(
      z.strictObject({
        type: z
          .enum(['Pods', 'Percent'])
          .describe('What value counts: pods, or percent of the pods there are.'),
        value: z.int().min(1).max(10_000).describe('Pods, or percent of those at the start of the period.'),
        periodSeconds: z.int().min(1).max(1800).describe('In so long not more than value.'),
      }),
      { min: 1, max: 16 },
    )
      .optional()
      .describe('4 pods or 100 percent in 15 s up, 100 percent in 15 s down by default.'),
  });

const autoscaling = () =>
  rule(
    z.strictObject({
      minReplicas: z.int().min(1).max(10_000).describe('Never fewer pods.'),
      maxReplicas: z.int().min(1).max(10_000).describe('Never more pods.'),
      targetPoolUtilization: z
        .int()
        .min(1)
        .max(100)
        .default(70)
        .describe(
          'How much of its share of the connections a pod is meant to use, in percent; the share is what the set may have over maxReplicas.',
        ),
      behavior: z
        .strictObject({ scaleUp: scalingRules().optional(), scaleDown: scalingRules().optional() })
        .optional()
        .describe('How fast the number may change, as in a HorizontalPodAutoscaler.'),
    }),
    {
      cel: 'self.minReplicas <= self.maxReplicas',
      holds: ({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas,
      message: 'must not be lower than minReplicas ({minReplicas})',
      path: ['maxReplicas'],
    },
  ).describe(
    'Lets the number of pods follow the use of the pools; replicas then only switches it off, by 0.',
  );

const checks = () =>
  z.strictObject({
    coalesce: z
      .boolean()
      .optional()
      .describe("Put checks of several callers into one command; as the registry's dialect says by default."),
    cacheFor: duration({ atMost: '1h' })
      .default('0s')
      .describe('How long the answer to a check is kept for the next caller; 0s: not at all.'),
    cacheTakenFor: duration({ atMost: '24h' })
      .optional()
      .describe('The same for names that are taken, which stay so longer; cacheFor by default.'),
  });

const idempotency = () =>
  z.strictObject({
    valkey: z
      .strictObject({
        host: host().describe('Host name or address.'),
        port: z.int().min(1).max(65535).default(6379).describe('TCP port.'),
        tls: z.boolean().default(false).describe('Speak TLS.'),
        caSecretName: objectName()
          .optional()
          .describe("Secret with the key ca.crt; the system's CAs by default."),
        credentialsSecretName: objectName()
          .optional()
          .describe('Secret with the key password, and username where there is one.'),
        database: z.int().min(0).max(1_000).default(0).describe('Number of the database.'),
      })
      .optional()
      .describe(
        'A Valkey or Redis that all pods share: an Idempotency-Key then holds over pods and restarts.',
      ),
  });

/** An isolated deployment of adapters for one business and region. */
export const setSpec = z.strictObject({
  set: immutable(setNameField(), 'create another EppSet and delete this one').describe(
    'prefix.business.region; the region may be *.',
  ),
  class: z.enum(CLASSES).describe('Priority in the connection budget: core, then manage, then query.'),
  replicas: z.int().min(0).max(10_000).default(1).describe('Adapter pods, unless autoscaling says.'),
  pools: pools(),
  timeouts: z
    .strictObject({
      queue: duration({ atMost: '5m' })
        .default('5s')
        .describe('How long a request may wait for a connection.'),
      command: duration({ atLeast: '100ms', atMost: '10m' })
        .default('30s')
        .describe('How long the registry may take to answer.'),
    })
    .prefault({}),
  checks: checks().prefault({}).describe('How availability checks are answered.'),
  pipelining: z
    .boolean()
    .optional()
    .describe(
      "Several commands in flight on one connection; to the depth of the registry's dialect. True by default.",
    ),
  transformReservePercent: z
    .int()
    .min(0)
    .max(90)
    .default(10)
    .describe('Share of the connections that checks and other queries leave free while transforms come.'),
  idempotency: idempotency()
    .prefault({})
    .describe('Where Idempotency-Keys are kept; in each pod by default.'),
  callers: z
    .enum(['Gateways', 'Anyone'])
    .default('Gateways')
    .describe('Gateways: adapters answer 401 to who does not show the token of the namespace.'),
  template: podTemplate().prefault({}),
  autoscaling: autoscaling().optional(),
  paused: z.boolean().default(false).describe('True: the operator leaves everything of this set as it is.'),
});

export const setStatus = z.strictObject({
  observedGeneration: z.int().min(-1).optional(),
  replicas: count().optional(),
  readyReplicas: count().optional(),
  selector: z.string().max(4096).optional().describe('The pods, for the scale subresource.'),
  connections: z
    .strictObject({ granted: count(), open: count(), waiting: count() })
    .optional()
    .describe('Sums over the pools.'),
  pools: listMap(
    z.strictObject({ registry: z.string().max(253), granted: count(), open: count(), waiting: count() }),
    ['registry'],
    { max: 64 },
  ).optional(),
  conditions: conditions().optional(),
});

export type EppSetPool = z.output<typeof pool>;
export type EppSetSpec = z.output<typeof setSpec>;
export type EppSetStatus = z.output<typeof setStatus>;
export interface EppSet extends KubeObject {
  spec: EppSetSpec;
  status?: EppSetStatus;
}
export const EPP_SET: Resource<EppSet> = {
  apiVersion: GROUP_VERSION,
  kind: 'EppSet',
  plural: 'eppsets',
  namespaced: true,
};
