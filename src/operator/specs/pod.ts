/** What the pods of adapters and gateways have in common. */
import type { V1PodSpec, V1Toleration, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { INTERNAL_TOKEN_SECRET } from '../../api/http/internal-token.ts';
import type { EppSetSpec } from '../../api/v1alpha1/set.ts';

export interface PodImage {
  image: string;
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never' | undefined;
}

/** Where a pod finds its file; folders beside it hold what must not stand in the file. */
export const CONFIG_DIR = '/etc/eppset/config';
export const INTERNAL_DIR = '/etc/eppset/internal';
/** As the file, which lies in `CONFIG_DIR`, says it. */
export const INTERNAL_TOKEN = { dir: '../internal' } as const;
export const HTTP_PORT = 8080;

/** The image's user: neither root nor anybody's on the node. */
const USER = 65532;
/** Secrets are read through the pod's group alone. */
const SECRET_MODE = 0o440;
const DEFAULT_REQUESTS = { cpu: '100m', memory: '128Mi' };

/** A pod by the restricted Pod Security Standard. */
export const restrictedPod = () => ({
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: 'RuntimeDefault' },
});

/** A container by it, that writes nowhere but into its volumes. */
export const restrictedContainer = () => ({
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
});

export interface MountedVolume {
  volume: V1Volume;
  mount: V1VolumeMount;
}

export function mountedConfig(configMap: string): MountedVolume {
  return {
    volume: { name: 'config', configMap: { name: configMap } },
    mount: { name: 'config', mountPath: CONFIG_DIR, readOnly: true },
  };
}

/** A pod waits until the Secret is there. */
export function mountedSecret(name: string, secretName: string, mountPath: string): MountedVolume {
  return {
    volume: { name, secret: { secretName, defaultMode: SECRET_MODE } },
    mount: { name, mountPath, readOnly: true },
  };
}

export function mountedToken(): MountedVolume {
  return mountedSecret('internal', INTERNAL_TOKEN_SECRET, INTERNAL_DIR);
}

export interface ProgramPod extends PodImage {
  /** Of the container, and the subcommand of the program. */
  program: 'adapter' | 'gateway';
  /** The file's name in `CONFIG_DIR`. */
  file: string;
  serviceAccountName: string;
  /** From SIGTERM to SIGKILL. */
  graceSeconds: number;
  selector: Record<string, string>;
  template: EppSetSpec['template'];
  mounts: readonly MountedVolume[];
}

/** One container of our image, by the restricted Pod Security Standard. */
export function programPod(pod: ProgramPod): V1PodSpec {
  const { nodeSelector, tolerations, priorityClassName, imagePullSecrets } = pod.template;
  return {
    serviceAccountName: pod.serviceAccountName,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: pod.graceSeconds,
    securityContext: restrictedPod(),
    // The fewer pods on a node, the less goes with it: of an adapter its connections, into quarantine.
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: pod.selector },
      },
    ],
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations: tolerations as V1Toleration[] }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(imagePullSecrets && { imagePullSecrets }),
    containers: [container(pod)],
    volumes: pod.mounts.map(({ volume }) => volume),
  };
}

function container({ program, file, template, mounts, image, imagePullPolicy }: ProgramPod) {
  const fromPod = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const { requests = DEFAULT_REQUESTS, limits } = template.resources ?? {};
  return {
    name: program,
    image,
    ...(imagePullPolicy && { imagePullPolicy }),
    args: [program, '--config', `${CONFIG_DIR}/${file}`],
    env: [
      fromPod('POD_NAME', 'metadata.name'),
      fromPod('POD_NAMESPACE', 'metadata.namespace'),
      fromPod('POD_UID', 'metadata.uid'),
    ],
    ports: [{ name: 'http', containerPort: HTTP_PORT, protocol: 'TCP' }],
    // An adapter's connections may take minutes to come, at an account that is full: that is readiness, never liveness.
    startupProbe: { ...get('/healthz'), periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 2 },
    livenessProbe: { ...get('/healthz'), periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 },
    readinessProbe: { ...get('/readyz'), periodSeconds: 2, failureThreshold: 2, timeoutSeconds: 2 },
    resources: { requests, ...(limits && { limits }) },
    securityContext: restrictedContainer(),
    volumeMounts: mounts.map(({ mount }) => mount),
  };
}

function get(path: string) {
  return { httpGet: { path, port: 'http' } };
}
