import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { SET_NAME_PATTERN } from '../../routing/set-name.ts';
import { condition } from './condition.ts';
import { duration } from './duration.ts';
import { GROUP_VERSION } from './group.ts';

/** Priority of a set in the budget, highest first. */
export const CLASSES = ['core', 'manage', 'query'] as const;
export type SetClass = (typeof CLASSES)[number];

export const pool = z.strictObject({
  registry: z.string().min(1).max(253).describe('Name of an EppRegistry in the same namespace.'),
  min: z.int().min(1).max(10_000).describe('Connections that this set is guaranteed, over all its pods.'),
  max: z.int().min(1).max(10_000),
  lendablePercent: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('How much of min may be lent while idle; 50 by default.'),
});
/** No default stands in a list item of a CRD (GitOps tools would never be in sync), so code has it. */
export const DEFAULT_LENDABLE_PERCENT = 50;

const quantities = () => z.record(z.string().max(63), z.string().max(32)).optional();

export const setSpec = z.strictObject({
  set: z
    .string()
    .max(190)
    .regex(new RegExp(SET_NAME_PATTERN))
    .describe('prefix.business.region; the region may be *.'),
  class: z.enum(CLASSES),
  replicas: z.int().min(0).max(10_000).default(1),
  pools: z.array(pool).min(1).max(64),
  timeouts: z
    .strictObject({
      queue: duration().default('5s').describe('How long a request may wait for a connection.'),
      command: duration().default('30s').describe('How long the registry may take to answer.'),
    })
    .prefault({}),
  template: z
    .strictObject({
      resources: z.strictObject({ requests: quantities(), limits: quantities() }).optional(),
      nodeSelector: z.record(z.string().max(317), z.string().max(63)).optional(),
      tolerations: z
        .array(
          z.strictObject({
            key: z.string().max(317).optional(),
            operator: z.enum(['Exists', 'Equal']).optional(),
            value: z.string().max(63).optional(),
            effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
            tolerationSeconds: z.int().min(0).optional(),
          }),
        )
        .max(64)
        .optional(),
      priorityClassName: z.string().max(253).optional(),
      imagePullSecrets: z
        .array(z.strictObject({ name: z.string().min(1).max(253) }))
        .max(16)
        .optional(),
      annotations: z.record(z.string().max(317), z.string().max(4096)).optional(),
    })
    .prefault({})
    .describe('A chosen few pod fields.'),
  autoscaling: z
    .strictObject({
      minReplicas: z.int().min(1).max(10_000),
      maxReplicas: z.int().min(1).max(10_000),
      targetPoolUtilization: z.int().min(1).max(100).default(70),
    })
    .optional(),
  paused: z.boolean().default(false).describe('True: the operator leaves everything of this set as it is.'),
});

const count = () => z.int().min(0);

export const setStatus = z.strictObject({
  observedGeneration: z.int().optional(),
  replicas: count().optional(),
  readyReplicas: count().optional(),
  selector: z.string().max(4096).optional(),
  pools: z
    .array(
      z.strictObject({ registry: z.string().max(253), granted: count(), open: count(), waiting: count() }),
    )
    .max(64)
    .optional(),
  conditions: z.array(condition()).max(32).optional(),
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
