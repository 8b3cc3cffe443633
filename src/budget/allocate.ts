/**
 * Who gets how many connections of one account: integers, deterministic, stable, O(n log n). Pure; it knows demands and present
 * grants, not charges or time. `ledger-pass.ts` turns its wishes into steps that are safe.
 */

export interface PodDemand {
  id: string;
  /** Connections that the pod could use. 0: it gets none. */
  demand: number;
  /** What it is granted now. */
  current: number;
}

export interface SetDemand {
  id: string;
  /** Class by priority: 0 is served first. */
  rank: number;
  min: number;
  max: number;
  /** How much of `min` is lent while nobody asks for it. */
  lendablePercent: number;
  pods: readonly PodDemand[];
}

export interface WaterfillItem {
  id: string;
  want: number;
  weight: number;
  current: number;
}

/** Code units, so that the order is the same in every locale. */
export const byId = (a: { id: string }, b: { id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

/**
 * Max-min fairness by weight: nobody gets more than it wants, and what is short is shared in proportion to weight. The remainder goes
 * one each to those who hold it already, so that equal input moves nothing.
 */
export function waterfill(items: readonly WaterfillItem[], capacity: number): Map<string, number> {
  const given = new Map<string, number>();
  const total = items.reduce((sum, { want }) => sum + want, 0);
  if (total <= capacity) {
    for (const { id, want } of items) given.set(id, want);
    return given;
  }
  const order = [...items].sort((a, b) => a.want * b.weight - b.want * a.weight || byId(a, b));
  let left = Math.max(0, capacity);
  let weights = order.reduce((sum, { weight }) => sum + weight, 0);
  let next = 0;
  for (; next < order.length; next += 1) {
    const { id, want, weight } = order[next]!;
    if (want * weights > left * weight) break;
    given.set(id, want);
    left -= want;
    weights -= weight;
  }
  const short = order.slice(next).map((item) => ({
    ...item,
    floor: Math.floor((left * item.weight) / weights),
    remainder: (left * item.weight) % weights,
  }));
  let rest = left - short.reduce((sum, { floor }) => sum + floor, 0);
  const holds = (item: { current: number; floor: number }): number => (item.current > item.floor ? 1 : 0);
  short.sort((a, b) => holds(b) - holds(a) || b.remainder - a.remainder || byId(a, b));
  for (const { id, floor } of short) {
    given.set(id, floor + (rest > 0 ? 1 : 0));
    rest -= 1;
  }
  return given;
}

interface Share {
  set: SetDemand;
  pods: readonly PodDemand[];
  demand: number;
  /** Kept free for the set even while it does not ask for it, as far as it is not lendable. */
  guaranteed: number;
  /** The most that its pods may be given now. */
  share: number;
}

/** Targets by pod. Their sum never exceeds `capacity`. */
export function allocate(capacity: number, sets: readonly SetDemand[]): Map<string, number> {
  const shares = shareAmongSets(Math.max(0, capacity), sets);
  const wants = new Map<string, number>();
  for (const share of shares) {
    const divided = divideAmongPods(share);
    cancelSmallMoves(share.pods, divided);
    for (const [id, want] of divided) wants.set(id, want);
  }
  return keepIdleGrants(Math.max(0, capacity), shares, wants);
}

function shareAmongSets(capacity: number, sets: readonly SetDemand[]): Share[] {
  const shares = [...sets]
    .sort((a, b) => a.rank - b.rank || byId(a, b))
    .map((set): Share => {
      const pods = [...set.pods].sort(byId);
      return { set, pods, demand: sum(pods, (pod) => pod.demand), guaranteed: 0, share: 0 };
    });
  const classes = [...Map.groupBy(shares, ({ set }) => set.rank).values()];
  let left = capacity;
  for (const members of classes) {
    const given = fill(members, left, ({ set, demand }) => guaranteeOf(set, demand));
    for (const member of members) {
      member.guaranteed = given.get(member.set.id) ?? 0;
      member.share = member.guaranteed;
      left -= member.guaranteed;
    }
  }
  for (const members of classes) {
    const given = fill(members, left, ({ set, demand, guaranteed }) =>
      Math.max(0, Math.min(demand, set.max) - guaranteed),
    );
    for (const member of members) {
      const surplus = given.get(member.set.id) ?? 0;
      member.share += surplus;
      left -= surplus;
    }
  }
  return shares;
}

function guaranteeOf({ min, lendablePercent }: SetDemand, demand: number): number {
  const kept = Math.ceil((min * (100 - lendablePercent)) / 100);
  return Math.min(min, Math.max(demand, kept));
}

/** Sets of one class share in proportion to their minimums: the only wish about proportions that users state. */
function fill(
  members: readonly Share[],
  capacity: number,
  wantOf: (share: Share) => number,
): Map<string, number> {
  const items = members.map((member) => ({
    id: member.set.id,
    want: wantOf(member),
    weight: Math.max(1, member.set.min),
    current: Math.max(0, sum(member.pods, staying) - member.share),
  }));
  return waterfill(items, capacity);
}

/** What a pod without demand holds goes back: it must not decide who gets a remainder, or the next pass would decide otherwise. */
const staying = ({ demand, current }: PodDemand): number => (demand > 0 ? current : 0);

/** One slot each while it fits, those who hold some first; then max-min over the rest. */
function divideAmongPods({ pods, demand, share }: Share): Map<string, number> {
  const given = new Map(pods.map(({ id }) => [id, 0]));
  const left = Math.min(share, demand);
  const asking = pods.filter((pod) => pod.demand > 0);
  const holders = asking.filter((pod) => pod.current > 0);
  const newcomers = asking.filter((pod) => pod.current <= 0);
  const served = [...holders, ...newcomers].slice(0, left);
  const rest = served.map((pod) => ({
    id: pod.id,
    want: pod.demand - 1,
    weight: 1,
    current: Math.max(0, pod.current - 1),
  }));
  for (const [id, more] of waterfill(rest, left - served.length)) given.set(id, 1 + more);
  return given;
}

/** A tenth of what a pod holds, at least one: less is not worth a logout here and a login there. */
const worthAMove = (current: number): number => Math.max(1, Math.floor(current / 10));

/**
 * Where one pod of a set would give up a little and another one gain a little, both stay; a pod that holds nothing is never held back,
 * nor one that is to give everything back.
 */
function cancelSmallMoves(pods: readonly PodDemand[], wants: Map<string, number>): void {
  const moves = pods
    .map((pod) => ({ pod, by: wants.get(pod.id)! - pod.current }))
    .filter(({ pod, by }) => by !== 0 && staying(pod) > 0 && Math.abs(by) <= worthAMove(pod.current));
  const up = sum(moves, ({ by }) => Math.max(0, by));
  const down = sum(moves, ({ by }) => Math.max(0, -by));
  const left = { up: Math.min(up, down), down: Math.min(up, down) };
  for (const { pod, by } of moves) {
    const side = by > 0 ? 'up' : 'down';
    const undone = Math.min(Math.abs(by), left[side]);
    left[side] -= undone;
    wants.set(pod.id, wants.get(pod.id)! - Math.sign(by) * undone);
  }
}

/**
 * What a pod holds and does not need stays where it is while nobody is short. Where somebody is, the lowest class gives first, then who
 * is the most over its target, then the most idle.
 */
function keepIdleGrants(
  capacity: number,
  shares: readonly Share[],
  wants: Map<string, number>,
): Map<string, number> {
  const kept = new Map<string, number>();
  const held = new Map<SetDemand, number>();
  const idle: { pod: PodDemand; share: Share; over: number }[] = [];
  for (const share of shares) {
    for (const pod of share.pods) {
      const want = wants.get(pod.id)!;
      // A demand of 0 is an order to give everything back, not idleness.
      const over = pod.demand > 0 ? Math.max(0, pod.current - want) : 0;
      kept.set(pod.id, want + over);
      if (over > 0) idle.push({ pod, share, over });
    }
    held.set(
      share.set,
      sum(share.pods, (pod) => kept.get(pod.id)!),
    );
  }
  idle.sort(
    (a, b) =>
      b.share.set.rank - a.share.set.rank ||
      b.over - a.over ||
      b.pod.current - b.pod.demand - (a.pod.current - a.pod.demand) ||
      byId(a.pod, b.pod),
  );
  const take = (entry: (typeof idle)[number], atMost: number): number => {
    const taken = Math.max(0, Math.min(entry.over, atMost));
    entry.over -= taken;
    kept.set(entry.pod.id, kept.get(entry.pod.id)! - taken);
    held.set(entry.share.set, held.get(entry.share.set)! - taken);
    return taken;
  };
  for (const entry of idle) take(entry, held.get(entry.share.set)! - entry.share.set.max);
  // What a set is guaranteed and does not use is not free for others either.
  let excess = sum(shares, ({ set, guaranteed }) => Math.max(held.get(set)!, guaranteed)) - capacity;
  for (const entry of idle) {
    if (excess <= 0) break;
    excess -= take(entry, Math.min(excess, held.get(entry.share.set)! - entry.share.guaranteed));
  }
  return kept;
}

function sum<T>(items: readonly T[], numberOf: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += numberOf(item);
  return total;
}
