/** What the deployment controller does next: a pure function of the pods that are there. */
import type { V1DeploymentStrategy } from '@kubernetes/client-node';

export interface PlannedPod {
  readonly name: string;
  /** Hash of the template that it was made of. */
  readonly hash: string;
  readonly ready: boolean;
  /** It is to go: counted as gone, but its name is taken and what it holds is held. */
  readonly terminating: boolean;
  /** Bigger is younger. */
  readonly born: number;
}

export interface RolloutInput {
  readonly replicas: number;
  /** Hash of the present template. */
  readonly hash: string;
  readonly strategy: Strategy;
  readonly pods: readonly PlannedPod[];
}

export type Strategy =
  | { readonly type: 'Recreate' }
  | { readonly type: 'RollingUpdate'; readonly maxSurge: number; readonly maxUnavailable: number };

export interface RolloutPlan {
  /** How many pods of the present template to make. */
  readonly create: number;
  /** Names of pods to delete. */
  readonly remove: readonly string[];
}

/**
 * As kube-controller-manager does it: during a rolling update there are never more than replicas + maxSurge pods, and never fewer than
 * replicas − maxUnavailable ready ones by our doing; Recreate makes no new pod while an old one is there. Pods that terminate count for
 * Recreate alone.
 */
export function planRollout({ replicas, hash, strategy, pods }: RolloutInput): RolloutPlan {
  const active = pods.filter((pod) => !pod.terminating);
  const fresh = active.filter((pod) => pod.hash === hash);
  const old = active.filter((pod) => pod.hash !== hash);
  const excess = [...fresh].sort(firstToGo).slice(0, Math.max(0, fresh.length - replicas));
  if (strategy.type === 'Recreate') {
    const isFree = pods.every((pod) => pod.hash === hash);
    return {
      create: isFree ? Math.max(0, replicas - fresh.length) : 0,
      remove: namesOf([...excess, ...old]),
    };
  }
  const room = replicas + strategy.maxSurge - active.length;
  const create = Math.max(0, Math.min(replicas - fresh.length, room));
  const kept = active.filter((pod) => !excess.includes(pod));
  return {
    create,
    remove: namesOf([...excess, ...replaceable(old, kept, replicas - strategy.maxUnavailable)]),
  };
}

/** The old pods that may go now: the unready ones first, since nobody misses them, then ready ones that are to spare. */
function replaceable(
  old: readonly PlannedPod[],
  kept: readonly PlannedPod[],
  minAvailable: number,
): PlannedPod[] {
  const ready = kept.filter((pod) => pod.ready);
  const unreadyFresh = kept.filter((pod) => !pod.ready && !old.includes(pod));
  // New pods that are not ready yet have their place among the available ones reserved.
  const most = Math.max(0, kept.length - minAvailable - unreadyFresh.length);
  const unready = [...old]
    .filter((pod) => !pod.ready)
    .sort(firstToGo)
    .slice(0, most);
  const spare = Math.max(0, Math.min(ready.length - minAvailable, most - unready.length));
  const readyOld = [...old]
    .filter((pod) => pod.ready)
    .sort(firstToGo)
    .slice(0, spare);
  return [...unready, ...readyOld];
}

const namesOf = (pods: readonly PlannedPod[]): string[] => pods.map((pod) => pod.name);

/** Unready before ready, young before old. */
function firstToGo(a: PlannedPod, b: PlannedPod): number {
  return Number(a.ready) - Number(b.ready) || b.born - a.born;
}

/** Percentages of the replicas as the API resolves them: surge rounded up, unavailable rounded down, and not both 0. */
export function resolveStrategy(strategy: V1DeploymentStrategy | undefined, replicas: number): Strategy {
  if (strategy?.type === 'Recreate') return { type: 'Recreate' };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = portion(maxSurge, replicas, Math.ceil);
  const unavailable = portion(maxUnavailable, replicas, Math.floor);
  return {
    type: 'RollingUpdate',
    maxSurge: surge,
    maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable,
  };
}

function portion(value: number | string, of: number, round: (x: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  if (percent === undefined) throw new Error(`${JSON.stringify(value)} is neither a number nor a percentage`);
  return round((Number(percent) * of) / 100);
}
