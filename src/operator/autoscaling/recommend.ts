/**
 * How many pods a set should have. Pure: reports and a time in, a number and the next state out.
 *
 *   reports ──▶ each account's wish ──▶ the largest ──▶ windows ──▶ policies ──▶ bounds ──▶ number
 *
 * An account's wish depends on the demand there, not on how many pods there are: nothing swings. What a pod is meant to carry is its part
 * of all the connections that the set may have, so a set that uses the target of them has `maxReplicas` pods.
 */
import {
  type Behavior,
  type Change,
  longestPeriodMs,
  memoryMs,
  paced,
  type Remembered,
  stabilized,
} from './behavior.ts';

/** What the pods say of one account. */
export interface AccountDemand {
  registry: string;
  /** Connections that the set can have there at most. */
  reachable: number;
  /** Connections in use or waited for, over the pods that report. */
  demand: number;
  /** Pods whose report is fresh. */
  reporting: number;
}

export interface ScalingInput {
  /** Pods that are ordered now. */
  current: number;
  minReplicas: number;
  maxReplicas: number;
  /** Percent. */
  target: number;
  behavior: Behavior;
  accounts: readonly AccountDemand[];
}

/** What must be remembered of a set. A new leader has nothing of it, and begins with the number that it finds. */
export interface ScalingState {
  remembered: readonly Remembered[];
  changes: readonly Change[];
}

/** What keeps the number from what the demand asks for. */
export type Limit = 'TooFewReplicas' | 'TooManyReplicas' | 'TooFewConnections';

export interface Recommendation {
  replicas: number;
  limit: Limit | undefined;
  /** False while no pod tells what it needs. */
  hasReports: boolean;
  /** The account that asks for most. */
  decidedBy: AccountDemand | undefined;
  state: ScalingState;
}

/** A wish this near to what there is, is none. */
const TOLERANCE = 0.1;
/** The last digit of a division must not make a pod of nothing. */
const ROUNDING = 1e-9;

export function recommend(
  state: ScalingState | undefined,
  input: ScalingInput,
  nowMs: number,
): Recommendation {
  const { current, behavior, accounts } = input;
  const wishes = accounts.map((account) => ({ account, replicas: wishOf(account, input) }));
  const largest = wishes.reduce<{ account: AccountDemand; replicas: number } | undefined>(
    (most, { account, replicas }) =>
      replicas !== undefined && replicas > (most?.replicas ?? -1) ? { account, replicas } : most,
    undefined,
  );
  // Who is silent may need what he has: without a word of each account there are never fewer pods.
  const isBlind = wishes.some(({ replicas }) => replicas === undefined);
  const wish = largest?.replicas ?? current;
  const latest = isBlind ? Math.max(wish, current) : wish;

  const { remembered, changes } = state ?? { remembered: [{ atMs: nowMs, replicas: current }], changes: [] };
  const kept = remembered.filter(({ atMs }) => nowMs - atMs < memoryMs(behavior));
  const wanted = stabilized({ current, latest }, kept, behavior, nowMs);
  const { lowest, highest, scarce } = boundsOf(input);
  const replicas = clamp(paced(current, wanted, changes, behavior, nowMs), lowest, highest);
  const recent = changes.filter(({ atMs }) => nowMs - atMs < longestPeriodMs(behavior));
  return {
    replicas,
    limit: limitOf(wanted, { lowest, highest, scarce }),
    hasReports: largest !== undefined,
    decidedBy: largest?.account,
    state: {
      remembered: [...kept, { atMs: nowMs, replicas: latest }],
      changes: replicas === current ? recent : [...recent, { atMs: nowMs, by: replicas - current }],
    },
  };
}

/** Connections that a pod is meant to use. A pod that has none is of no use: one at least. */
export function perPod({ reachable }: AccountDemand, { maxReplicas, target }: ScalingInput): number {
  return (Math.max(1, reachable / maxReplicas) * target) / 100;
}

/** Undefined when nobody reports. Pods that are silent need nothing on the way up and all of their share on the way down. */
function wishOf(account: AccountDemand, input: ScalingInput): number | undefined {
  const { current } = input;
  const { demand, reporting } = account;
  if (reporting === 0) return undefined;
  const each = perPod(account, input);
  const silent = Math.max(0, current - reporting);
  const grows = demand > Math.min(current, reporting) * each;
  const assumed = grows ? demand : demand + silent * each;
  if (Math.abs(assumed / (current * each) - 1) <= TOLERANCE + ROUNDING) return current;
  const wish = Math.ceil(assumed / each - ROUNDING);
  return grows ? Math.max(wish, current) : Math.min(wish, current);
}

interface Bounds {
  lowest: number;
  highest: number;
  /** It is the connections that end it, not maxReplicas. */
  scarce: boolean;
}

/** A pod is ready with a connection at each account: more pods than that would wait for ever, whatever minReplicas says. */
function boundsOf({ minReplicas, maxReplicas, accounts }: ScalingInput): Bounds {
  const fed = Math.max(1, Math.min(...accounts.map(({ reachable }) => reachable)));
  const highest = Math.min(maxReplicas, fed);
  return { lowest: Math.min(minReplicas, highest), highest, scarce: fed < maxReplicas };
}

function limitOf(wanted: number, { lowest, highest, scarce }: Bounds): Limit | undefined {
  if (wanted > highest) return scarce ? 'TooFewConnections' : 'TooManyReplicas';
  return wanted < lowest ? 'TooFewReplicas' : undefined;
}

const clamp = (value: number, lowest: number, highest: number): number =>
  Math.min(Math.max(value, lowest), highest);
