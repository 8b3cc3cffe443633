/**
 * What a tick of the allocator costs at a size: all pods report a changed demand, every account is passed over.
 * Run: `node test/bench/allocator.bench.ts [pods] [accounts]`.
 */
import {
  type AllocatorEvent,
  type AllocatorState,
  initialState,
  reduceAll,
} from '../../src/budget/allocator.ts';
import type { LeaseView, LedgerSpec, RegistryFact, SetFact } from '../../src/budget/protocol.ts';
import { timing } from '../../src/budget/timing.ts';

const pods = Number(process.argv[2] ?? 1_000);
const accounts = Array.from({ length: Number(process.argv[3] ?? 5) }, (_, i) => `registry-${i}`);
const t = timing();
let nowMs = 1_000;
let version = 1;

const registries = accounts.map((name): RegistryFact => ({ name, limit: 500, externalReserved: 0, idleMs: 600_000, lateMs: 600_000, deleting: false, used: false })); // biome-ignore format: a table
const sets = Array.from(
  { length: 12 },
  (_, i): SetFact => ({
    name: `set-${i}`,
    class: (['core', 'manage', 'query'] as const)[i % 3]!,
    createdAt: '',
    pools: accounts.map((registry) => ({ registry, min: 10, max: 400, lendablePercent: 50 })),
  }),
);

const report = (round: number, pod: number) =>
  Object.fromEntries(
    accounts.map((name, i) => [
      name,
      { ackGen: 1, cap: 0, open: 0, connecting: 0, unconfirmed: 0, demand: 1 + ((pod * 7 + i * 3 + round) % 11), waiting: 0, limitHits: 0 }, // biome-ignore format: a table
    ]),
  );
const lease = (pod: number, round: number): LeaseView => ({
  name: `pod-${pod}`,
  version: String(++version),
  deleting: false,
  held: true,
  spec: {
    pod: `pod-${pod}`,
    set: `set-${pod % 12}`,
    class: 'core',
    incarnation: `inc-${pod}`,
    fence: 1,
    state: 'Bound',
    ttlSeconds: 600,
    renewSeconds: 20,
    grants: Object.fromEntries(accounts.map((name) => [name, { slots: 0, gen: 1 }])),
  },
  status: { incarnation: `inc-${pod}`, phase: 'Active', seq: round + 1, accounts: report(round, pod) },
});

let state: AllocatorState = initialState(t, nowMs);
const tell = (...events: unknown[]) => {
  const step = reduceAll(state, events.map((event) => ({ nowMs, ...(event as object) })) as AllocatorEvent[]);
  state = step.state;
  return step.effects;
};
/** Every write of a ledger is committed; leases stay as they are. */
const commit = (effects: ReturnType<typeof tell>) => {
  for (const effect of effects) {
    if (effect.type !== 'write-ledger' && effect.type !== 'create-ledger') continue;
    const spec: LedgerSpec = effect.spec;
    const view = { account: effect.account, version: String(++version), spec };
    tell({ type: 'ledger-written', account: effect.account, written: { result: 'ok', view } });
  }
};

tell({ type: 'observed', registries, sets });
tell({ type: 'listed' });
tell({ type: 'leases-listed', leases: Array.from({ length: pods }, (_, pod) => lease(pod, 0)) });
for (let n = 0; n < 3; n += 1) {
  nowMs += 2_000;
  commit(tell({ type: 'tick' }));
}

const times: number[] = [];
for (let round = 1; round <= 20; round += 1) {
  nowMs += 2_000;
  const leases = Array.from({ length: pods }, (_, pod) => lease(pod, round));
  const started = performance.now();
  const effects = tell({ type: 'observed', leases }, { type: 'tick' });
  times.push(performance.now() - started);
  commit(effects);
}
times.sort((a, b) => a - b);
console.log(
  `${pods} pods, ${accounts.length} accounts, every demand changed: a tick takes ${times[10]!.toFixed(1)} ms (median), ${times[19]!.toFixed(1)} ms at most`,
);
