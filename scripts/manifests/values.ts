/** What differs between installations: literal values for `manifests/install.yaml`, Helm expressions for the chart. */
export interface InstallValues {
  namespace: string;
  image: string;
  imagePullPolicy: string;
  replicas: number | string;
  resources: object | string;
  nodeSelector: object | string;
  tolerations: unknown[] | string;
  imagePullSecrets: unknown[] | string;
  affinity: object | string;
  priorityClassName: string;
  /** All of them, the subcommand first. */
  args: unknown[] | string;
  /** Beside those that the operator needs. */
  env: unknown[];
  serviceAccountAnnotations: object | string;
  /** On every object, beside our own. */
  labels: object;
  /** On the Pod template, beside our own. Not `labels`: a new version of the chart alone must not roll the pods. */
  podLabels: object;
  podAnnotations: object | string;
  /** `volumes` of the pod and `volumeMounts` of its container, where there are any. */
  volumes: object;
  volumeMounts: object;
  /** The one namespace to work in, in the place of all. */
  watchNamespace: string;
  /** List items that are there where the installation is so. */
  when(installation: Installation, items: object[]): unknown[];
}

/** What an installation may be or not; manifests/install.yaml is none of it. */
export type Installation = 'ofOneNamespace' | 'withNetworkPolicies';

/** Name of the operator's Deployment, ServiceAccount, ClusterRole … */
export const OPERATOR = 'eppset-operator';
export const HTTP_PORT = 8081;

export const OPERATOR_LABELS = {
  'app.kubernetes.io/component': 'operator',
  'app.kubernetes.io/name': 'eppset-operator',
  'app.kubernetes.io/part-of': 'eppset',
} as const;

/** Immutable in a Deployment, so it must not name a tool or a version. */
export const OPERATOR_SELECTOR = {
  'app.kubernetes.io/component': 'operator',
  'app.kubernetes.io/name': 'eppset-operator',
} as const;

/** On the metadata of everything that is installed. */
export function labelsOf({ labels }: InstallValues): object {
  return { ...OPERATOR_LABELS, ...labels };
}
