import type { V1PodSpec, V1Toleration } from '@kubernetes/client-node';
import { ANNOTATION, FIELD_MANAGER, LABEL } from '../../../api/v1alpha1/labels.ts';
import type { EppRegistry } from '../../../api/v1alpha1/registry.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  type Deployment,
  NETWORK_POLICY,
  POD_DISRUPTION_BUDGET,
  SERVICE,
  type Service,
} from '../../../kube/builtin.ts';
import type { ObjectMeta } from '../../../kube/objects.ts';
import type { Desired } from '../../apply/owned-objects.ts';
import { sha256 } from '../canonical.ts';
import { configMap } from '../config-map.ts';
import { COMPONENT_EGRESS, metaOf } from '../labels.ts';
import { egressName } from '../names.ts';
import { egressNetworkPolicy, type WithNetworkPolicies } from '../network-policy.ts';
import { restrictedContainer, restrictedPod } from '../pod.ts';
import { podDisruptionBudget } from '../pod-disruption-budget.ts';
import { EGRESS_PORT, nginxConf, PROBE_PORT, RESOLVER_SCRIPT } from './nginx-conf.ts';

/** Unprivileged, with the stream module built in. */
export const NGINX_IMAGE = 'docker.io/nginxinc/nginx-unprivileged:1.28.0-alpine';

const CONFIG_DIR = '/etc/eppset/egress';
const CONFIG_FILE = 'nginx.conf';
/**
 * From the end of a pod's readiness to SIGKILL: cluster DNS forgets it within half a minute, adapters see that within five seconds and move
 * their connections to other proxies, where there is no room for two one after the other.
 */
const GRACE_SECONDS = 300;
const DEFAULT_REQUESTS = { cpu: '50m', memory: '32Mi' };

/** What never changes in the life of an EppRegistry. */
export function egressSelector({ metadata }: EppRegistry): Record<string, string> {
  return { [LABEL.component]: COMPONENT_EGRESS, [LABEL.registry]: metadata.name };
}

export function egressLabels(registry: EppRegistry): Record<string, string> {
  return {
    ...egressSelector(registry),
    [LABEL.name]: 'eppset-egress',
    [LABEL.instance]: registry.metadata.name,
    [LABEL.partOf]: 'eppset',
    [LABEL.managedBy]: FIELD_MANAGER.objects,
  };
}

/** The proxies of an account with `egress.mode: nginx`, in the order of creation. */
export function egressObjects(
  registry: EppRegistry,
  image: string,
  { networkPolicies }: WithNetworkPolicies = {},
): Desired[] {
  const selector = egressSelector(registry);
  const metadata = metaOf(registry, egressName(registry.metadata.name), egressLabels(registry));
  const { endpoint, connections } = registry.spec;
  const text = nginxConf({
    registry: registry.metadata.name,
    host: endpoint.host,
    port: endpoint.port,
    idleTimeoutSeconds: connections.idleTimeoutSeconds,
    limit: connections.limit,
  });
  return [
    { resource: CONFIG_MAP, object: configMap(metadata, CONFIG_FILE, text) },
    { resource: SERVICE, object: service(metadata, selector) },
    { resource: POD_DISRUPTION_BUDGET, object: podDisruptionBudget(metadata, selector) },
    ...(networkPolicies
      ? [{ resource: NETWORK_POLICY, object: egressNetworkPolicy(metadata, selector, registry) }]
      : []),
    { resource: DEPLOYMENT, object: deployment(registry, metadata, { image, checksum: sha256(text) }) },
  ];
}

/** Headless: an adapter chooses a proxy itself, and sees when that one is about to leave. */
function service(metadata: ObjectMeta, selector: Record<string, string>): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      selector,
      ports: [{ name: 'epp', port: EGRESS_PORT, protocol: 'TCP', targetPort: 'epp' }],
    },
  };
}

function deployment(
  registry: EppRegistry,
  metadata: ObjectMeta,
  { image, checksum }: { image: string; checksum: string },
): Deployment {
  const { nginx } = registry.spec.egress;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: nginx?.replicas ?? 2,
      revisionHistoryLimit: 3,
      selector: { matchLabels: egressSelector(registry) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: egressLabels(registry),
          annotations: { [ANNOTATION.configChecksum]: checksum },
        },
        spec: podSpec(registry, nginx?.image ?? image),
      },
    },
  };
}

const NGINX = `nginx -c ${CONFIG_DIR}/${CONFIG_FILE}`;
/** Streams go on until their adapters leave. What nginx makes of the runtime's own signal depends on the image: it has ended by then. */
const QUIT = `sleep 5; ${NGINX} -s quit; while [ -e /tmp/nginx.pid ]; do sleep 1; done`;

function podSpec(registry: EppRegistry, image: string): V1PodSpec {
  const { nodeSelector, tolerations, resources } = registry.spec.egress.nginx ?? {};
  const { requests = DEFAULT_REQUESTS, limits } = resources ?? {};
  const probe = { tcpSocket: { port: 'probe' }, timeoutSeconds: 2 };
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    securityContext: restrictedPod(),
    // A node that goes takes as few proxies with it as may be.
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: egressSelector(registry) },
      },
    ],
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations: tolerations as V1Toleration[] }),
    containers: [
      {
        name: 'nginx',
        image,
        command: [
          '/bin/sh',
          '-c',
          `(${RESOLVER_SCRIPT}) >/tmp/resolver.conf\nexec ${NGINX} -g 'daemon off;'`,
        ],
        lifecycle: { preStop: { exec: { command: ['/bin/sh', '-c', QUIT] } } },
        ports: [
          { name: 'epp', containerPort: EGRESS_PORT, protocol: 'TCP' },
          { name: 'probe', containerPort: PROBE_PORT, protocol: 'TCP' },
        ],
        startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 60 },
        livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 3 },
        readinessProbe: { ...probe, periodSeconds: 2, failureThreshold: 2 },
        resources: { requests, ...(limits && { limits }) },
        securityContext: restrictedContainer(),
        volumeMounts: [
          { name: 'config', mountPath: CONFIG_DIR, readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name: egressName(registry.metadata.name) } },
      { name: 'tmp', emptyDir: {} },
    ],
  };
}
