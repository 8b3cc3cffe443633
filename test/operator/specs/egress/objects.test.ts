import { describe, expect, it } from 'vitest';
import type { Deployment, Service } from '../../../../src/kube/builtin.ts';
import { adapterFile } from '../../../../src/operator/specs/adapter-file.ts';
import { egressObjects } from '../../../../src/operator/specs/egress/objects.ts';
import { aRegistry, aSet, byName } from '../../samples.ts';

const nginx = { mode: 'nginx' };
const build = (egress: object = nginx, spec: object = {}) => {
  const objects = egressObjects(aRegistry({ spec: { egress, ...spec } }), 'nginx:1').map(
    ({ object }) => object,
  );
  const of = <T>(kind: string) => objects.find((object) => object.kind === kind) as T;
  const { spec: deployment } = of<Deployment>('Deployment');
  const pod = deployment?.template.spec;
  return { objects, of, deployment, pod, container: pod?.containers[0] };
};

describe('the objects of an egress', () => {
  it('are these, owned by the account', () => {
    const { objects } = build();
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap verisign-egress',
      'Service verisign-egress',
      'PodDisruptionBudget verisign-egress',
      'Deployment verisign-egress',
    ]);
    for (const { metadata } of objects) {
      expect(metadata).toMatchObject({
        namespace: 'shop',
        ownerReferences: [{ kind: 'EppRegistry', uid: 'uid-of-verisign', controller: true }],
        labels: { 'eppset.io/registry': 'verisign', 'app.kubernetes.io/component': 'egress' },
      });
    }
  });

  it('are two restricted pods that write to /tmp alone', () => {
    const { deployment, pod, container } = build();
    expect(deployment?.replicas).toBe(2);
    expect(deployment?.strategy?.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 300,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container).toMatchObject({
      image: 'nginx:1',
      securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    });
    expect(
      container?.volumeMounts?.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath),
    ).toEqual(['/tmp']);
  });

  it('are probed where no connection at the registry comes of it', () => {
    const { container } = build();
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
      expect(container?.[probe]?.tcpSocket).toEqual({ port: 'probe' });
    }
  });

  it('follow the account’s wishes', () => {
    const wishes = {
      replicas: 3,
      image: 'registry.example/nginx:2',
      nodeSelector: { egress: 'bj' },
      tolerations: [{ key: 'egress', operator: 'Exists' }],
      resources: { limits: { memory: '64Mi' } },
    };
    const { deployment, pod, container } = build({ ...nginx, nginx: wishes });
    expect(deployment?.replicas).toBe(3);
    expect(pod).toMatchObject({ nodeSelector: wishes.nodeSelector, tolerations: wishes.tolerations });
    expect(container?.image).toBe(wishes.image);
    expect(container?.resources).toMatchObject({ limits: { memory: '64Mi' }, requests: { cpu: '50m' } });
  });

  it('show every proxy to adapters: the Service has no address of its own', () => {
    expect(build().of<Service>('Service').spec?.clusterIP).toBe('None');
  });

  it('roll when the registry moves, not for another number of proxies', () => {
    const checksum = (...args: Parameters<typeof build>) =>
      build(...args).deployment?.template.metadata?.annotations?.['eppset.io/config-checksum'];
    expect(checksum(nginx, { endpoint: { host: 'epp2.example' } })).not.toBe(checksum());
    expect(checksum({ ...nginx, nginx: { replicas: 5 } })).toBe(checksum());
  });
});

describe('an adapter’s file', () => {
  const accountOf = (egress: object, options: object = {}) =>
    adapterFile(aSet(), byName(aRegistry({ spec: { egress } })), { timeScale: 1, ...options }).accounts[0];

  it('leads connections through the proxies, and counts vanished ones longer', () => {
    expect(accountOf(nginx)).toMatchObject({
      endpoint: { host: 'epp.example', port: 700, via: { host: 'verisign-egress', port: 7000 } },
      connections: { idleTimeoutSeconds: 600, lateDeliverySeconds: 630 },
    });
  });

  it.each([
    ['in mode direct', { mode: 'direct' }, {}],
    ['where there are no proxies', nginx, { egressImage: false }],
  ])('leads them to the registry itself %s', (_when, egress, options) => {
    const account = accountOf(egress, options);
    expect(account?.endpoint).toEqual({ host: 'epp.example', port: 700 });
    expect(account?.connections).not.toHaveProperty('lateDeliverySeconds');
  });
});
