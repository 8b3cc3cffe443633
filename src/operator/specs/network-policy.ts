/** Who may talk to whom, for pod networks that enforce it. NetworkPolicies know pods, addresses and ports, but no host names. */
import type { V1NetworkPolicyEgressRule, V1NetworkPolicyPeer } from '@kubernetes/client-node';
import type { EppGateway } from '../../api/v1alpha1/gateway.ts';
import { FIELD_MANAGER, LABEL } from '../../api/v1alpha1/labels.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { NetworkPolicy } from '../../kube/builtin.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { poolsWithRegistries, type RegistriesByName } from './adapter-file.ts';
import { EGRESS_PORT } from './egress/nginx-conf.ts';
import { gatewayMeta, gatewaySelector } from './gateway/labels.ts';
import { COMPONENT_ADAPTER, COMPONENT_EGRESS, COMPONENT_GATEWAY, ownedMeta, podSelector } from './labels.ts';
import { gatewayObjectNames, setObjectNames } from './names.ts';
import { HTTP_PORT } from './pod.ts';

export interface NetworkPolicySettings {
  /** By labels, whose pods may read metrics; nobody's by default. Pods and gateways share one port with them. */
  monitoring?: { namespaces: Record<string, string>; pods: Record<string, string> } | undefined;
}

/** For what renders them only where that was asked for. */
export interface WithNetworkPolicies {
  networkPolicies?: NetworkPolicySettings | undefined;
}

/** The API server's Service, and where it listens itself: a policy is asked after the one was translated to the other. */
const API_PORTS = [443, 6443];
const DNS: V1NetworkPolicyEgressRule = {
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
};

/** Called by gateways, by each other and for their metrics; call registries, webhooks, Valkey, DNS and the API. */
export function adapterNetworkPolicy(
  set: EppSet,
  registries: RegistriesByName,
  { monitoring }: NetworkPolicySettings,
): NetworkPolicy {
  const accounts = poolsWithRegistries(set, registries).map(({ registry }) => registry.spec);
  const { valkey } = set.spec.idempotency;
  const siblings = { podSelector: { matchLabels: podSelector(set) } };
  return policy(ownedMeta(set, setObjectNames(set.metadata.name).adapter), podSelector(set), {
    from:
      set.spec.callers === 'Anyone'
        ? undefined
        : [component(COMPONENT_GATEWAY), siblings, ...scrapers(monitoring)],
    port: HTTP_PORT,
    egress: [
      DNS,
      to(undefined, [
        ...API_PORTS,
        ...accounts.map(({ endpoint }) => endpoint.port),
        ...accounts.flatMap(({ poll }) => (poll.enabled ? portOf(poll.sink?.webhook?.url) : [])),
        ...(valkey ? [valkey.port] : []),
      ]),
      to([siblings], [HTTP_PORT]),
      // Also while no account has proxies: older pods may go through them yet.
      to([component(COMPONENT_EGRESS)], [EGRESS_PORT]),
    ],
  });
}

/** Called by everybody; call adapters, the older system, DNS, the API, and where keys are and spans go. */
export function gatewayNetworkPolicy(gateway: EppGateway): NetworkPolicy {
  const { rollout, authentication, tracing } = gateway.spec;
  const urls = [rollout?.legacy?.url, authentication?.jwt?.jwksUrl, tracing?.otlpUrl];
  const metadata = gatewayMeta(gateway, gatewayObjectNames(gateway.metadata.name).gateway);
  return policy(metadata, gatewaySelector(gateway), {
    from: undefined,
    port: HTTP_PORT,
    egress: [
      DNS,
      to(undefined, [...API_PORTS, ...urls.flatMap(portOf)]),
      to([component(COMPONENT_ADAPTER)], [HTTP_PORT]),
    ],
  });
}

/** Called by adapters; call one registry, and DNS. */
export function egressNetworkPolicy(
  metadata: ObjectMeta,
  selector: Record<string, string>,
  { spec }: EppRegistry,
): NetworkPolicy {
  return policy(metadata, selector, {
    from: [component(COMPONENT_ADAPTER)],
    port: EGRESS_PORT,
    egress: [DNS, to(undefined, [spec.endpoint.port])],
  });
}

interface Traffic {
  /** Undefined: everybody. */
  from: V1NetworkPolicyPeer[] | undefined;
  port: number;
  egress: V1NetworkPolicyEgressRule[];
}

function policy(
  metadata: ObjectMeta,
  selector: Record<string, string>,
  { from, port, egress }: Traffic,
): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ port, protocol: 'TCP' }], ...(from && { from }) }],
      egress,
    },
  };
}

/** Our pods of this kind in the same namespace. */
function component(name: string): V1NetworkPolicyPeer {
  return {
    podSelector: {
      matchLabels: { [LABEL.component]: name, [LABEL.managedBy]: FIELD_MANAGER.objects },
    },
  };
}

function scrapers(monitoring: NetworkPolicySettings['monitoring']): V1NetworkPolicyPeer[] {
  if (monitoring === undefined) return [];
  const { namespaces, pods } = monitoring;
  return [
    {
      namespaceSelector: { matchLabels: namespaces },
      ...(Object.keys(pods).length > 0 && { podSelector: { matchLabels: pods } }),
    },
  ];
}

function to(peers: V1NetworkPolicyPeer[] | undefined, ports: readonly number[]): V1NetworkPolicyEgressRule {
  const distinct = [...new Set(ports)].sort((a, b) => a - b);
  return { ...(peers && { to: peers }), ports: distinct.map((port) => ({ port, protocol: 'TCP' })) };
}

function portOf(url: string | undefined): number[] {
  if (url === undefined) return [];
  const { port, protocol } = new URL(url);
  return [port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)];
}
