import { z } from 'zod';
import { duration } from '../v1alpha1/duration.ts';
import { CLASSES } from '../v1alpha1/set.ts';

/**
 * The adapter's one file: the operator renders it into a ConfigMap, and a small registrar writes it by hand. Paths are relative to the
 * folder of the file. It never holds a secret: those stand in files of their own, one value a file, as Kubernetes mounts Secrets.
 */
const account = z.strictObject({
  name: z.string().min(1).max(253).describe('Name of the registry account (EppRegistry).'),
  profile: z.string().min(1).max(63).default('generic'),
  accreditation: z.string().min(1).max(63),
  tlds: z.array(z.string().min(1).max(253)).min(1),
  endpoint: z.strictObject({
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65535).default(700),
    serverName: z.string().min(1).max(253).optional(),
  }),
  credentials: z.strictObject({
    dir: z.string().min(1).describe('Folder with the files username and password.'),
  }),
  tls: z
    .strictObject({
      dir: z.string().min(1).optional().describe('Folder with tls.crt and tls.key: the client certificate.'),
      caDir: z.string().min(1).optional().describe('Folder with ca.crt.'),
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
  /** Requests that may wait for a connection, over all accounts; more get 503 at once. */
  queueLimit: z.int().min(0).max(1_000_000).default(1_000),
  accounts: z.array(account).min(1),
});

export type AdapterFile = z.output<typeof adapterFile>;
export type AdapterFileInput = z.input<typeof adapterFile>;
export type AdapterAccount = AdapterFile['accounts'][number];
