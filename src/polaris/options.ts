import { z } from 'zod';
import { webUrl } from '../api/schema/names.ts';

/** Where and as what instances of sets are registered with Polaris. */
export const polarisOptions = z.strictObject({
  url: webUrl().describe("Of Polaris' client API, such as http://polaris.example:8090."),
  namespace: z.string().min(1).max(128).default('default').describe('Of Polaris.'),
  service: z.string().min(1).max(128).optional().describe("Of all sets; the set's prefix by default."),
  tokenFile: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('Holds what X-Polaris-Token is; read anew each time.'),
  ttlSeconds: z
    .int()
    .min(1)
    .max(60)
    .default(10)
    .describe('An instance without a heartbeat for three of these is unhealthy.'),
});

export type PolarisOptions = z.output<typeof polarisOptions>;
export type PolarisOptionsInput = z.input<typeof polarisOptions>;
