import { byId } from './allocate.ts';
import { usableConnections } from './command-share.ts';
import { type RegistryFact, rankOf, type SetFact } from './protocol.ts';

/** A minimum that is not guaranteed because the minimums before it use up the account. */
export interface RefusedMinimum {
  /** Name of the EppSet object. */
  set: string;
  registry: string;
  min: number;
  /** What was left when its turn came. */
  left: number;
  /** One sentence for people: what is wrong and what to do. */
  message: string;
}

export interface Admission {
  /** Minimum that the allocator guarantees, by EppSet name, for every set with a pool at this account; 0 for the refused. */
  minimums: Map<string, number>;
  refused: RefusedMinimum[];
}

/**
 * Which minimums an account can guarantee: sets by class, then by age, then by name, each as long as it fits into what is left. A set
 * whose minimum is refused still borrows what is idle. Quarantines and cuts do not count here: they pass.
 */
export function admitMinimums(registry: RegistryFact, sets: readonly SetFact[]): Admission {
  const usable = usableConnections(registry);
  const minimums = new Map<string, number>();
  const refused: RefusedMinimum[] = [];
  let left = usable;
  for (const { set, pool } of claimants(registry.name, sets)) {
    const min = Math.max(0, Math.min(pool.min, pool.max));
    if (min <= left) {
      minimums.set(set.name, min);
      left -= min;
      continue;
    }
    minimums.set(set.name, 0);
    const message =
      `the minimum of ${min} connections at ${registry.name} is not guaranteed: ${usable} may be used there, ` +
      `older sets and higher classes are guaranteed ${usable - left}, so ${left} are left; ` +
      'lower min of this or another set, or raise connections.limit of the registry account';
    refused.push({ set: set.name, registry: registry.name, min, left, message });
  }
  return { minimums, refused };
}

function claimants(registry: string, sets: readonly SetFact[]) {
  return sets
    .flatMap((set) => {
      const pool = set.pools.find((candidate) => candidate.registry === registry);
      return pool === undefined ? [] : [{ id: set.name, set, pool }];
    })
    .sort(
      (a, b) =>
        rankOf(a.set.class) - rankOf(b.set.class) ||
        (a.set.createdAt < b.set.createdAt ? -1 : a.set.createdAt > b.set.createdAt ? 1 : 0) ||
        byId(a, b),
    );
}
