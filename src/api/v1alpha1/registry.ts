import { z } from 'zod';
import { FEATURE_NAMES, KEEPALIVES, PROFILE_NAMES } from '../../epp/profiles/names.ts';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { listMap, listSet } from '../schema/collections.ts';
import { count, host, objectName, serverName, serviceUri, tld, webUrl } from '../schema/names.ts';
import { immutable, matching, rule } from '../schema/rule.ts';
import { conditions } from './condition.ts';
import { JOB_BOUNDS, jobReport } from './connection-lease.ts';
import { duration } from './duration.ts';
import { GROUP_VERSION } from './group.ts';
import { podTemplate } from './pod-template.ts';

const endpoint = () =>
  z
    .strictObject({
      host: host().describe('Host name or address of the registry.'),
      port: z.int().min(1).max(65535).default(700).describe('TCP port.'),
      serverName: serverName().optional().describe('TLS server name; the host by default.'),
    })
    .describe('Where the registry listens for EPP over TLS (RFC 5734).');

const connections = () =>
  rule(
    z.strictObject({
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
      opensPerSecond: z.int().min(1).max(1_000).default(5).describe('Most new connections in a second.'),
      maxAgeSeconds: z
        .int()
        .min(60)
        .max(2_592_000)
        .default(82_800)
        .describe("Rotate before the registry's absolute limit, with jitter."),
      maxCommandsPerConnection: z.int().min(0).max(1_000_000).default(0).describe('0: no cap.'),
    }),
    {
      cel: 'self.externalReserved < self.limit',
      holds: ({ externalReserved, limit }) => externalReserved < limit,
      message: 'must be lower than limit ({limit}): no connection would be left',
      path: ['externalReserved'],
    },
  ).describe('The connection budget of this account.');

const feature = () => z.enum(FEATURE_NAMES);

/** Values over those of the profile; what is absent stays the profile's. */
export const dialect = () =>
  z
    .strictObject({
      features: listSet(feature(), { max: 64 })
        .optional()
        .describe('Instead of the features of the profile.'),
      addFeatures: listSet(feature(), { max: 64 }).optional().describe('More than the profile has.'),
      removeFeatures: listSet(feature(), { max: 64 })
        .optional()
        .describe('Of the profile, not asked for at login.'),
      objectURIs: listSet(serviceUri(), { min: 1, max: 64 })
        .optional()
        .describe('Object services asked for at login, as far as the greeting offers them.'),
      extensionURIs: listSet(serviceUri(), { max: 64 })
        .optional()
        .describe('Extension services asked for at login beside those of the features.'),
      maxCheckNames: z.int().min(1).max(1_000).optional().describe('Most names in one check.'),
      maxFrameBytes: z
        .int()
        .min(4_096)
        .max(64 * 1024 * 1024)
        .optional()
        .describe('Largest frame that is read, header included.'),
      keepalive: z.enum(KEEPALIVES).optional().describe('How a silent session is kept alive.'),
      pipelineDepth: z
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe('Commands in flight on one connection (RFC 5734 section 3); 1: one after the other.'),
      coalesceChecks: z
        .boolean()
        .optional()
        .describe('Put checks of several callers into one command, up to maxCheckNames.'),
      oneZonePerCheck: z.boolean().optional().describe('A check holds names of one TLD alone.'),
      namestoreSubProduct: z
        .boolean()
        .optional()
        .describe('Add namestoreExt with the product of the TLD where the caller gave none.'),
    })
    .describe('Where this registry differs from its profile.');

const poll = () =>
  rule(
    z.strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe('Fetch and acknowledge messages (RFC 5730 section 2.9.2.3).'),
      interval: duration({ atLeast: '1s', atMost: '24h' })
        .default('30s')
        .describe('While the queue is empty.'),
      sink: z
        .strictObject({
          webhook: z
            .strictObject({
              url: webUrl().describe('Receives each message by POST.'),
              secretName: objectName()
                .optional()
                .describe('Secret with the key `secret`: signs each POST (HMAC-SHA256).'),
            })
            .optional(),
          stdout: z
            .strictObject({})
            .optional()
            .describe("A line of JSON for each message on the pod's standard output."),
        })
        .optional()
        .describe('Where messages go before they are acknowledged: one of these.'),
    }),
    {
      cel: '!self.enabled || has(self.sink) && has(self.sink.webhook) != has(self.sink.stdout)',
      holds: ({ enabled, sink }) =>
        !enabled || (sink !== undefined && (sink.webhook !== undefined) !== (sink.stdout !== undefined)),
      message:
        'needs one of webhook and stdout while polling is enabled: a message that is acknowledged is gone at the registry',
      path: ['sink'],
    },
  );

