/** What people are told of an account's egress proxies, and when sets may be led to them. Pure. */
import type { Condition } from '../../api/v1alpha1/condition.ts';
import { findCondition } from '../../api/v1alpha1/conditions.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { Deployment } from '../../kube/builtin.ts';
import type { Update } from '../status/workload-conditions.ts';

const type = 'EgressReady';

/** Of `EgressReady` in mode nginx; Starting until the first proxy was ready, ever since ProxiesReady or ProxiesNotReady. */
export function proxiesCondition(
  deployment: Deployment | undefined,
  previous: readonly Condition[] | undefined,
): Update {
  const { availableReplicas: ready = 0 } = deployment?.status ?? {};
  const message = `${ready} of ${deployment?.spec?.replicas ?? 0} proxies are ready`;
  if (ready > 0) return { type, status: 'True', reason: 'ProxiesReady', message };
  return isInUse(previous)
    ? {
        type,
        status: 'False',
        reason: 'ProxiesNotReady',
        message: `${message}: nothing reaches the registry`,
      }
    : { type, status: 'Unknown', reason: 'Starting', message: `${message}: sets wait for the first` };
}

export function notSupported(): Update {
  const message = 'this operator makes no proxies (try, or --egress-image none): connections are direct';
  return { type, status: 'False', reason: 'NotSupported', message };
}

export function refusedEgress({ reason, message }: { reason: string; message: string }): Update {
  return { type, status: 'False', reason, message };
}

/** Back in mode direct while adapters still go through the proxies. */
export function leaving(users: readonly string[]): Update {
  const message = `spec.egress.mode is direct: the proxies go when ${users.join(', ')} ${users.length === 1 ? 'has' : 'have'} left them`;
  return { type, status: 'Unknown', reason: 'Leaving', message };
}

/** Undefined while nobody ever asked for proxies; once told, it stays. */
export function direct(previous: readonly Condition[] | undefined): Update | undefined {
  if (findCondition(previous, type) === undefined) return undefined;
  return {
    type,
    status: 'Unknown',
    reason: 'Direct',
    message: 'connections are direct: there are no proxies',
  };
}

/** Why sets have to wait before they go through the account's proxies; undefined where they may. */
export function egressToWaitFor({ metadata, spec, status }: EppRegistry): string | undefined {
  if (spec.egress.mode !== 'nginx' || isInUse(status?.conditions)) return undefined;
  return `the egress proxies of EppRegistry ${metadata.name} are not ready yet: see its condition EgressReady`;
}

/** Once a proxy was ready, sets go through them whether or not one is: the registry may know no other addresses of ours. */
function isInUse(conditions: readonly Condition[] | undefined): boolean {
  const told = findCondition(conditions, type);
  return told?.status === 'True' || told?.reason === 'ProxiesNotReady';
}
