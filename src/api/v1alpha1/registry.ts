import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { condition } from './condition.ts';
import { duration } from './duration.ts';
import { GROUP_VERSION } from './group.ts';

const secretName = () => z.string().min(1).max(253);
const setName = () => z.string().max(190);

/** One accreditation at one registry: host, credentials, TLDs, limits. The unit of a connection budget. */
export const registrySpec = z.strictObject({
  profile: z
    .string()
    .min(1)
    .max(63)
    .default('generic')
    .describe('Dialect data: login URIs, batch size of check, quirks, keepalive.'),
  accreditation: z.string().min(1).max(63).describe('The qualification in whose name commands run.'),
  tlds: z
    .array(z.string().min(1).max(253))
    .min(1)
    .max(1000)
    .describe('TLDs that this account serves, lower case, without a leading dot.'),
  endpoint: z.strictObject({
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65535).default(700),
    serverName: z.string().min(1).max(253).optional().describe('TLS server name; the host by default.'),
  }),
  credentials: z.strictObject({
    secretName: secretName().describe(
      'Secret with the keys username and password; newPassword while rotating.',
    ),
  }),
  tls: z
    .strictObject({
      secretName: secretName()
        .optional()
        .describe('Secret of type kubernetes.io/tls: the client certificate.'),
      caSecretName: secretName()
        .optional()
        .describe("Secret with the key ca.crt; the system's CAs by default."),
    })
    .prefault({}),
  connections: z.strictObject({
    limit: z
      .int()
      .min(1)
      .max(10_000)
      .describe('What the registry allows, over everything that connects with this account.'),
    externalReserved: z
      .int()
      .min(0)
      .max(10_000)
      .default(0)
      .describe('Used by people or systems outside this cluster.'),
    idleTimeoutSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .describe('After which the registry drops a silent connection.'),
    lateDeliverySeconds: z
      .int()
      .min(0)
      .max(86_400)
      .optional()
      .describe('How late bytes in the kernel may still arrive; max(idleTimeoutSeconds, 130) by default.'),
    opensPerSecond: z.int().min(1).max(1_000).default(5),
    maxAgeSeconds: z
      .int()
      .min(60)
      .max(2_592_000)
      .default(82_800)
      .describe("Rotate before the registry's absolute limit, with jitter."),
    maxCommandsPerConnection: z.int().min(0).max(1_000_000).default(0).describe('0: no cap.'),
  }),
  commands: z
    .strictObject({
      perSecond: z.int().min(0).max(100_000).default(0).describe('A shared command rate; 0: none.'),
    })
    .prefault({}),
  poll: z
    .strictObject({
      enabled: z.boolean().default(false),
      interval: duration().default('30s'),
      sink: z
        .strictObject({ webhook: z.strictObject({ url: z.string().min(1).max(2048) }).optional() })
        .optional(),
    })
    .prefault({}),
  egress: z.strictObject({ mode: z.enum(['direct', 'nginx']).default('direct') }).prefault({}),
});

const count = () => z.int().min(0);

export const registryStatus = z.strictObject({
  observedGeneration: z.int().optional(),
  connections: z
    .strictObject({ limit: count(), granted: count(), open: count(), quarantined: count(), free: count() })
    .optional()
    .describe(
      'limit: what may be used (limit less externalReserved and cuts); granted: published to pods; free: neither charged nor quarantined.',
    ),
  sets: z
    .array(
      z.strictObject({
        set: setName(),
        name: z.string().max(253),
        class: z.string().max(16),
        granted: count(),
        open: count(),
        waiting: count(),
      }),
    )
    .max(1000)
    .optional(),
  conditions: z.array(condition()).max(32).optional(),
});

export type EppRegistrySpec = z.output<typeof registrySpec>;
export type EppRegistryStatus = z.output<typeof registryStatus>;
export interface EppRegistry extends KubeObject {
  spec: EppRegistrySpec;
  status?: EppRegistryStatus;
}
export const EPP_REGISTRY: Resource<EppRegistry> = {
  apiVersion: GROUP_VERSION,
  kind: 'EppRegistry',
  plural: 'eppregistries',
  namespaced: true,
};
