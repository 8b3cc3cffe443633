import { sha256 } from './canonical.ts';

/** Longest name of a Service and of a volume. */
const MAX_LENGTH = 63;
const HASH_LENGTH = 8;
/** RFC 1035 label: what Services ask for, the strictest of the kinds that we create. */
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/**
 * `base` + `suffix` as a DNS label of at most 63 characters. A base that is no such label, or too long for it, is cut and told
 * apart by a hash of all of it.
 */
export function dnsLabel(base: string, suffix: string): string {
  if (DNS_LABEL.test(base) && base.length + suffix.length <= MAX_LENGTH) return base + suffix;
  const hash = sha256(base).slice(0, HASH_LENGTH);
  const clean = base.replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, '');
  const cut = clean.slice(0, MAX_LENGTH - suffix.length - HASH_LENGTH - 1).replace(/-+$/, '');
  return `${cut || 'x'}-${hash}${suffix}`;
}

export function isLabelValue(text: string): boolean {
  return text.length <= MAX_LENGTH && LABEL_VALUE.test(text);
}

/** Names of what the operator creates for a set. */
export interface SetObjectNames {
  /** Of the Deployment, ConfigMap, ServiceAccount, Role, RoleBinding, PodDisruptionBudget and the Service with a cluster IP. */
  adapter: string;
  /** Of the headless Service, through which gateways see the pods one by one. */
  pods: string;
}

export function setObjectNames(set: string): SetObjectNames {
  return { adapter: dnsLabel(set, '-adapter'), pods: dnsLabel(set, '-pods') };
}

/** Name of all that the operator creates for the egress of an account; its Service is headless. */
export function egressName(registry: string): string {
  return dnsLabel(registry, '-egress');
}

/** Names of what the operator creates for a gateway. */
export interface GatewayObjectNames {
  /** Of the Deployment, ConfigMap, ServiceAccount, Role, RoleBinding, PodDisruptionBudget, Ingress and the Service that is called. */
  gateway: string;
  /** Of the headless Service. */
  pods: string;
}

export function gatewayObjectNames(gateway: string): GatewayObjectNames {
  return { gateway: dnsLabel(gateway, '-gateway'), pods: dnsLabel(gateway, '-gateway-pods') };
}
