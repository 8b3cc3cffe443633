import { z } from 'zod';
import { duration } from '../v1alpha1/duration.ts';
import { DEFAULT_WEIGHT } from '../v1alpha1/gateway.ts';
import { BUSINESS_COMMANDS } from '../v1alpha1/gateway-businesses.ts';

/**
 * The gateway's one file: the operator renders it into a ConfigMap, and a small registrar writes it by hand. Paths are relative to the
 * folder of the file. It never holds a secret: those stand in files of their own, one value a file, as Kubernetes mounts Secrets.
 *
 * All of it but `name`, `prefix`, `http`, `discovery`, `internalToken`, `authentication` and `tracing` is taken over while the gateway runs.
 */
const limit = z.strictObject({
  requestsPerSecond: z.number().gt(0).optional(),
  burst: z.int().min(1).optional(),
  concurrent: z.int().min(1).optional(),
});

const percent = z.number().min(0).max(100);

const rollout = z
  .strictObject({
    percent: percent.default(100).describe('Share of the requests that the sets serve now.'),
    key: z.string().min(1).max(63).optional().describe('Routing factor; x-request-id by default.'),
    legacy: z.strictObject({ url: z.url({ protocol: /^https?$/ }) }).optional(),
    shadow: z.strictObject({ percent }).optional(),
    overrides: z
      .array(z.strictObject({ business: z.string().optional(), tld: z.string().optional(), percent }))
      .default([]),
    /** While it is there, this process puts `percent` and overrides to 0 for itself as soon as the sets break the bounds. */
    guard: z
      .strictObject({
        run: z
          .string()
          .min(1)
          .max(64)
          .describe('Once it has tripped it stays so until another run stands here.'),
        maxErrorPercent: z.number().min(0).max(100),
        maxP99Percent: z.number().min(100),
        minRequests: z.int().min(1),
        window: duration(),
      })
      .optional(),
  })
  .refine(
    ({ percent, legacy, shadow, overrides }) =>
      legacy || (percent === 100 && !shadow && overrides.length === 0),
    {
      path: ['legacy'],
      message:
        'is needed while percent is below 100, or with shadow or overrides: the rest of the requests goes there',
    },
  );

export const gatewayFile = z.strictObject({
  kind: z.literal('GatewayFile'),
  name: z.string().min(1).max(253).describe('Of the gateway: stands in metrics and in what it registers.'),
  prefix: z.string().min(1).max(63),
  region: z.string().min(1).max(63),
  http: z
    .strictObject({
      host: z.string().min(1).default('0.0.0.0'),
      port: z.int().min(0).max(65535).default(8080),
    })
    .prefault({}),
  discovery: z.discriminatedUnion('mode', [
    z.strictObject({
      mode: z.literal('kubernetes').describe('EndpointSlices of its namespace, by their labels.'),
      configMap: z
        .string()
        .min(1)
        .max(253)
        .optional()
        .describe('Whose key gateway.yaml is this file: watched, so that a change counts at once.'),
    }),
    z.strictObject({
      mode: z.literal('static'),
      sets: z.array(
        z.strictObject({
          set: z.string().min(1).max(191).optional().describe('Without: instances of no set.'),
          endpoints: z
            .array(z.url({ protocol: /^http$/ }))
            .min(1)
            .max(10_000),
        }),
      ),
    }),
  ]),
  businesses: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(63),
        commands: z.array(z.enum(BUSINESS_COMMANDS)).default([]),
        default: z.boolean().default(false),
      }),
    )
    .min(1),
  routes: z
    .array(
      z.strictObject({
        tlds: z.array(z.string().min(1).max(253)).min(1),
        accounts: z
          .array(
            z.strictObject({
              name: z.string().min(1).max(253),
              accreditation: z.string().min(1).max(63),
              weight: z.int().min(0).default(DEFAULT_WEIGHT),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
  routing: z
    .strictObject({
      mode: z.enum(['default', 'polaris']).default('default'),
      strict: z.boolean().default(false),
    })
    .prefault({}),
  balancing: z
    .strictObject({
      policy: z.enum(['least_conn', 'round_robin', 'random', 'weight', 'hash']).default('least_conn'),
      hashBy: z.string().min(1).max(63).optional().describe("Routing factor; the domain's name by default."),
    })
    .prefault({}),
  ejection: z
    .strictObject({
      consecutiveFailures: z.int().min(1).default(5),
      baseTime: duration().default('30s'),
      maxTime: duration().default('300s'),
      maxPercent: percent.default(50),
    })
    .prefault({}),
  fallback: z
    .strictObject({
      when: z.enum(['allDead', 'gradual']).default('allDead'),
      overprovisioning: z.number().min(1).max(10).default(1.4),
      maxSpillPercent: percent.default(100),
      recoverAll: z.boolean().default(false),
      returnAbovePercent: percent.default(85),
      returnAfter: duration().default('20s'),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      request: duration().default('35s'),
      commands: z.partialRecord(z.enum(BUSINESS_COMMANDS), duration()).default({}),
    })
    .prefault({}),
  retries: z
    .strictObject({
      attempts: z.int().min(0).max(5).default(2),
      budgetPercent: percent.default(20),
      hedgeReadsAfter: duration().optional(),
    })
    .prefault({}),
  limits: z
    .strictObject({ perCaller: limit.optional(), businesses: z.record(z.string(), limit).default({}) })
    .prefault({}),
  actions: z.boolean().default(true),
  rollout: rollout.prefault({}),
  degradation: z
    .strictObject({
      watch: z.string(),
      above: percent,
      shed: z.record(z.string(), percent).default({}),
      staleChecksFor: duration().optional(),
    })
    .optional(),
  switches: z.record(z.string(), z.boolean()).default({}),
  internalToken: z
    .strictObject({
      dir: z
        .string()
        .min(1)
        .describe(
          'Folder with the files send (the token shown to adapters) and accept (those taken, one a line).',
        ),
    })
    .optional(),
  authentication: z
    .strictObject({
      jwt: z
        .strictObject({
          issuer: z.string().min(1),
          audience: z.string().min(1),
          jwksUrl: z.url({ protocol: /^https?$/ }).optional(),
          secretDir: z.string().min(1).optional().describe('Folder with the file secret.'),
        })
        .refine(({ jwksUrl, secretDir }) => (jwksUrl === undefined) !== (secretDir === undefined), {
          message: 'must have one of jwksUrl and secretDir',
        })
        .optional(),
      apiKeys: z
        .strictObject({ dir: z.string().min(1).describe('Folder with a file for each caller.') })
        .optional(),
    })
    .optional(),
  tracing: z
    .strictObject({ otlpUrl: z.url({ protocol: /^https?$/ }), samplePercent: percent.default(10) })
    .optional(),
  maxConcurrentRequests: z.int().min(1).max(1_000_000).default(10_000),
  accessLog: z.enum(['all', 'transforms', 'none']).default('transforms'),
});

export type GatewayFile = z.output<typeof gatewayFile>;
export type GatewayFileInput = z.input<typeof gatewayFile>;
/** Businesses, routes, percentages and the like: what may change while it runs. */
export type GatewayPolicy = Omit<
  GatewayFile,
  'http' | 'discovery' | 'internalToken' | 'authentication' | 'tracing'
>;
