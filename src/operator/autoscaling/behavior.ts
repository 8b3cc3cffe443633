/** How fast a number of pods may change: the windows and policies of autoscaling/v2, by its rules. Pure. */
import type { EppSetSpec } from '../../api/v1alpha1/set.ts';

type Spec = NonNullable<NonNullable<EppSetSpec['autoscaling']>['behavior']>;
type RulesSpec = NonNullable<Spec['scaleUp']>;
type RulesInFull = { [K in keyof RulesSpec]-?: NonNullable<RulesSpec[K]> };

export interface Policy {
  type: 'Pods' | 'Percent';
  value: number;
  periodMs: number;
}

export interface Rules {
  /** For how long back the most careful recommendation counts. */
  windowMs: number;
  select: 'Max' | 'Min' | 'Disabled';
  policies: readonly Policy[];
}

export interface Behavior {
  up: Rules;
  down: Rules;
}

/** What was thought right at a time. */
export interface Remembered {
  atMs: number;
  replicas: number;
}

/** Pods that came (positive) or went at a time. */
export interface Change {
  atMs: number;
  by: number;
}

const SECOND = 1_000;

/** The defaults of a HorizontalPodAutoscaler. */
const UP: RulesInFull = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 15 },
    { type: 'Pods', value: 4, periodSeconds: 15 },
  ],
};
const DOWN: RulesInFull = {
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

/** `timeScale` shrinks all times: 1 in production. */
export function behaviorOf({ scaleUp, scaleDown }: Spec = {}, timeScale = 1): Behavior {
  const rules = (spec: RulesSpec | undefined, byDefault: RulesInFull): Rules => ({
    windowMs: (spec?.stabilizationWindowSeconds ?? byDefault.stabilizationWindowSeconds) * SECOND * timeScale,
    select: spec?.selectPolicy ?? byDefault.selectPolicy,
    policies: (spec?.policies ?? byDefault.policies).map(({ type, value, periodSeconds }) => ({
      type,
      value,
      periodMs: periodSeconds * SECOND * timeScale,
    })),
  });
  return { up: rules(scaleUp, UP), down: rules(scaleDown, DOWN) };
}

/** Not above the lowest recommendation of the window on the way up, not below the highest of the one on the way down. */
export function stabilized(
  { current, latest }: { current: number; latest: number },
  remembered: readonly Remembered[],
  { up, down }: Behavior,
  nowMs: number,
): number {
  const within = (windowMs: number) => [
    latest,
    ...remembered.filter(({ atMs }) => nowMs - atMs < windowMs).map(({ replicas }) => replicas),
  ];
  const atLeast = Math.min(...within(up.windowMs));
  const atMost = Math.max(...within(down.windowMs));
  return Math.min(Math.max(current, atLeast), atMost);
}

/** As near to `wanted` as the policies let the number come now. */
export function paced(
  current: number,
  wanted: number,
  changes: readonly Change[],
  behavior: Behavior,
  nowMs: number,
): number {
  if (wanted === current) return current;
  const { select, policies } = wanted > current ? behavior.up : behavior.down;
  if (select === 'Disabled') return current;
  const limits = policies.map(({ type, value, periodMs }) => {
    const recent = changes.filter(({ atMs }) => nowMs - atMs < periodMs);
    const atStart = current - recent.reduce((sum, { by }) => sum + by, 0);
    const step = type === 'Pods' ? value : (atStart * value) / 100;
    return wanted > current ? Math.ceil(atStart + step) : Math.floor(atStart - step);
  });
  if (wanted > current) {
    const limit = select === 'Max' ? Math.max(...limits) : Math.min(...limits);
    return Math.min(wanted, Math.max(current, limit));
  }
  const limit = select === 'Max' ? Math.min(...limits) : Math.max(...limits);
  return Math.max(wanted, Math.min(current, limit));
}

/** How long a recommendation may matter. */
export const memoryMs = ({ up, down }: Behavior): number => Math.max(up.windowMs, down.windowMs);

/** How long a change may matter. */
export const longestPeriodMs = ({ up, down }: Behavior): number =>
  Math.max(...[...up.policies, ...down.policies].map(({ periodMs }) => periodMs));
