import { z } from 'zod';

/** A condition after the Kubernetes API conventions (metav1.Condition). */
export const condition = () =>
  z.strictObject({
    type: z.string().min(1).max(316),
    status: z.enum(['True', 'False', 'Unknown']),
    observedGeneration: z.int().min(0).optional(),
    lastTransitionTime: z.string().max(64),
    reason: z.string().min(1).max(1024),
    message: z.string().max(32768),
  });

export type Condition = z.infer<ReturnType<typeof condition>>;
