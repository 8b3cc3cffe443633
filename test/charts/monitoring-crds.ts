/** The kinds of the Prometheus operator, as far as a test of objects that others define needs them: everything is kept, nothing is checked. */
const PLURALS = {
  PodMonitor: 'podmonitors',
  PrometheusRule: 'prometheusrules',
  ServiceMonitor: 'servicemonitors',
};
const group = 'monitoring.coreos.com';

export const monitoringCrds: object[] = Object.entries(PLURALS).map(([kind, plural]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}));
