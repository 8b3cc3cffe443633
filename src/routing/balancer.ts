/** Which instance of a set takes a request. Pure: chance, load and keys are passed in. */
import { avalanche, hash32 } from './stable-hash.ts';
import { weightedDraw } from './weighted-draw.ts';

export type BalancerPolicy = 'least_conn' | 'round_robin' | 'random' | 'weight' | 'hash';

export interface BalancedInstance {
  readonly id: string;
  /** 0: takes nothing as long as another has more. */
  readonly weight: number;
}

export interface PickContext<I extends BalancedInstance> {
  /** In [0, 1). */
  readonly draw: number;
  /** Requests in flight, for `least_conn`; none by default. */
  readonly outstanding?: ((instance: I) => number) | undefined;
  /** For `hash`: equal keys take the same instance. Without one it goes by chance. */
  readonly hashKey?: string | undefined;
  /** For `weight`, in place of the instance's own: free capacity, for example. */
  readonly weightOf?: ((instance: I) => number) | undefined;
  /** Ids that were tried already. */
  readonly exclude?: ReadonlySet<string> | undefined;
}

export interface Balancer<I extends BalancedInstance> {
  /**
   * Undefined where none is left. What a policy remembers belongs to the array: pass the same one as long as nothing has changed in it.
   */
  pick(candidates: readonly I[], context: PickContext<I>): I | undefined;
}

export function balancerOf<I extends BalancedInstance>(policy: BalancerPolicy): Balancer<I> {
  const choose = POLICIES[policy]<I>();
  return {
    pick(candidates, context) {
      const { exclude } = context;
      const left =
        exclude !== undefined && exclude.size > 0
          ? candidates.filter(({ id }) => !exclude.has(id))
          : candidates;
      return left.length > 1 ? choose(left, context) : left[0];
    },
  };
}

type Choice<I extends BalancedInstance> = (
  candidates: readonly I[],
  context: PickContext<I>,
) => I | undefined;

const POLICIES: Record<BalancerPolicy, <I extends BalancedInstance>() => Choice<I>> = {
  random: () => byChance,
  least_conn: () => leastOfTwo,
  round_robin: roundRobin,
  weight: smoothWeighted,
  hash: rendezvous,
};

function byChance<I>(candidates: readonly I[], { draw }: { readonly draw: number }): I | undefined {
  return candidates[Math.floor(draw * candidates.length)];
}

/** The less busy of two by chance: as good as the least of all, without all gateways running to the same one. */
function leastOfTwo<I extends BalancedInstance>(
  candidates: readonly I[],
  { draw, outstanding }: PickContext<I>,
): I | undefined {
  // one draw is enough for both: its 53 bits are more than two indexes need
  const scaled = draw * candidates.length;
  const first = Math.floor(scaled);
  const other = Math.floor((scaled - first) * (candidates.length - 1));
  const one = candidates[first];
  const two = candidates[other < first ? other : other + 1];
  if (!one || !two || !outstanding) return one;
  return outstanding(two) < outstanding(one) ? two : one;
}

/** One after the other; each list begins at a place by chance, lest the first of it gets the requests of every gateway. */
function roundRobin<I extends BalancedInstance>(): Choice<I> {
  const next = new WeakMap<readonly I[], number>();
  return (candidates, { draw }) => {
    const at = next.get(candidates) ?? Math.floor(draw * candidates.length);
    next.set(candidates, at + 1 < candidates.length ? at + 1 : 0);
    return candidates[at];
  };
}

/** Smooth weighted round robin, as nginx has it: 5, 1, 1 gives a a b a c a a, not five times a in a row. */
function smoothWeighted<I extends BalancedInstance>(): Choice<I> {
  const credits = new WeakMap<readonly I[], Float64Array>();
  return (candidates, context) => {
    const { weightOf = ownWeight, draw, exclude } = context;
    // what is left of a list has no turn of its own: its heaviest would get every further attempt
    if (exclude !== undefined && exclude.size > 0) {
      return weightedDraw(candidates, weightOf, draw) ?? byChance(candidates, context);
    }
    let credit = credits.get(candidates);
    if (!credit) {
      credit = new Float64Array(candidates.length);
      credits.set(candidates, credit);
    }
    let total = 0;
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < credit.length; at++) {
      const weight = weightOf(candidates[at] as I);
      if (!(weight > 0)) continue;
      total += weight;
      const now = (credit[at] as number) + weight;
      credit[at] = now;
      if (now > highest) {
        highest = now;
        best = at;
      }
    }
    if (best < 0) return byChance(candidates, context);
    credit[best] = highest - total;
    return candidates[best];
  };
}

function ownWeight({ weight }: BalancedInstance): number {
  return weight;
}

/**
 * Rendezvous hashing: of all instances the one whose hash with the key is the highest. When one goes, its keys alone move, evenly to the
 * others; order and process do not matter. One multiplication chain for each candidate, strings are hashed once a list.
 */
function rendezvous<I extends BalancedInstance>(): Choice<I> {
  const hashes = new WeakMap<readonly I[], Uint32Array>();
  return (candidates, context) => {
    if (context.hashKey === undefined) return byChance(candidates, context);
    let ids = hashes.get(candidates);
    if (!ids) {
      ids = Uint32Array.from(candidates, ({ id }) => hash32(id));
      hashes.set(candidates, ids);
    }
    const key = hash32(context.hashKey);
    let best: I | undefined;
    let highest = -1;
    for (let at = 0; at < candidates.length; at++) {
      const instance = candidates[at];
      if (!instance) continue;
      const score = avalanche(key ^ (ids[at] ?? 0));
      // equal scores of different ids are possible: the id decides, so that order does not
      if (score > highest || (score === highest && best && instance.id < best.id)) {
        highest = score;
        best = instance;
      }
    }
    return best;
  };
}
