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
  /** Arguments after `operator`. */
  args: unknown[] | string;
  /** On the Pod template. */
  podAnnotations: object | string;
}

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
