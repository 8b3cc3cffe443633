import type { GatewayFileInput } from '../../../api/files/gateway-file.ts';
import type { EppGateway } from '../../../api/v1alpha1/gateway.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  INGRESS,
  NETWORK_POLICY,
  POD_DISRUPTION_BUDGET,
  ROLE,
  ROLE_BINDING,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../kube/builtin.ts';
import type { Desired } from '../../apply/owned-objects.ts';
import { configMap } from '../config-map.ts';
import { fileText } from '../file-text.ts';
import { gatewayObjectNames } from '../names.ts';
import { gatewayNetworkPolicy, type WithNetworkPolicies } from '../network-policy.ts';
import type { PodImage } from '../pod.ts';
import { podDisruptionBudget } from '../pod-disruption-budget.ts';
import { roleBinding } from '../role-binding.ts';
import { clusterService, headlessService } from '../service.ts';
import { serviceAccount } from '../service-account.ts';
import { gatewayDeployment } from './deployment.ts';
import { GATEWAY_CONFIG_FILE, startChecksum } from './file.ts';
import { gatewayIngress } from './ingress.ts';
import { gatewayMeta, gatewaySelector } from './labels.ts';
import { gatewayRole } from './role.ts';

/**
 * All that a gateway consists of, in the order of creation. No finalizer is on any of it: a gateway holds no connection to a registry, so
 * the garbage collector may take everything at once.
 */
export function gatewayObjects(
  gateway: EppGateway,
  file: GatewayFileInput,
  { networkPolicies, ...image }: PodImage & WithNetworkPolicies,
): Desired[] {
  const { replicas, ingress } = gateway.spec;
  const names = gatewayObjectNames(gateway.metadata.name);
  const selector = gatewaySelector(gateway);
  const metadata = gatewayMeta(gateway, names.gateway);
  const configChecksum = startChecksum(file);
  return [
    { resource: SERVICE_ACCOUNT, object: serviceAccount(metadata) },
    { resource: ROLE, object: gatewayRole(gateway) },
    { resource: ROLE_BINDING, object: roleBinding(metadata) },
    { resource: CONFIG_MAP, object: configMap(metadata, GATEWAY_CONFIG_FILE, fileText(file)) },
    { resource: SERVICE, object: clusterService(metadata, selector) },
    { resource: SERVICE, object: headlessService(gatewayMeta(gateway, names.pods), selector) },
    // One pod alone could never be evicted in peace.
    ...(replicas < 2
      ? []
      : [{ resource: POD_DISRUPTION_BUDGET, object: podDisruptionBudget(metadata, selector) }]),
    ...(ingress ? [{ resource: INGRESS, object: gatewayIngress(gateway, ingress) }] : []),
    ...(networkPolicies ? [{ resource: NETWORK_POLICY, object: gatewayNetworkPolicy(gateway) }] : []),
    { resource: DEPLOYMENT, object: gatewayDeployment(gateway, { ...image, configChecksum }) },
  ];
}
