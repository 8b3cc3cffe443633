import { describe, expect, it } from 'vitest';
import type { EppSet } from '../../../src/api/v1alpha1/set.ts';
import type { NetworkPolicy } from '../../../src/kube/builtin.ts';
import { egressObjects } from '../../../src/operator/specs/egress/objects.ts';
import {
  adapterNetworkPolicy,
  gatewayNetworkPolicy,
  type NetworkPolicySettings,
} from '../../../src/operator/specs/network-policy.ts';
import { setObjects } from '../../../src/operator/specs/set-objects.ts';
import { aGateway, aRegistry, aSet, byName } from '../samples.ts';

const ofSet = (spec: object = {}, settings: NetworkPolicySettings = {}, registry: object = {}) =>
  adapterNetworkPolicy(aSet({ spec }), byName(aRegistry({ spec: registry })), settings);
const ofGateway = (spec: object = {}) => gatewayNetworkPolicy(aGateway({ spec }));

const from = ({ spec }: NetworkPolicy) => spec.ingress?.map((rule) => rule.from);
/** TCP ports that are open to any address. */
const anywhere = ({ spec }: NetworkPolicy) =>
  (spec.egress ?? [])
    .filter(({ to }) => to === undefined)
    .flatMap(({ ports = [] }) => ports)
    .filter(({ protocol, port }) => protocol === 'TCP' && port !== 53)
    .map(({ port }) => port);

const pods = (labels: object) => ({ podSelector: { matchLabels: labels } });
const ours = (component: string) =>
  pods({ 'app.kubernetes.io/component': component, 'app.kubernetes.io/managed-by': 'eppset' });
const siblings = pods({
  'app.kubernetes.io/component': 'adapter',
  'eppset.io/set-object': 'epp-core-bj',
});

describe('the policy of a set', () => {
  it('lets in gateways and adapters of the set alone, on one port', () => {
    const { metadata, spec } = ofSet();
    expect(metadata).toMatchObject({
      name: 'epp-core-bj-adapter',
      ownerReferences: [{ kind: 'EppSet', name: 'epp-core-bj', controller: true }],
    });
    expect(spec.podSelector).toEqual(siblings.podSelector);
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(spec.ingress).toEqual([
      { ports: [{ port: 8080, protocol: 'TCP' }], from: [ours('gateway'), siblings] },
    ]);
  });

  it('lets in who reads metrics, where they are named', () => {
    const namespaces = { 'kubernetes.io/metadata.name': 'monitoring' };
    const namespaceSelector = { matchLabels: namespaces };
    expect(from(ofSet({}, { monitoring: { namespaces, pods: {} } }))?.[0]?.at(-1)).toEqual({
      namespaceSelector,
    });
    expect(from(ofSet({}, { monitoring: { namespaces, pods: { app: 'prometheus' } } }))?.[0]?.at(-1)).toEqual(
      { namespaceSelector, ...pods({ app: 'prometheus' }) },
    );
  });

  it('lets in everybody where anyone may call', () => {
    expect(from(ofSet({ callers: 'Anyone' }))).toEqual([undefined]);
  });

  it.each<[string, object, object, number[]]>([
    ['the API and the registry', {}, {}, [443, 700, 6443]],
    ['a registry elsewhere', {}, { endpoint: { host: 'epp.example', port: 3121 } }, [443, 3121, 6443]],
    [
      'a webhook',
      {},
      { poll: { enabled: true, sink: { webhook: { url: 'http://orders.shop:9000/poll' } } } },
      [443, 700, 6443, 9000],
    ],
    [
      'a webhook that nothing is sent to',
      {},
      { poll: { enabled: false, sink: { webhook: { url: 'http://orders.shop/poll' } } } },
      [443, 700, 6443],
    ],
    ['a Valkey', { idempotency: { valkey: { host: 'valkey' } } }, {}, [443, 700, 6379, 6443]],
  ])('lets out to %s', (_what, set, registry, ports) => {
    expect(anywhere(ofSet(set, {}, registry))).toEqual(ports);
  });

  it('lets out to DNS, to each other, and to egress proxies', () => {
    const { egress } = ofSet().spec;
    expect(egress?.[0]).toEqual({
      ports: [
        { port: 53, protocol: 'UDP' },
        { port: 53, protocol: 'TCP' },
      ],
    });
    expect(egress?.slice(2)).toEqual([
      { to: [siblings], ports: [{ port: 8080, protocol: 'TCP' }] },
      { to: [ours('egress')], ports: [{ port: 7000, protocol: 'TCP' }] },
    ]);
  });

  it('is there before the pods, and only where it was asked for', () => {
    const kinds = (options: object) =>
      setObjects(aSet() as EppSet, byName(aRegistry()), { image: 'x', timeScale: 1, ...options }).map(
        ({ object }) => object.kind,
      );
    expect(kinds({})).not.toContain('NetworkPolicy');
    expect(kinds({ networkPolicies: {} }).slice(-2)).toEqual(['NetworkPolicy', 'Deployment']);
  });
});

describe('the policy of a gateway', () => {
  it('lets in everybody, and out to adapters', () => {
    const policy = ofGateway();
    expect(from(policy)).toEqual([undefined]);
    expect(policy.spec.egress?.at(-1)).toEqual({
      to: [ours('adapter')],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
    expect(anywhere(policy)).toEqual([443, 6443]);
  });

  it('lets out to the older system, to where keys are and spans go', () => {
    const policy = ofGateway({
      rollout: { percent: 10, legacy: { url: 'http://old-epp' } },
      authentication: { jwt: { issuer: 'i', audience: 'a', jwksUrl: 'https://keys.example:8443/jwks' } },
      tracing: { otlpUrl: 'http://collector:4318/v1/traces' },
    });
    expect(anywhere(policy)).toEqual([80, 443, 4318, 6443, 8443]);
  });
});

it('the policy of egress proxies lets in adapters, and out to the registry', () => {
  const registry = aRegistry({
    spec: { egress: { mode: 'nginx' }, endpoint: { host: 'epp.example', port: 3121 } },
  });
  const [policy] = egressObjects(registry, 'nginx', { networkPolicies: {} })
    .map(({ object }) => object as NetworkPolicy)
    .filter(({ kind }) => kind === 'NetworkPolicy');
  expect(policy?.spec.ingress).toEqual([
    { ports: [{ port: 7000, protocol: 'TCP' }], from: [ours('adapter')] },
  ]);
  expect(anywhere(policy as NetworkPolicy)).toEqual([3121]);
  expect(egressObjects(registry, 'nginx').map(({ object }) => object.kind)).not.toContain('NetworkPolicy');
});
