/** What adapters of a set tell each other: `POST /internal/v1/checks/drop`. */
import { z } from 'zod';

export const DROP_PATH = '/internal/v1/checks/drop';

/** Longer than any command takes. */
const LONGEST_HOLD_MS = 600_000;
const NAME = z.string().min(1).max(253).toLowerCase();

export const dropMessage = z.object({
  /** The process that says it. */
  from: z.string().min(1).max(64),
  /** An address may have been given to a pod of another set. */
  set: z.string().min(1).max(191),
  notices: z
    .array(
      z.object({
        id: z.string().min(1).max(128),
        names: z.union([z.literal('all'), z.array(NAME).max(100)]),
        holdMs: z.number().min(0).max(LONGEST_HOLD_MS),
      }),
    )
    .max(1_000),
});
export type DropMessage = z.output<typeof dropMessage>;

/** The answer: who it was said to, so that an adapter knows itself among its peers. */
export const dropReceipt = z.object({ to: z.string().max(64) });
