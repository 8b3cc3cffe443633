import { z } from 'zod';
import { listMap } from '../schema/collections.ts';
import { constrain, matching } from '../schema/rule.ts';

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** A time as RFC 3339 writes it. */
export const timestamp = () =>
  constrain(z.string().max(64), { keywords: { format: 'date-time' } }, (text) =>
    TIMESTAMP.test(text) && !Number.isNaN(Date.parse(text))
      ? undefined
      : { message: 'must be a time such as 2026-01-31T12:00:00Z' },
  );

/** A condition after the Kubernetes API conventions (metav1.Condition). */
export const condition = () =>
  z.strictObject({
    type: matching(
      z.string().min(1).max(316),
      '([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?',
      'must be a condition type such as Ready',
    ),
    status: z.enum(['True', 'False', 'Unknown']),
    observedGeneration: z.int().min(0).optional().describe('The generation of the spec that was judged.'),
    lastTransitionTime: timestamp().describe('When status last changed.'),
    reason: matching(
      z.string().min(1).max(1024),
      '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?',
      'must be one CamelCase word',
    ),
    message: z.string().max(32768).describe('For people.'),
  });

export const conditions = () =>
  listMap(condition(), ['type'], { max: 32 }).describe('The latest judgement about the object, by type.');

export type Condition = z.infer<ReturnType<typeof condition>>;
