/** Who may have how many connections of each account, before and after. */
import { parseRegistry } from '../api/parse.ts';
import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import type { EppSet, SetClass } from '../api/v1alpha1/set.ts';
import { allocate, type SetDemand } from '../budget/allocate.ts';
import { usableConnections } from '../budget/command-share.ts';
import { registryFact, setFact } from '../budget/kube/views.ts';
import { rankOf } from '../budget/protocol.ts';
import { admissionAt, setsIn } from './intents.ts';
import type { State } from './state.ts';

/** What one set may have of one account. */
export interface SetShare {
  /** `spec.set`. */
  set: string;
  class: SetClass;
  /** Pods when all are there. */
  pods: number;
  min: number;
  max: number;
  /** `min`, or 0 where the account cannot guarantee it. */
  guaranteed: number;
  /** Connections over all its pods while every pod of every set asks for all that it may have. */
  share: number;
  /** The least and the most that one of its pods has of them. */
  perPod: { least: number; most: number };
}

export interface AccountShare {
  /** What the registry allows. */
  limit: number;
  /** Less what is reserved for others and what the commands budget has no use for. */
  usable: number;
  /** By name of the EppSet. */
  sets: Record<string, SetShare>;
}

/** One account. A side is absent where the account is not there, or not valid. */
export interface AccountChange {
  namespace: string;
  name: string;
  before?: AccountShare;
  after?: AccountShare;
}

/** @param podsOf pods of a set; by its spec alone where nobody scales it */
export type PodsOf = (set: EppSet) => number;

export function accountChanges(before: State, after: State, pods: Record<'before' | 'after', PodsOf>) {
  const keys = [...new Set([...before.registries.keys(), ...after.registries.keys()])].sort();
  return keys.map((key): AccountChange => {
    const [was, is] = [before.registries.get(key), after.registries.get(key)];
    const old = was && accountShare(was, before, pods.before);
    const now = is && accountShare(is, after, pods.after);
    const { namespace = '', name } = (is ?? was)?.metadata ?? { name: key };
    return { namespace, name, ...(old && { before: old }), ...(now && { after: now }) };
  });
}

function accountShare(raw: EppRegistry, state: State, podsOf: PodsOf): AccountShare | undefined {
  const registry = parseRegistry(raw);
  const admission = admissionAt(raw, state);
  if (!registry.ok || admission === undefined) return undefined;
  const { name, namespace } = raw.metadata;
  const members = setsIn(namespace, state).flatMap((set) => {
    const pool = setFact(set).pools.find((candidate) => candidate.registry === name);
    return pool === undefined ? [] : [{ set, pool, pods: podsOf(set) }];
  });
  const usable = usableConnections(registryFact(registry.value));
  const demands = members.map(
    ({ set, pool, pods }): SetDemand => ({
      id: set.metadata.name,
      rank: rankOf(set.spec.class),
      min: admission.minimums.get(set.metadata.name) ?? 0,
      max: pool.max,
      lendablePercent: pool.lendablePercent,
      pods: podIds(set, pods).map((id) => ({ id, demand: pool.max, current: 0 })),
    }),
  );
  const given = allocate(usable, demands);
  const sets = members.map(({ set, pool, pods }) => {
    const each = podIds(set, pods).map((id) => given.get(id) ?? 0);
    const share: SetShare = {
      set: set.spec.set,
      class: set.spec.class,
      pods,
      min: pool.min,
      max: pool.max,
      guaranteed: admission.minimums.get(set.metadata.name) ?? 0,
      share: each.reduce((sum, n) => sum + n, 0),
      perPod: { least: each.length === 0 ? 0 : Math.min(...each), most: Math.max(0, ...each) },
    };
    return [set.metadata.name, share] as const;
  });
  return {
    limit: registry.value.spec.connections.limit,
    usable,
    sets: Object.fromEntries(sets.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

const podIds = ({ metadata }: EppSet, pods: number): string[] =>
  Array.from({ length: pods }, (_, index) => `${metadata.name}/${String(index).padStart(5, '0')}`);
