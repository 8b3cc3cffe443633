/** Pure handling of `status.conditions`. */
import type { Condition } from './condition.ts';

export type ConditionUpdate = Omit<Condition, 'lastTransitionTime'>;

/**
 * The list with this condition in it, sorted by type. `lastTransitionTime` moves only when the status does. Gives back the very
 * list that came in when nothing changed, so that a caller sees by `===` that there is nothing to write.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  update: ConditionUpdate,
  now: Date,
): Condition[] {
  const before = findCondition(conditions, update.type);
  if (conditions && before && sameJudgement(before, update)) return conditions as Condition[];
  const { type, status, reason, message, observedGeneration } = update;
  const next: Condition = {
    type,
    status,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : kubernetesTime(now),
    reason,
    message,
  };
  return sorted([...(conditions ?? []).filter((condition) => condition.type !== type), next]);
}

/** The list without conditions of this type; the very list that came in when there was none. */
export function removeCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  if (!findCondition(conditions, type)) return (conditions ?? []) as Condition[];
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** True when the condition says True, about `generation` where one is given. */
export function isTrue(
  conditions: readonly Condition[] | undefined,
  type: string,
  generation?: number,
): boolean {
  const condition = findCondition(conditions, type);
  if (condition?.status !== 'True') return false;
  return generation === undefined || condition.observedGeneration === generation;
}

/** A time as the Kubernetes API writes it: whole seconds, UTC. */
export function kubernetesTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function sameJudgement(before: Condition, update: ConditionUpdate): boolean {
  return (
    before.status === update.status &&
    before.reason === update.reason &&
    before.message === update.message &&
    before.observedGeneration === update.observedGeneration
  );
}

function sorted(conditions: Condition[]): Condition[] {
  return conditions.sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}
