import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { GROUP_VERSION } from './group.ts';

const count = () => z.int().min(0);

/**
 * Through one lease one pod receives grants and reports use. Named after the pod's UID. The operator writes spec and the finalizer,
 * the pod writes status; both by compare-and-swap on the one resourceVersion.
 */
export const connectionLeaseSpec = z.strictObject({
  /** Whose lease it is; from the pod's labels, set at creation. */
  pod: z.string().max(253),
  set: z.string().max(190).describe('Name of the EppSet object.'),
  class: z.enum(['core', 'manage', 'query']),
  incarnation: z
    .string()
    .max(64)
    .optional()
    .describe('The process start that is bound; none before the first.'),
  fence: count().describe('Grows by one at every binding.'),
  state: z.enum(['None', 'Bound', 'Fenced']),
  ttlSeconds: z.number().min(0).max(86_400),
  grants: z
    .record(z.string().max(253), z.strictObject({ slots: count(), gen: count() }))
    .describe('By EppRegistry name.'),
});

export const connectionLeaseStatus = z.strictObject({
  incarnation: z
    .string()
    .max(64)
    .optional()
    .describe('A UUID made at every process start and at every registration after a fence.'),
  phase: z.enum(['Active', 'Draining', 'Released']).optional(),
  /** Grows with every report. */
  seq: count().optional(),
  ttlInUseSeconds: z.number().min(0).max(86_400).optional(),
  accounts: z
    .record(
      z.string().max(253),
      z.strictObject({
        ackGen: count(),
        cap: count(),
        open: count(),
        connecting: count(),
        unconfirmed: count(),
        demand: count(),
        waiting: count(),
        limitHits: count(),
      }),
    )
    .optional(),
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
