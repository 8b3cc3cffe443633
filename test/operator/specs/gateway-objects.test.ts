import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gatewayFile as schema } from '../../../src/api/files/gateway-file.ts';
import type { EppGateway } from '../../../src/api/v1alpha1/gateway.ts';
import type { Deployment, Ingress, Role, Service } from '../../../src/kube/builtin.ts';
import { canonicalJson } from '../../../src/operator/specs/canonical.ts';
import { fileText } from '../../../src/operator/specs/file-text.ts';
import { gatewayFile, type RolloutNow } from '../../../src/operator/specs/gateway/file.ts';
import { gatewayObjects } from '../../../src/operator/specs/gateway/objects.ts';
import { aGateway } from '../samples.ts';

const accreditations = new Map([
  ['verisign', 'shop'],
  ['second', 'other'],
]);
const LEGACY = { url: 'http://old' };

function build(spec: object = {}, now?: RolloutNow) {
  const gateway = aGateway({ spec });
  const file = gatewayFile(gateway, accreditations, now);
  const objects = gatewayObjects(gateway, file, { image: 'eppset:1' });
  const of = <T>(kind: string, name?: string) =>
    objects
      .map(({ object }) => object)
      .find((o) => o.kind === kind && (!name || o.metadata.name === name)) as T;
  return { file: schema.parse(parse(fileText(file))), objects, of, deployment: of<Deployment>('Deployment') };
}

const names = ({ objects }: ReturnType<typeof build>) =>
  objects.map(({ object }) => `${object.kind} ${object.metadata.name}`);

describe('the objects of a gateway', () => {
  it('are these, what pods need first', () => {
    expect(names(build())).toEqual([
      'ServiceAccount front-gateway',
      'Role front-gateway',
      'RoleBinding front-gateway',
      'ConfigMap front-gateway',
      'Service front-gateway',
      'Service front-gateway-pods',
      'PodDisruptionBudget front-gateway',
      'Deployment front-gateway',
    ]);
  });

  it('are without a disruption budget for one pod, and with an Ingress for who wants one', () => {
    const made = build({
      replicas: 1,
      ingress: { host: 'epp.example', className: 'nginx', tlsSecretName: 'tls' },
    });
    expect(names(made)).not.toContain('PodDisruptionBudget front-gateway');
    expect(made.of<Ingress>('Ingress').spec).toEqual({
      ingressClassName: 'nginx',
      rules: [
        {
          host: 'epp.example',
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 'front-gateway', port: { name: 'http' } } },
              },
            ],
          },
        },
      ],
      tls: [{ hosts: ['epp.example'], secretName: 'tls' }],
    });
  });

  it('all belong to the gateway, and none to a set', () => {
    for (const { object } of build().objects) {
      expect(object.metadata.ownerReferences?.[0]?.kind).toBe('EppGateway');
      expect(object.metadata.labels?.['eppset.io/gateway']).toBe('front');
      expect(Object.keys(object.metadata.labels ?? {})).not.toContainEqual(
        expect.stringMatching(/set-|enable-set/),
      );
    }
  });

  it('serve at the port of sets, by one address and one by one', () => {
    const { of } = build();
    const ports = [{ name: 'http', port: 8080, targetPort: 'http' }];
    expect(of<Service>('Service', 'front-gateway').spec).toMatchObject({ type: 'ClusterIP', ports });
    expect(of<Service>('Service', 'front-gateway-pods').spec).toMatchObject({ clusterIP: 'None', ports });
  });

  it('let pods see instances and their own file, and nothing else', () => {
    expect(build().of<Role>('Role').rules).toEqual([
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['front-gateway'],
        verbs: ['get', 'list', 'watch'],
      },
    ]);
  });

  it('let them keep registered instances where callers authenticate', () => {
    const { of } = build({ authentication: { apiKeys: { secretName: 'callers' } } });
    expect(of<Role>('Role').rules?.slice(2)).toEqual([
      {
        apiGroups: ['discovery.k8s.io'],
        resources: ['endpointslices'],
        verbs: ['create', 'delete', 'update'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['create', 'delete', 'get', 'list', 'update', 'watch'],
      },
    ]);
  });
});

