import { describe, expect, it } from 'vitest';
import type {
  Deployment,
  PodDisruptionBudget,
  Role,
  RoleBinding,
  Service,
} from '../../../src/kube/builtin.ts';
import { canonicalJson } from '../../../src/operator/specs/canonical.ts';
import { setObjects } from '../../../src/operator/specs/set-objects.ts';
import { aRegistry, aSet, byName } from '../samples.ts';

const options = { image: 'eppset:1', timeScale: 1 };
const registries = byName(aRegistry(), aRegistry({ name: 'cnnic', spec: { tls: { secretName: 'client' } } }));

function build(set = aSet(), more: object = {}, accounts = registries) {
  const objects = setObjects(set, accounts, { ...options, ...more });
  const of = <T>(kind: string, name?: string) =>
    objects
      .map(({ object }) => object)
      .find((o) => o.kind === kind && (!name || o.metadata.name === name)) as T;
  return { objects, of, deployment: of<Deployment>('Deployment') };
}

const podOf = (deployment: Deployment) =>
  deployment.spec?.template.spec as NonNullable<NonNullable<Deployment['spec']>['template']['spec']>;
const checksumOf = (deployment: Deployment) =>
  deployment.spec?.template.metadata?.annotations?.['eppset.io/config-checksum'];

describe('the objects of a set', () => {
  it('are these, what pods need first', () => {
    expect(build().objects.map(({ object }) => `${object.kind} ${object.metadata.name}`)).toEqual([
      'ServiceAccount epp-core-bj-adapter',
      'Role epp-core-bj-adapter',
      'RoleBinding epp-core-bj-adapter',
      'ConfigMap epp-core-bj-adapter',
      'Service epp-core-bj-adapter',
      'Service epp-core-bj-pods',
      'PodDisruptionBudget epp-core-bj-adapter',
      'Deployment epp-core-bj-adapter',
    ]);
  });

  it('all belong to the set and live in its namespace', () => {
    for (const { object } of build().objects) {
      expect(object.metadata.namespace).toBe('shop');
      expect(object.metadata.ownerReferences?.[0]?.uid).toBe('uid-of-epp-core-bj');
      expect(object.metadata.labels?.['eppset.io/set-object']).toBe('epp-core-bj');
    }
  });

  it('are the same for the same set', () => {
    expect(canonicalJson(build().objects)).toBe(canonicalJson(build(structuredClone(aSet())).objects));
  });

  it('hold no secret', () => {
    expect(JSON.stringify(build().objects)).not.toMatch(/password/i);
  });
});