const jobs = () =>
  z.strictObject({
    balance: z
      .strictObject({
        enabled: z.boolean().default(false).describe('Run it.'),
        interval: duration({ atLeast: '10s', atMost: '24h' }).default('1h').describe('From run to run.'),
      })
      .prefault({})
      .describe("Asks for the account's balance, where the registry tells it."),
    canary: z
      .strictObject({
        enabled: z.boolean().default(false).describe('Run it.'),
        interval: duration({ atLeast: '5s', atMost: '24h' }).default('1m').describe('From run to run.'),
        name: z
          .string()
          .min(1)
          .max(253)
          .optional()
          .describe('Domain that is asked about; one of the first TLD by default.'),
      })
      .prefault({})
      .describe('A check that proves the account end to end.'),
  });

const egressProxies = () => {
  const { resources, nodeSelector, tolerations } = podTemplate().shape;
  return z
    .strictObject({
      replicas: z.int().min(1).max(20).default(2).describe('How many proxies.'),
      image: z
        .string()
        .min(1)
        .max(1024)
        .optional()
        .describe("Image with nginx and its stream module; the operator's --egress-image by default."),
      resources,
      nodeSelector,
      tolerations,
    })
    .describe(
      'The proxies of mode nginx. Which nodes they run on decides which addresses the registry sees.',
    );
};

/** One accreditation at one registry: host, credentials, TLDs, limits. The unit of a connection budget. */
export const registrySpec = z.strictObject({
  profile: z
    .enum(PROFILE_NAMES)
    .default('generic')
    .describe('Dialect data: login URIs, batch size of check, quirks, keepalive. generic works anywhere.'),
  dialect: dialect().optional(),
  accreditation: immutable(
    matching(
      z.string().min(1).max(63),
      '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?',
      'must be 1 to 63 letters, digits, hyphens, underscores and dots',
    ),
    'create another EppRegistry for another accreditation',
  ).describe('The qualification in whose name commands run.'),
  tlds: listSet(tld(), { min: 1, max: 1000 }).describe(
    'TLDs that this account serves, lower case, without a leading dot.',
  ),
  endpoint: endpoint(),
  credentials: z.strictObject({
    secretName: objectName().describe(
      'Secret with the keys username and password; newPassword while rotating.',
    ),
  }),
  tls: z
    .strictObject({
      secretName: objectName()
        .optional()
        .describe('Secret of type kubernetes.io/tls: the client certificate.'),
      caSecretName: objectName()
        .optional()
        .describe("Secret with the key ca.crt; the system's CAs by default."),
      minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Lowest version of TLS.'),
    })
    .prefault({}),
  connections: connections(),
  commands: z
    .strictObject({
      perSecond: z
        .int()
        .min(0)
        .max(100_000)
        .default(0)
        .describe('Most commands in any second over all pods, logins and keepalives included; 0: no limit.'),
      perMinute: z
        .int()
        .min(0)
        .max(1_000_000)
        .default(0)
        .describe('Most commands in any minute over all pods, logins and keepalives included; 0: no limit.'),
    })
    .prefault({}),
  poll: poll().prefault({}),
  jobs: jobs().prefault({}),
  egress: z
    .strictObject({
      mode: z
        .enum(['direct', 'nginx'])
        .default('direct')
        .describe('nginx: through an L4 stream proxy with a fixed egress address, made by the operator.'),
      nginx: egressProxies().optional(),
    })
    .prefault({}),
});

export const registryStatus = z.strictObject({
  observedGeneration: z.int().min(-1).optional(),
  connections: z
    .strictObject({
      limit: count(),
      granted: count(),
      open: count(),
      quarantined: count(),
      free: count(),
      waiting: count().optional(),
    })
    .optional()
    .describe(
      'limit: what may be used (limit less externalReserved and cuts); granted: published to pods; free: neither charged nor quarantined; waiting: requests that wait for a connection.',
    ),
  sets: listMap(
    z.strictObject({
      set: z.string().max(191),
      name: z.string().max(253).describe('Name of the EppSet object.'),
      class: z.string().max(16),
      granted: count(),
      open: count(),
      waiting: count(),
      quarantined: count()
        .optional()
        .describe('Connections of its vanished pods that the registry may still count.'),
    }),
    ['name'],
    { max: 1000 },
  )
    .optional()
    .describe('Who holds connections of this account.'),
  credentialsVersion: z
    .string()
    .max(64)
    .optional()
    .describe('resourceVersion of the Secret of spec.credentials, as last looked at.'),
  jobs: listMap(
    jobReport().extend({
      name: z.string().max(63),
      holder: z.string().max(253).describe('Name of the pod that runs it.'),
    }),
    ['name'],
    { max: JOB_BOUNDS.jobs },
  )
    .optional()
    .describe('Periodic jobs of this account, as their runners tell.'),
  conditions: conditions().optional(),
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
