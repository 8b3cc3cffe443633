import type { V1Container, V1PodSpec, V1Toleration, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { ANNOTATION } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { Deployment } from '../../kube/builtin.ts';
import {
  ACCOUNTS_DIR,
  accountSecrets,
  CONFIG_DIR,
  CONFIG_FILE,
  HTTP_PORT,
  poolsWithRegistries,
  type RegistriesByName,
  SET_DIR,
  setSecrets,
} from './adapter-file.ts';
import { ownedMeta, podLabels, podSelector } from './labels.ts';
import { dnsLabel, setObjectNames } from './names.ts';
import { rolloutStrategy } from './rollout.ts';

export interface PodImage {
  image: string;
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never' | undefined;
}

/** The image's user: neither root nor anybody's on the node. */
const USER = 65532;
/** Secrets are read through the pod's group alone. */
const SECRET_MODE = 0o440;
/** Drain (30 s for commands, logout, 2 s linger) and report, with room to spare. */
const GRACE_SECONDS = 75;
const DEFAULT_REQUESTS = { cpu: '100m', memory: '128Mi' };

/** The set's adapters. */
export function deployment(
  set: EppSet,
  registries: RegistriesByName,
  options: PodImage & { configChecksum: string },
): Deployment {
  const { template, autoscaling, replicas } = set.spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: ownedMeta(set, setObjectNames(set.metadata.name).adapter),
    spec: {
      // Whoever scales automatically owns the number then.
      ...(autoscaling === undefined && { replicas }),
      revisionHistoryLimit: 3,
      selector: { matchLabels: podSelector(set) },
      strategy: rolloutStrategy(set, registries),
      template: {
        metadata: {
          labels: podLabels(set),
          annotations: {
            ...template.annotations,
            [ANNOTATION.set]: set.spec.set,
            [ANNOTATION.configChecksum]: options.configChecksum,
          },
        },
        spec: podSpec(set, registries, options),
      },
    },
  };
}

function podSpec(set: EppSet, registries: RegistriesByName, options: PodImage): V1PodSpec {
  const { nodeSelector, tolerations, priorityClassName, imagePullSecrets } = set.spec.template;
  const mounts = mountedVolumes(set, registries);
  return {
    serviceAccountName: setObjectNames(set.metadata.name).adapter,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // A node that is lost takes its connections into quarantine: the fewer pods on it, the fewer those are.
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: podSelector(set) },
      },
    ],
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations: tolerations as V1Toleration[] }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(imagePullSecrets && { imagePullSecrets }),
    containers: [container(set, mounts, options)],
    volumes: mounts.map(({ volume }) => volume),
  };
}

function container(set: EppSet, mounts: MountedVolume[], options: PodImage): V1Container {
  const { resources } = set.spec.template;
  const fromPod = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const limits = resources?.limits;
  return {
    name: 'adapter',
    image: options.image,
    ...(options.imagePullPolicy && { imagePullPolicy: options.imagePullPolicy }),
    args: ['adapter', '--config', `${CONFIG_DIR}/${CONFIG_FILE}`],
    env: [
      fromPod('POD_NAME', 'metadata.name'),
      fromPod('POD_NAMESPACE', 'metadata.namespace'),
      fromPod('POD_UID', 'metadata.uid'),
    ],
    ports: [{ name: 'http', containerPort: HTTP_PORT, protocol: 'TCP' }],
    // Connections may take minutes to come, at an account that is full: that is readiness, never liveness.
    startupProbe: { ...get('/healthz'), periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 2 },
    livenessProbe: { ...get('/healthz'), periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 },
    readinessProbe: { ...get('/readyz'), periodSeconds: 2, failureThreshold: 2, timeoutSeconds: 2 },
    resources: { requests: resources?.requests ?? DEFAULT_REQUESTS, ...(limits && { limits }) },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: mounts.map(({ mount }) => mount),
  };
}

function get(path: string) {
  return { httpGet: { path, port: 'http' } };
}

interface MountedVolume {
  volume: V1Volume;
  mount: V1VolumeMount;
}

/** The file, and the Secrets of every account and of the set beside it. */
function mountedVolumes(set: EppSet, registries: RegistriesByName): MountedVolume[] {
  const { adapter } = setObjectNames(set.metadata.name);
  const config: MountedVolume = {
    volume: { name: 'config', configMap: { name: adapter } },
    mount: { name: 'config', mountPath: CONFIG_DIR, readOnly: true },
  };
  const secrets = poolsWithRegistries(set, registries).flatMap(({ registry }) =>
    accountSecrets(registry).map(({ folder, secretName }): MountedVolume => {
      const name = dnsLabel(registry.metadata.name, `-${folder}`);
      return {
        volume: { name, secret: { secretName, defaultMode: SECRET_MODE } },
        mount: { name, mountPath: `${ACCOUNTS_DIR}/${registry.metadata.name}/${folder}`, readOnly: true },
      };
    }),
  );
  const ofSet = setSecrets(set).map(({ folder, secretName }): MountedVolume => {
    const name = `set-${folder}`;
    return {
      volume: { name, secret: { secretName, defaultMode: SECRET_MODE } },
      mount: { name, mountPath: `${SET_DIR}/${folder}`, readOnly: true },
    };
  });
  return [config, ...secrets, ...ofSet];
}
