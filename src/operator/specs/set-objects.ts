import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  NETWORK_POLICY,
  POD_DISRUPTION_BUDGET,
  ROLE,
  ROLE_BINDING,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../kube/builtin.ts';
import type { Desired } from '../apply/owned-objects.ts';
import { adapterFile, CONFIG_FILE, type RegistriesByName } from './adapter-file.ts';
import { sha256 } from './canonical.ts';
import { configMap } from './config-map.ts';
import { deployment } from './deployment.ts';
import { fileText } from './file-text.ts';
import { ownedMeta, podSelector } from './labels.ts';
import { setObjectNames } from './names.ts';
import { adapterNetworkPolicy, type WithNetworkPolicies } from './network-policy.ts';
import type { PodImage } from './pod.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';
import { role } from './role.ts';
import { roleBinding } from './role-binding.ts';
import { clusterService, headlessService } from './service.ts';
import { serviceAccount } from './service-account.ts';

export interface SetObjectsOptions extends PodImage, WithNetworkPolicies {
  timeScale: number;
  /** Of the egress proxies; false: there are none here, and every connection is direct. */
  egressImage?: string | false;
}

/** All that a set consists of, in the order of creation: what pods need comes before the Deployment. */
export function setObjects(
  set: EppSet,
  registries: RegistriesByName,
  { networkPolicies, ...options }: SetObjectsOptions,
): Desired[] {
  const text = fileText(adapterFile(set, registries, options));
  const configChecksum = sha256(text);
  const names = setObjectNames(set.metadata.name);
  const selector = podSelector(set);
  const metadata = ownedMeta(set, names.adapter);
  // Kept through a deletion in the foreground or of the namespace, until the pods have reported their connections released.
  const held = { ...metadata, finalizers: [FINALIZER.drain] };
  return [
    { resource: SERVICE_ACCOUNT, object: serviceAccount(held) },
    { resource: ROLE, object: role(set, registries) },
    { resource: ROLE_BINDING, object: roleBinding(held) },
    { resource: CONFIG_MAP, object: configMap(metadata, CONFIG_FILE, text) },
    { resource: SERVICE, object: clusterService(metadata, selector) },
    { resource: SERVICE, object: headlessService(ownedMeta(set, names.pods), selector) },
    { resource: POD_DISRUPTION_BUDGET, object: podDisruptionBudget(metadata, selector) },
    ...(networkPolicies
      ? [{ resource: NETWORK_POLICY, object: adapterNetworkPolicy(set, registries, networkPolicies) }]
      : []),
    { resource: DEPLOYMENT, object: deployment(set, registries, { ...options, configChecksum }) },
  ];
}
