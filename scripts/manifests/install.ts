/** `manifests/install.yaml`: all that `kubectl apply` needs, with plain values. */
import { renderCrds } from '../../src/api/crd/render.ts';
import { admissionPolicies } from './admission.ts';
import { operator } from './operator.ts';
import { operatorRole, rbac } from './rbac.ts';
import { type InstallValues, OPERATOR_LABELS } from './values.ts';
import { HEADER, yamlOf } from './yaml.ts';

export const DEFAULT_NAMESPACE = 'eppset-system';
export const IMAGE_REPOSITORY = 'ghcr.io/eppset/eppset';
export const DEFAULT_RESOURCES = { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } };

export function installValues(version: string): InstallValues {
  return {
    namespace: DEFAULT_NAMESPACE,
    image: `${IMAGE_REPOSITORY}:${version}`,
    imagePullPolicy: 'IfNotPresent',
    replicas: 2,
    resources: DEFAULT_RESOURCES,
    nodeSelector: {},
    tolerations: [],
    imagePullSecrets: [],
    affinity: {},
    priorityClassName: '',
    args: ['operator'],
    env: [],
    serviceAccountAnnotations: {},
    labels: {},
    podLabels: {},
    podAnnotations: {},
    volumes: {},
    volumeMounts: {},
    watchNamespace: '',
    when: () => [],
  };
}

/** CRDs first, so that whoever applies custom resources in the same go finds them; the Namespace before what lives in it. */
export function installManifest(version: string): string {
  const values = installValues(version);
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: values.namespace,
      labels: {
        'app.kubernetes.io/part-of': OPERATOR_LABELS['app.kubernetes.io/part-of'],
        'pod-security.kubernetes.io/enforce': 'restricted',
      },
    },
  };
  const crds = [...renderCrds().values()].map((text) => text.replace(/^#.*\n/, ''));
  const objects = [
    namespace,
    ...rbac(values),
    ...operatorRole(values, 'everywhere'),
    ...admissionPolicies(values),
    ...operator(values),
  ];
  return HEADER + [...crds, ...objects.map(yamlOf)].join('---\n');
}
