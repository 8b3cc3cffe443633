/** The clusters that the model check builds: accounts of 1, 4 or 500 sessions, one to three of them, production timing or a tenth of it. */
import type { SetFact } from '../../../src/budget/protocol.ts';
import type { Chance } from '../simulation/chance.ts';
import type { RegistrySetup } from '../simulation/registry.ts';

const SECOND = 1_000;

export interface Topology {
  registries: readonly RegistrySetup[];
  sets: readonly SetFact[];
  /** Pods of each set. */
  replicas: Readonly<Record<string, number>>;
  /** Connections that the requests of each set need at each account. */
  load: Readonly<Record<string, number>>;
  /** Operators that lead at the beginning. */
  leaders: number;
  /** 1: production timing. */
  timeScale: number;
}

const ACCOUNTS = ['one', 'two', 'three'];

const LIMITS = [1, 4, 4, 6, 10, 30];

/** Small accounts make the most trouble, and a large one takes as long as fifty of them. */
const limitOf = (chance: Chance): number => (chance.random() < 0.02 ? 500 : chance.pick(LIMITS)!);

export function topologyOf(chance: Chance): Topology {
  const timeScale = chance.pick([1, 1, 1, 0.1])!;
  const count = chance.pick([1, 1, 2, 3])!;
  const registries = ACCOUNTS.slice(0, count).map((name) => accountOf(name, timeScale, chance));
  const replicas = { core: chance.integer(1, 3), query: chance.integer(1, 3) };
  const largest = Math.max(...registries.map(({ limit }) => limit));
  return {
    registries,
    sets: [setOf('core', registries, chance), setOf('query', registries, chance)].filter(
      ({ pools }) => pools.length > 0,
    ),
    replicas,
    load: { core: chance.integer(1, Math.ceil(largest / 2)), query: chance.integer(1, largest + 2) },
    leaders: chance.pick([1, 1, 2])!,
    timeScale,
  };
}

const pools = (min: number, max: number) => [
  { registry: 'one', min, max, lendablePercent: 50 },
  { registry: 'two', min: 1, max: 4, lendablePercent: 50 },
];

/** Neither large nor small, with all that an account may have. */
export const TWO_ACCOUNTS: Topology = {
  registries: [
    // Less than two commands a connection when the limit is not cut.
    { name: 'one', limit: 30, externalReserved: 2, idleMs: 60 * SECOND, lateMs: 60 * SECOND, commands: { perMinute: 50 } }, // biome-ignore format: one line
    { name: 'two', limit: 6, idleMs: 120 * SECOND, lateMs: 30 * SECOND },
  ],
  sets: [
    { name: 'core', class: 'core', createdAt: 'a', pools: pools(8, 25) },
    { name: 'query', class: 'query', createdAt: 'b', pools: pools(4, 25) },
  ],
  replicas: { core: 3, query: 3 },
  load: { core: 5, query: 40 },
  leaders: 1,
  timeScale: 1,
};

function accountOf(name: string, timeScale: number, chance: Chance): RegistrySetup {
  const limit = limitOf(chance);
  const idleMs = chance.pick([40, 60, 120, 600])! * SECOND * timeScale;
  return {
    name,
    limit,
    externalReserved: limit > 4 ? chance.integer(0, 2) : 0,
    idleMs,
    lateMs: chance.pick([30, 60])! * SECOND * timeScale,
    ...(limit < 500 && chance.random() < 0.25 && { commands: { perMinute: 3 * limit } }),
  };
}

function setOf(name: 'core' | 'query', registries: readonly RegistrySetup[], chance: Chance): SetFact {
  const lendablePercent = chance.pick([0, 50, 100])!;
  return {
    name,
    class: name,
    createdAt: name,
    // An account of one connection is for one set. Elsewhere the minimums together fit into what is ours.
    pools: registries
      .filter(({ limit }) => limit > 1 || name === 'core')
      .map(({ name: registry, limit, externalReserved = 0 }) => ({
        registry,
        min: Math.max(1, Math.floor((limit - externalReserved) / (name === 'core' ? 3 : 6))),
        max: limit,
        lendablePercent,
      })),
  };
}

/** In words, on one line an account. */
export function describeTopology({
  registries,
  sets,
  replicas,
  load,
  leaders,
  timeScale,
}: Topology): string[] {
  const pods = sets.map(({ name }) => `${replicas[name]} ${name} that want ${load[name]}`).join(', ');
  return [
    `${pods}; ${leaders} leading; timing × ${timeScale}`,
    ...registries.map(({ name, limit, externalReserved, idleMs, lateMs, commands }) => {
      const also = commands === undefined ? '' : `, commands ${JSON.stringify(commands)}`;
      const mins = sets.flatMap((set) =>
        set.pools.filter(({ registry }) => registry === name).map(({ min }) => `${set.name} ${min}`),
      );
      return `account ${name}: limit ${limit}, ${externalReserved} reserved, idle ${idleMs / SECOND} s, late ${lateMs / SECOND} s, minimums ${mins.join(' and ')}${also}`;
    }),
  ];
}
