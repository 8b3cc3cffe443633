import { z } from 'zod';
import { LABEL_KEY_PATTERN, labelValue } from '../api/schema/names.ts';

/** Namespace and name of something, as flags and the downward API give them. */
const place = z.strictObject({ namespace: z.string().min(1).max(63), name: z.string().min(1).max(253) });

const labels = z.record(
  z.string().regex(new RegExp(`^${LABEL_KEY_PATTERN}$`), 'must be the key of a label'),
  labelValue(),
);

const networkPolicies = z
  .discriminatedUnion('mode', [
    z.strictObject({
      mode: z.literal('keep').describe('One is kept for each set, gateway and egress proxy.'),
      monitoring: z
        .strictObject({
          namespaces: labels.describe('Labels of the namespaces that metrics may be read from.'),
          pods: labels.default({}).describe('Labels of the pods there; all by default.'),
        })
        .optional(),
    }),
    z.strictObject({ mode: z.literal('remove').describe('Those that were made are removed.') }),
  ])
  .describe('Without it the operator does not look at NetworkPolicies, and needs no right to.');

/** What an operator is started with. */
export const operatorOptions = z
  .strictObject({
    namespace: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe('Works in this namespace alone; in all by default.'),
    image: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe("Image of the adapters; that of the operator's own pod by default."),
    egressImage: z
      .union([z.string().min(1).max(1024), z.literal(false)])
      .optional()
      .describe(
        'Image of egress proxies whose account names none; false: there are none here, every connection is direct.',
      ),
    networkPolicies: networkPolicies.optional(),
    imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
    pod: place.optional().describe('The pod that the operator runs in, if it runs in one.'),
    timeScale: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('Shrinks the times of the connection budget: for tests and demos alone.'),
    identity: z
      .string()
      .min(1)
      .max(253)
      .describe(
        'Who this process is among operators: another one at each start, e.g. the pod name and a UUID.',
      ),
    leaderElection: z
      .union([
        z.literal(false),
        z.strictObject({
          namespace: z.string().min(1).max(63),
          name: z.string().min(1).max(253).default('eppset-operator'),
        }),
      ])
      .describe('Where the Lease is that the leader holds; false: nobody else is there.'),
  })
  .refine((options) => options.image !== undefined || options.pod !== undefined, {
    path: ['image'],
    error:
      'is needed where the operator does not run in a pod whose image it could take: name the image of the adapters',
  });

export type OperatorOptions = z.output<typeof operatorOptions>;
export type OperatorOptionsInput = z.input<typeof operatorOptions>;
