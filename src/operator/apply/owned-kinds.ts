import {
  CONFIG_MAP,
  DEPLOYMENT,
  INGRESS,
  POD_DISRUPTION_BUDGET,
  ROLE,
  ROLE_BINDING,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../kube/builtin.ts';
import type { Resource } from '../../kube/objects.ts';

/** Every kind that a set or a gateway may own: where leftovers are looked for. NetworkPolicies are looked for where they were asked for. */
export const OWNED_KINDS: readonly Resource[] = [
  SERVICE_ACCOUNT,
  ROLE,
  ROLE_BINDING,
  CONFIG_MAP,
  SERVICE,
  POD_DISRUPTION_BUDGET,
  DEPLOYMENT,
  INGRESS,
];
