import {
  HTTP_PORT,
  type InstallValues,
  labelsOf,
  OPERATOR,
  OPERATOR_LABELS,
  OPERATOR_SELECTOR,
} from './values.ts';

/** The operator's Deployment and what watches over it. */
export function operator(values: InstallValues): object[] {
  const { namespace } = values;
  const metadata = { name: OPERATOR, namespace, labels: labelsOf(values) };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        selector: OPERATOR_SELECTOR,
        ports: [{ name: 'http', port: HTTP_PORT, protocol: 'TCP', targetPort: 'http' }],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: OPERATOR_SELECTOR },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: values.replicas,
        revisionHistoryLimit: 3,
        selector: { matchLabels: OPERATOR_SELECTOR },
        template: {
          metadata: {
            labels: { ...OPERATOR_LABELS, ...values.podLabels },
            annotations: values.podAnnotations,
          },
          spec: podSpec(values),
        },
      },
    },
  ];
}

function podSpec(values: InstallValues): object {
  return {
    serviceAccountName: OPERATOR,
    imagePullSecrets: values.imagePullSecrets,
    nodeSelector: values.nodeSelector,
    tolerations: values.tolerations,
    affinity: values.affinity,
    ...(values.priorityClassName !== '' && { priorityClassName: values.priorityClassName }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // Of two, one leads and one waits: on different nodes, where there are two.
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: OPERATOR_SELECTOR },
      },
    ],
    terminationGracePeriodSeconds: 30,
    containers: [
      {
        name: 'operator',
        image: values.image,
        imagePullPolicy: values.imagePullPolicy,
        args: values.args,
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
          ...values.env,
        ],
        ports: [{ name: 'http', containerPort: HTTP_PORT, protocol: 'TCP' }],
        startupProbe: { ...get('/livez'), periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 2 },
        livenessProbe: { ...get('/livez'), periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 },
        readinessProbe: { ...get('/readyz'), periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 2 },
        resources: values.resources,
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        ...values.volumeMounts,
      },
    ],
    ...values.volumes,
  };
}

function get(path: string) {
  return { httpGet: { path, port: 'http' } };
}
