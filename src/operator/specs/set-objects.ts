import type { EppSet } from '../../api/v1alpha1/set.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  POD_DISRUPTION_BUDGET,
  ROLE,
  ROLE_BINDING,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../kube/builtin.ts';
import type { KubeObject, Resource } from '../../kube/objects.ts';
import { adapterFile, adapterFileText, type RegistriesByName } from './adapter-file.ts';
import { sha256 } from './canonical.ts';
import { configMap } from './config-map.ts';
import { deployment, type PodImage } from './deployment.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';
import { role } from './role.ts';
import { roleBinding } from './role-binding.ts';
import { clusterService, headlessService } from './service.ts';
import { serviceAccount } from './service-account.ts';

/** An object that shall exist, and as which kind. */
export interface Desired {
  resource: Resource;
  object: KubeObject;
}

export interface SetObjectsOptions extends PodImage {
  timeScale: number;
}

/** Every kind that a set may own: where leftovers are looked for. */
export const OWNED_KINDS: readonly Resource[] = [
  SERVICE_ACCOUNT,
  ROLE,
  ROLE_BINDING,
  CONFIG_MAP,
  SERVICE,
  POD_DISRUPTION_BUDGET,
  DEPLOYMENT,
];

/** All that a set consists of, in the order of creation: what pods need comes before the Deployment. */
export function setObjects(set: EppSet, registries: RegistriesByName, options: SetObjectsOptions): Desired[] {
  const text = adapterFileText(adapterFile(set, registries, options));
  const configChecksum = sha256(text);
  return [
    { resource: SERVICE_ACCOUNT, object: serviceAccount(set) },
    { resource: ROLE, object: role(set, registries) },
    { resource: ROLE_BINDING, object: roleBinding(set) },
    { resource: CONFIG_MAP, object: configMap(set, text) },
    { resource: SERVICE, object: clusterService(set) },
    { resource: SERVICE, object: headlessService(set) },
    { resource: POD_DISRUPTION_BUDGET, object: podDisruptionBudget(set) },
    { resource: DEPLOYMENT, object: deployment(set, registries, { ...options, configChecksum }) },
  ];
}
