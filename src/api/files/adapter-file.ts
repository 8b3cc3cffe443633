import { z } from 'zod';
import { duration } from '../v1alpha1/duration.ts';
import { dialect } from '../v1alpha1/registry.ts';
import { CLASSES } from '../v1alpha1/set.ts';

/**
 * The adapter's one file: the operator renders it into a ConfigMap, and a small registrar writes it by hand. Paths are relative to the
 * folder of the file. It never holds a secret: those stand in files of their own, one value a file, as Kubernetes mounts Secrets.
 */
const account = z.strictObject({
  name: z.string().min(1).max(253).describe('Name of the registry account (EppRegistry).'),
  profile: z.string().min(1).max(63).default('generic'),
  dialect: dialect().prefault({}),
  accreditation: z.string().min(1).max(63),
  tlds: z.array(z.string().min(1).max(253)).min(1),
  endpoint: z.strictObject({
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65535).default(700),
    serverName: z.string().min(1).max(253).optional(),
    /** TLS and its names stay between adapter and registry. A name with several addresses has one proxy at each. */
    via: z
      .strictObject({ host: z.string().min(1).max(253), port: z.int().min(1).max(65535) })
      .optional()
      .describe('An L4 proxy that leads to host and port: connections are opened to it instead.'),
  }),
  credentials: z.strictObject({
    dir: z.string().min(1).describe('Folder with the files username and password.'),
  }),
  tls: z
    .strictObject({
      dir: z.string().min(1).optional().describe('Folder with tls.crt and tls.key: the client certificate.'),
      caDir: z.string().min(1).optional().describe('Folder with ca.crt.'),
      minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
    })
    .prefault({}),
  connections: z.strictObject({
    idleTimeoutSeconds: z.int().min(1),
    lateDeliverySeconds: z.int().min(0).optional(),
    opensPerSecond: z.int().min(1).default(5).describe('Of this pod.'),
    maxAgeSeconds: z.int().min(60).default(82_800),
    maxCommandsPerConnection: z.int().min(0).default(0),
  }),
  /** In mode local: what this process grants itself. In mode lease the lease says. */
  pool: z.strictObject({ max: z.int().min(1) }),
  /** In mode local: what this process allows itself. In mode lease it is split over the pods by their leases. 0: no limit. */
  commands: z
    .strictObject({ perSecond: z.int().min(0).default(0), perMinute: z.int().min(0).default(0) })
    .prefault({}),
  poll: z
    .strictObject({
      enabled: z.boolean().default(false),
      interval: duration().default('30s'),
      sink: z
        .discriminatedUnion('kind', [
          z.strictObject({
            kind: z.literal('webhook'),
            url: z.string().min(1),
            secretDir: z.string().min(1).optional().describe('Folder with the file secret: signs each POST.'),
          }),
          z.strictObject({ kind: z.literal('stdout') }),
          z.strictObject({
            kind: z.literal('file'),
            path: z.string().min(1).describe('Lines of JSON are appended.'),
          }),
        ])
        .optional(),
    })
    .refine(({ enabled, sink }) => !enabled || sink !== undefined, {
      path: ['sink'],
      message: 'is needed while polling is enabled: a message that is acknowledged is gone at the registry',
    })
    .prefault({}),
  jobs: z
    .strictObject({
      balance: z
        .strictObject({ enabled: z.boolean().default(false), interval: duration().default('1h') })
        .prefault({}),
      canary: z
        .strictObject({
          enabled: z.boolean().default(false),
          interval: duration().default('1m'),
          name: z.string().min(1).max(253).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
});

export const adapterFile = z.strictObject({
  kind: z.literal('AdapterFile'),
  set: z.string().min(1).max(190),
  class: z.enum(CLASSES),
  http: z
    .strictObject({
      host: z.string().min(1).default('0.0.0.0'),
      port: z.int().min(0).max(65535).default(8080),
    })
    .prefault({}),
  budget: z.discriminatedUnion('mode', [
    z.strictObject({
      mode: z.literal('local').describe('Grants itself pool.max of each account: for one process alone.'),
    }),
    z.strictObject({
      mode: z.literal('lease').describe('Obeys its EppConnectionLease.'),
      timeScale: z
        .number()
        .gt(0)
        .max(1)
        .default(1)
        .describe('Shrinks the times of the protocol: for tests and demos alone.'),
    }),
  ]),
  timeouts: z
    .strictObject({ queue: duration().default('5s'), command: duration().default('30s') })
    .prefault({}),
  checks: z
    .strictObject({
      coalesce: z.boolean().optional().describe("As the account's dialect says by default."),
      cacheFor: duration().default('0s'),
      cacheTakenFor: duration().optional(),
    })
    .prefault({}),
  pipelining: z.boolean().default(true).describe("To the depth of the account's dialect."),
  transformReservePercent: z.int().min(0).max(90).default(10),
  idempotency: z
    .discriminatedUnion('store', [
      z.strictObject({ store: z.literal('memory') }),
      z.strictObject({
        store: z.literal('valkey'),
        host: z.string().min(1).max(253),
        port: z.int().min(1).max(65535).default(6379),
        tls: z.boolean().default(false),
        caDir: z.string().min(1).optional().describe('Folder with ca.crt.'),
        credentialsDir: z.string().min(1).optional().describe('Folder with the file password, and username.'),
        database: z.int().min(0).default(0),
      }),
    ])
    .default({ store: 'memory' }),
  /** The other adapters of the set, which are told what a create or a delete makes stale: a name with an address for each. */
  peers: z.strictObject({ host: z.string().min(1).max(253), port: z.int().min(1).max(65535) }).optional(),
  internalToken: z
    .strictObject({
      dir: z
        .string()
        .min(1)
        .describe(
          'Folder with the files send (the token shown to the other adapters) and accept (those taken, one a line). Callers without one of them are refused.',
        ),
    })
    .optional(),
  /** Requests that are served at once; more get 503. */
  maxConcurrentRequests: z.int().min(1).max(1_000_000).default(10_000),
  accessLog: z
    .enum(['all', 'transforms', 'none'])
    .default('transforms')
    .describe(
      'A line at level info for these requests; the others have theirs at level debug, none nowhere.',
    ),
  /** Requests that may wait for a connection, over all accounts; more get 503 at once. */
  queueLimit: z.int().min(0).max(1_000_000).default(1_000),
  accounts: z.array(account).min(1),
});

export type AdapterFile = z.output<typeof adapterFile>;
export type AdapterFileInput = z.input<typeof adapterFile>;
export type AdapterAccount = AdapterFile['accounts'][number];
