import { EPP_CONNECTION_LEASE } from '../../api/v1alpha1/connection-lease.ts';
import { GROUP } from '../../api/v1alpha1/group.ts';
import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import { jobsLeaseName } from '../../api/v1alpha1/lease-names.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { Role } from '../../kube/builtin.ts';
import { poolsWithRegistries, type RegistriesByName } from './adapter-file.ts';
import { ownedMeta } from './labels.ts';
import { setObjectNames } from './names.ts';

/**
 * What a set's pods may do: read leases and write the status of leases, nothing else; and hold the Lease of an account whose
 * periodic jobs they run, where there are any. That a pod writes the lease of its own UID only
 * is the admission policy's part: RBAC cannot say it.
 */
export function role(set: EppSet, registries: RegistriesByName): Role {
  const { plural } = EPP_CONNECTION_LEASE;
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: {
      ...ownedMeta(set, setObjectNames(set.metadata.name).adapter),
      finalizers: [FINALIZER.drain],
    },
    rules: [
      { apiGroups: [GROUP], resources: [plural], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [GROUP], resources: [`${plural}/status`], verbs: ['patch', 'update'] },
      ...jobsRules(set, registries),
    ],
  };
}

function jobsRules(set: EppSet, registries: RegistriesByName): NonNullable<Role['rules']> {
  const names = poolsWithRegistries(set, registries)
    .filter(
      ({ registry: { spec } }) => spec.poll.enabled || spec.jobs.balance.enabled || spec.jobs.canary.enabled,
    )
    .map(({ registry }) => jobsLeaseName(registry.metadata.name));
  if (names.length === 0) return [];
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
  return [
    // A name cannot be asked of what is not there yet
    { ...leases, verbs: ['create'] },
    { ...leases, resourceNames: names, verbs: ['get', 'update'] },
  ];
}