describe('the Deployment', () => {
  it('runs the gateway on its file, beside the token and who may call', () => {
    const spec = build({
      authentication: {
        jwt: { issuer: 'i', audience: 'a', secretName: 'signer' },
        apiKeys: { secretName: 'callers' },
      },
    }).deployment.spec;
    expect(spec?.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
    const pod = spec?.template.spec;
    expect(pod?.containers[0]).toMatchObject({
      name: 'gateway',
      args: ['gateway', '--config', '/etc/eppset/config/gateway.yaml'],
      readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
    });
    expect(pod?.serviceAccountName).toBe('front-gateway');
    const secrets = new Map(pod?.volumes?.map(({ name, secret }) => [name, secret?.secretName]));
    expect(
      pod?.containers[0]?.volumeMounts?.map(({ name, mountPath }) => [mountPath, secrets.get(name)]),
    ).toEqual([
      ['/etc/eppset/config', undefined],
      ['/etc/eppset/internal', 'eppset-internal-token'],
      ['/etc/eppset/auth/jwt', 'signer'],
      ['/etc/eppset/auth/api-keys', 'callers'],
    ]);
  });

  it.each<[string, object]>([
    ['businesses', { businesses: [{ name: 'all', default: true }] }],
    ['routes', { routes: [{ tlds: ['org'], registries: [{ name: 'second', weight: 3 }] }] }],
    ['a percentage', { rollout: { percent: 3, legacy: LEGACY } }],
    ['switches', { switches: { query: false } }],
    ['limits', { limits: { perCaller: { concurrent: 3 } } }],
    ['timeouts', { timeouts: { request: '10m' } }],
    ['degradation', { degradation: { watch: 'core', above: 80 } }],
    [
      'fallback, balancing and ejection',
      { fallback: { when: 'gradual' }, balancing: { policy: 'hash' }, ejection: { consecutiveFailures: 9 } },
    ],
    ['retries and actions', { retries: { attempts: 0 }, actions: false, strict: true }],
  ])('has a template that does not change with %s', (_, spec) => {
    const [before, after] = [build(), build(spec, { percent: 3, halted: false })];
    expect(fileText(after.file)).not.toBe(fileText(before.file));
    expect(canonicalJson(after.deployment)).toBe(canonicalJson(before.deployment));
  });

  it.each<[string, object]>([
    ['who may call', { authentication: { jwt: { issuer: 'i', audience: 'a', jwksUrl: 'https://keys' } } }],
    ['tracing', { tracing: { otlpUrl: 'http://collector:4318/v1/traces' } }],
    ['the pod fields that can be chosen', { template: { nodeSelector: { zone: 'a' } } }],
  ])('has one that changes with %s', (_, spec) => {
    expect(canonicalJson(build(spec).deployment)).not.toBe(canonicalJson(build().deployment));
  });
});

describe('the gateway’s file', () => {
  const EVERYTHING: Partial<EppGateway['spec']> | object = {
    routes: [{ tlds: ['net', 'com'], registries: [{ name: 'second' }, { name: 'verisign', weight: 0 }] }],
    timeouts: { request: '20s', commands: { 'domain:check': '1s' } },
    retries: { hedgeReadsAfter: '50ms' },
    limits: { perCaller: { requestsPerSecond: 5, burst: 9 }, businesses: { core: { concurrent: 4 } } },
    authentication: {
      jwt: { issuer: 'i', audience: 'a', secretName: 'signer' },
      apiKeys: { secretName: 'callers' },
    },
    tracing: { otlpUrl: 'http://collector:4318/v1/traces', samplePercent: 5 },
    degradation: { watch: 'core', above: 80, shed: { query: 50 }, staleChecksFor: '30s' },
    switches: { core: true },
    rollout: {
      percent: 50,
      key: 'uin',
      legacy: LEGACY,
      shadow: { percent: 5 },
      overrides: [{ tld: 'com', percent: 100 }],
    },
  };

  it('is what gateways read, of everything that can be said', () => {
    expect(build(EVERYTHING, { percent: 50, halted: false }).file).toMatchObject({
      name: 'front',
      prefix: 'epp',
      region: 'bj',
      discovery: { mode: 'kubernetes', configMap: 'front-gateway' },
      routes: [
        {
          tlds: ['com', 'net'],
          accounts: [
            { name: 'second', accreditation: 'other', weight: 100 },
            { name: 'verisign', accreditation: 'shop', weight: 0 },
          ],
        },
      ],
      timeouts: { request: '20s', commands: { 'domain:check': '1s' } },
      retries: { attempts: 2, hedgeReadsAfter: '50ms' },
      limits: { perCaller: { requestsPerSecond: 5, burst: 9 }, businesses: { core: { concurrent: 4 } } },
      internalToken: { dir: '../internal' },
      authentication: {
        jwt: { issuer: 'i', audience: 'a', secretDir: '../auth/jwt' },
        apiKeys: { dir: '../auth/api-keys' },
      },
      tracing: { samplePercent: 5 },
      degradation: { watch: 'core', above: 80, shed: { query: 50 }, staleChecksFor: '30s' },
      switches: { core: true },
      rollout: {
        percent: 50,
        key: 'uin',
        legacy: LEGACY,
        shadow: { percent: 5 },
        overrides: [{ tld: 'com', percent: 100 }],
      },
    });
  });

  it('drops overrides while everything takes the legacy path', () => {
    expect(build(EVERYTHING, { percent: 0, halted: true }).file.rollout).toMatchObject({
      percent: 0,
      overrides: [],
    });
  });

  it('has the guard while there are steps', () => {
    const steps = [{ percent: 1, hold: '1m' }];
    const rollout = { steps, legacy: LEGACY, bounds: { maxErrorPercent: 2 } };
    expect(build({ rollout }, { percent: 1, halted: false, run: 'abc' }).file.rollout).toMatchObject({
      percent: 1,
      guard: { run: 'abc', maxErrorPercent: 2, maxP99Percent: 150, minRequests: 20, window: '30s' },
    });
  });

  it('names no Secret and holds none', () => {
    expect(fileText(build(EVERYTHING, { percent: 50, halted: false }).file)).not.toMatch(/signer|callers/);
  });
});
