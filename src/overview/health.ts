/** How an object is, after its conditions. */
import { describeProblems, type Problem } from '../api/problems.ts';
import type { Condition } from '../api/v1alpha1/condition.ts';
import { isTrue } from '../api/v1alpha1/conditions.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Health, Trouble } from './overview.ts';

export interface Judged {
  health: Health;
  troubles: readonly Trouble[];
}

interface WithConditions extends KubeObject {
  status?: { observedGeneration?: number | undefined; conditions?: readonly Condition[] | undefined };
}

/** Which status of a condition is a trouble. The first that tells something is shown: the particular ones stand before the general ones. */
const TROUBLES: readonly (readonly [type: string, status: Condition['status']])[] = [
  ['BudgetSatisfied', 'False'],
  ['CredentialsAvailable', 'False'],
  ['CredentialsAccepted', 'False'],
  ['RoutesResolved', 'False'],
  ['AccountsPooled', 'False'],
  ['EgressReady', 'False'],
  ['Degraded', 'True'],
  ['Stalled', 'True'],
  ['Ready', 'False'],
  ['ScalingLimited', 'True'],
];
/** Worth a word, but nothing is broken. */
const MILD: ReadonlySet<string> = new Set(['ScalingLimited']);
/** Of `ScalingLimited`: a quiet set that keeps its smallest number of pods is as it should be. */
const QUIET = 'TooFewReplicas';

/** @param object is valid */
export function judged(object: WithConditions): Judged {
  const { observedGeneration = -1, conditions = [] } = object.status ?? {};
  const { generation = 0 } = object.metadata;
  if (conditions.length === 0) {
    return unjudged('Unknown', 'NotJudged', 'no operator has judged it yet: see whether one is running');
  }
  const troubles = troublesOf(conditions);
  if (observedGeneration < generation && troubles.length === 0) {
    return unjudged('Progressing', 'NotObserved', 'its spec was changed, which no operator has judged yet');
  }
  return { health: healthOf(conditions, troubles), troubles };
}

/** Of an object that cannot be read. */
export function invalid(problems: readonly Problem[]): Judged {
  const message = `the object is not valid: ${describeProblems(problems)}`;
  return { health: 'Degraded', troubles: [{ type: 'Ready', reason: 'InvalidSpec', message }] };
}

function healthOf(conditions: readonly Condition[], troubles: readonly Trouble[]): Health {
  const grave = troubles.filter(({ type }) => !MILD.has(type));
  if (grave.length === 0) return isTrue(conditions, 'Ready') ? 'Ready' : 'Unknown';
  const isOnItsWay = grave.every(({ type }) => type === 'Ready') && isPassing(conditions);
  return isOnItsWay ? 'Progressing' : 'Degraded';
}

/** Not ready, and it comes or goes by itself. */
function isPassing(conditions: readonly Condition[]): boolean {
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'False') return false;
  return ready.reason === 'Draining' || isTrue(conditions, 'Progressing');
}

/** One that several conditions name is told once. */
function troublesOf(conditions: readonly Condition[]): Trouble[] {
  const told = new Map<string, Trouble>();
  for (const [wanted, bad] of TROUBLES) {
    for (const { type, status, reason, message, lastTransitionTime } of conditions) {
      const key = `${reason} ${message}`;
      if (type !== wanted || status !== bad || reason === QUIET || told.has(key)) continue;
      told.set(key, { type, reason, message, since: lastTransitionTime });
    }
  }
  return [...told.values()];
}

function unjudged(health: Health, reason: string, message: string): Judged {
  return { health, troubles: [{ type: 'Ready', reason, message }] };
}