describe('the Deployment', () => {
  it('runs the adapter on its file', () => {
    const [container] = podOf(build().deployment).containers;
    expect(container).toMatchObject({
      image: 'eppset:1',
      args: ['adapter', '--config', '/etc/eppset/config/adapter.yaml'],
      ports: [{ name: 'http', containerPort: 8080 }],
      startupProbe: { httpGet: { path: '/healthz', port: 'http' } },
      livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
    });
    expect(container?.env?.map(({ name, valueFrom }) => [name, valueFrom?.fieldRef?.fieldPath])).toEqual([
      ['POD_NAME', 'metadata.name'],
      ['POD_NAMESPACE', 'metadata.namespace'],
      ['POD_UID', 'metadata.uid'],
    ]);
    expect(container).not.toHaveProperty('imagePullPolicy');
  });

  it('mounts the file and each Secret where the file says', () => {
    const pools = [
      { registry: 'verisign', min: 3, max: 9 },
      { registry: 'cnnic', min: 3, max: 9 },
    ];
    const pod = podOf(build(aSet({ spec: { pools } })).deployment);
    const sources = new Map(
      pod.volumes?.map(({ name, secret, configMap }) => [name, secret?.secretName ?? configMap?.name]),
    );
    const mounts = pod.containers[0]?.volumeMounts?.map(({ name, mountPath }) => [
      mountPath,
      sources.get(name),
    ]);
    expect(mounts).toEqual([
      ['/etc/eppset/config', 'epp-core-bj-adapter'],
      ['/etc/eppset/accounts/cnnic/credentials', 'cnnic-credentials'],
      ['/etc/eppset/accounts/cnnic/tls', 'client'],
      ['/etc/eppset/accounts/verisign/credentials', 'verisign-credentials'],
      ['/etc/eppset/accounts/verisign/ca', 'verisign-ca'],
      ['/etc/eppset/internal', 'eppset-internal-token'],
    ]);
  });

  it('mounts no token where anyone may call', () => {
    const { volumes } = podOf(build(aSet({ spec: { callers: 'Anyone' } })).deployment);
    expect(volumes?.map(({ name }) => name)).not.toContain('internal');
  });

  it('gives volumes of long registry names legal and different names', () => {
    const names = [`${'r'.repeat(51)}1`, `${'r'.repeat(51)}2`];
    const set = aSet({ spec: { pools: names.map((registry) => ({ registry, min: 3, max: 3 })) } });
    const objects = setObjects(set, byName(...names.map((name) => aRegistry({ name }))), options);
    const pod = podOf(objects.at(-1)?.object as Deployment);
    const volumes = pod.volumes?.map(({ name }) => name) ?? [];
    expect(new Set(volumes).size).toBe(6);
    for (const name of volumes) expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });

  it('meets the restricted Pod Security Standard', () => {
    const pod = podOf(build().deployment);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('waits for the drain', () => {
    expect(podOf(build().deployment).terminationGracePeriodSeconds).toBe(75);
  });

  it('has the replicas of the set, and leaves them alone when the set scales automatically', () => {
    expect(build().deployment.spec?.replicas).toBe(2);
    const autoscaling = { minReplicas: 1, maxReplicas: 4 };
    expect(build(aSet({ spec: { autoscaling } })).deployment.spec).not.toHaveProperty('replicas');
  });

  it('takes the chosen pod fields of the set', () => {
    const template = {
      resources: { requests: { cpu: 2, memory: '1Gi' }, limits: { memory: '2Gi' } },
      nodeSelector: { zone: 'a' },
      tolerations: [{ key: 'epp', operator: 'Exists' }],
      priorityClassName: 'high',
      imagePullSecrets: [{ name: 'pull' }],
      annotations: { 'example.org/team': 'epp', 'eppset.io/set': 'forged' },
    };
    const { deployment } = build(aSet({ spec: { template } }), { imagePullPolicy: 'Never' });
    expect(podOf(deployment)).toMatchObject({
      nodeSelector: { zone: 'a' },
      tolerations: [{ key: 'epp', operator: 'Exists' }],
      priorityClassName: 'high',
      imagePullSecrets: [{ name: 'pull' }],
    });
    expect(podOf(deployment).containers[0]).toMatchObject({
      imagePullPolicy: 'Never',
      resources: { requests: { cpu: '2', memory: '1Gi' }, limits: { memory: '2Gi' } },
    });
    expect(deployment.spec?.template.metadata?.annotations).toMatchObject({
      'example.org/team': 'epp',
      'eppset.io/set': 'epp.core.bj',
    });
  });

  it('rolls its pods when their file changes, and not when they are scaled', () => {
    const before = checksumOf(build().deployment);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(checksumOf(build(aSet({ spec: { replicas: 7 } })).deployment)).toBe(before);
    expect(checksumOf(build(aSet({ spec: { timeouts: { queue: '9s' } } })).deployment)).not.toBe(before);
  });
});

it('lets pods read leases and write their status, and nothing else', () => {
  const { of } = build();
  expect(of<Role>('Role').rules).toEqual([
    { apiGroups: ['eppset.io'], resources: ['eppconnectionleases'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['eppset.io'], resources: ['eppconnectionleases/status'], verbs: ['patch', 'update'] },
  ]);
  const binding = of<RoleBinding>('RoleBinding');
  expect(binding.roleRef.name).toBe('epp-core-bj-adapter');
  expect(binding.subjects).toEqual([
    { kind: 'ServiceAccount', name: 'epp-core-bj-adapter', namespace: 'shop' },
  ]);
});

it('lets pods hold the Lease under which the periodic jobs of their accounts run', () => {
  const polled = { poll: { enabled: true, sink: { stdout: {} } } };
  const { of } = build(aSet(), {}, byName(aRegistry({ spec: polled })));
  expect(of<Role>('Role').rules?.slice(2)).toEqual([
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: ['eppset-jobs-verisign'],
      verbs: ['get', 'update'],
    },
  ]);
});

it('has a Service with one address and one that shows the pods', () => {
  const { of } = build();
  expect(of<Service>('Service', 'epp-core-bj-adapter').spec).toMatchObject({
    type: 'ClusterIP',
    ports: [{ name: 'http', port: 8080, targetPort: 'http' }],
  });
  expect(of<Service>('Service', 'epp-core-bj-adapter').spec).not.toHaveProperty('clusterIP');
  expect(of<Service>('Service', 'epp-core-bj-pods').spec).toMatchObject({ clusterIP: 'None' });
});

it('lets one pod at a time be evicted, and pods that are not ready always', () => {
  expect(build().of<PodDisruptionBudget>('PodDisruptionBudget').spec).toMatchObject({
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  });
});
