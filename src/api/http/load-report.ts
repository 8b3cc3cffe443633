/** What an adapter says of its load: `GET /internal/v1/load`. */
import { z } from 'zod';

export const LOAD_PATH = '/internal/v1/load';

/**
 * Response header of every command: how many more commands the connections of its account could carry at once, at this pod, when it was
 * written. A whole number; 0 while commands wait.
 */
export const CAPACITY_HEADER = 'x-epp-capacity';

export const loadReport = z.object({
  set: z.string(),
  stage: z.enum(['serving', 'leaving', 'refusing']),
  accounts: z.record(
    z.string(),
    z.object({
      accreditation: z.string(),
      /** Connections that the budget grants this pod. */
      granted: z.int().min(0),
      /** Logged in. */
      open: z.int().min(0),
      /** Of these at work. */
      busy: z.int().min(0),
      /** Commands that wait for a connection. */
      waiting: z.int().min(0),
    }),
  ),
});
export type LoadReport = z.output<typeof loadReport>;
