import type { V1DeploymentStrategy } from '@kubernetes/client-node';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import { commandLimits, usableConnections } from '../../budget/command-share.ts';
import { poolsWithRegistries, type RegistriesByName } from './adapter-file.ts';

/**
 * How a set's pods are replaced. A new pod is ready with its first connection, so there must be one for it at every account:
 *
 *   every pool's minimum holds all replicas and the surge   new pods first (25 % more), none is missed
 *   a minimum does not                                      one old pod goes, and its connections feed a new one
 *   an account has one connection                           all old pods go first
 *
 * Minimums count, not maximums: what lies between is lent, and a rollout that waits for a loan may wait for ever.
 */
export function rolloutStrategy(set: EppSet, registries: RegistriesByName): V1DeploymentStrategy {
  const { spec } = set;
  const replicas = Math.max(spec.replicas, spec.autoscaling?.maxReplicas ?? 0);
  const surge = Math.ceil(replicas / 4);
  const pools = poolsWithRegistries(set, registries);
  if (pools.some(({ registry }) => usable(registry) <= 1)) return { type: 'Recreate' };
  const fits = pools.every(({ pool }) => pool.min >= replicas + surge);
  return {
    type: 'RollingUpdate',
    rollingUpdate: fits ? { maxSurge: '25%', maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: 1 },
  };
}

function usable({ spec: { connections, commands } }: EppRegistry): number {
  return usableConnections({ ...connections, commands: commandLimits(commands) });
}
