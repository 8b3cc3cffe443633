/** What a gateway's process says of the rollout: `GET /internal/v1/rollout`, for the operator. */
import { z } from 'zod';

export const ROLLOUT_PATH = '/internal/v1/rollout';

const path = z.object({
  /** Within the window of the bounds. */
  requests: z.int().min(0),
  failures: z.int().min(0),
  /** In milliseconds; absent without a request. */
  p99Ms: z.number().min(0).optional(),
});

export const rolloutReport = z.object({
  /** Of the guard of its file; absent without one. */
  run: z.string().optional(),
  /** Share of the requests that the sets serve by its file, in percent; what it holds to is 0 once it has tripped. */
  percent: z.number().min(0).max(100),
  /** Set once the bounds were broken in this run: why, for people. */
  tripped: z.string().optional(),
  sets: path,
  legacy: path,
});
export type RolloutReport = z.output<typeof rolloutReport>;
