/** What a person reads of a run that failed: the cluster, the faults that it takes, what the protocol did at the end, and what broke. */
import type { LeaseView, LedgerView } from '../../../src/budget/protocol.ts';
import type { Change } from '../simulation/store.ts';
import { shrink } from './shrink.ts';
import { type Line, type Story, type Telling, tell } from './story.ts';
import { describeTopology, type Topology } from './topology.ts';

/** So much of what the protocol did is told. */
const LAST = 12;

export interface Trace {
  /** The story with as few faults as it takes. */
  story: Story;
  invariant: string;
  lines: string[];
}

/** The least that still breaks the same invariant. Undefined when nothing breaks. */
export function minimalTrace(story: Story, telling: Telling): Trace | undefined {
  const invariant = tell(story, telling).breach?.invariant;
  if (invariant === undefined) return undefined;
  const breaks = (shorter: Story) => tell(shorter, telling).breach?.invariant === invariant;
  const fewer = (from: Story): Story => ({
    ...from,
    faults: shrink(from.faults, (rest) => breaks({ ...from, faults: rest })),
  });
  // What a small cluster does without may have been needed in a large one.
  const least = fewer(simplest(fewer(story), breaks));
  return { story: least, invariant, lines: traceOf(least, telling) };
}

/** One leader, one account and one pod of each set are easier to follow than many. */
function simplest(story: Story, breaks: (story: Story) => boolean): Story {
  const { topology } = story;
  let best = story;
  const attempt = (patch: Partial<Story['topology']>) => {
    const simpler = { ...best, topology: { ...best.topology, ...patch } };
    if (breaks(simpler)) best = simpler;
  };
  if (topology.leaders > 1) attempt({ leaders: 1 });
  for (const { name } of topology.registries) attempt(withoutAccount(best.topology, name));
  for (const { name } of topology.sets)
    for (let pods = 1; pods < (best.topology.replicas[name] ?? 1); pods += 1)
      attempt({ replicas: { ...best.topology.replicas, [name]: pods } });
  return best;
}

function withoutAccount({ registries, sets }: Topology, name: string): Pick<Topology, 'registries' | 'sets'> {
  const left = registries.filter((registry) => registry.name !== name);
  if (left.length === 0) return { registries, sets };
  const pools = (set: Topology['sets'][number]) => set.pools.filter(({ registry }) => registry !== name);
  return {
    registries: left,
    sets: sets.map((set) => ({ ...set, pools: pools(set) })).filter((set) => set.pools.length > 0),
  };
}

function traceOf(story: Story, telling: Telling): string[] {
  const deeds: Line[] = [];
  const { lines, breach } = tell(story, {
    ...telling,
    watch(sim) {
      telling.watch?.(sim);
      sim.store.onChange((change) => {
        const text = deedOf(change);
        if (text !== undefined) deeds.push({ atMs: sim.world.nowMs, text });
      });
    },
  });
  const told = [...lines, ...deeds.slice(-LAST)].sort((a, b) => a.atMs - b.atMs);
  return [
    `seed ${story.seed}`,
    ...describeTopology(story.topology),
    ...told.map(({ atMs, text }) => `${(atMs / 1000).toFixed(3).padStart(10)} s  ${text}`),
    `broken: ${breach?.invariant === 'I8' ? 'I8: ' : ''}${breach?.message ?? 'nothing'}`,
  ];
}

/** What the protocol has done by a write, in words; undefined for renewals and the like. */
function deedOf(change: Change): string | undefined {
  if (change.kind === 'ledger') return ledgerDeed(change.name, change.before, change.after);
  return leaseDeed(change.before, change.after);
}

function ledgerDeed(account: string, before?: LedgerView, after?: LedgerView): string | undefined {
  if (after === undefined) return `ledger ${account} is gone`;
  const [a, b] = [before?.spec, after.spec];
  const deeds: string[] = [];
  if (a?.term !== b.term) deeds.push(`term ${b.term}`);
  if (a?.learning !== b.learning && (a !== undefined || b.learning))
    deeds.push(b.learning ? 'starts learning' : 'has learned');
  for (const id of new Set([...Object.keys(a?.entries ?? {}), ...Object.keys(b.entries)])) {
    const [old, now] = [a?.entries[id], b.entries[id]];
    const state = now?.state === 'Quarantined' ? ' in quarantine' : '';
    const name = `${(now ?? old)!.lease.replace('uid-', '')} (${id})`;
    if (now === undefined) deeds.push(`${name} charge ${old!.charge} is given up`);
    else if (old?.charge !== now.charge || old.state !== now.state || old.target !== now.target)
      deeds.push(`${name} charge ${old?.charge ?? 0} to ${now.charge}, target ${now.target}${state}`);
  }
  return deeds.length > 0 ? `ledger ${account}: ${deeds.join('; ')}` : undefined;
}

function leaseDeed(before?: LeaseView, after?: LeaseView): string | undefined {
  if (after === undefined) return before && `lease of ${before.spec.pod} is gone`;
  const { spec, status } = after;
  const deeds: string[] = [];
  if (before?.spec.state !== spec.state || before.spec.incarnation !== spec.incarnation)
    deeds.push([spec.state, spec.incarnation, `fence ${spec.fence}`].filter(Boolean).join(' '));
  for (const [account, { slots, gen }] of Object.entries(spec.grants)) {
    const old = before?.spec.grants[account];
    if (spec.state === 'Bound' && old?.gen !== gen)
      deeds.push(`granted ${slots} at ${account}, generation ${gen}`);
  }
  for (const [account, { cap, ackGen }] of Object.entries(status.accounts ?? {})) {
    const old = before?.status.accounts?.[account];
    if (old?.cap !== cap || old.ackGen !== ackGen)
      deeds.push(`allows itself ${cap} at ${account}, acknowledges generation ${ackGen}`);
  }
  if (status.phase === 'Released' && before?.status.phase !== 'Released') deeds.push('released');
  return deeds.length > 0 ? `lease of ${spec.pod}: ${deeds.join('; ')}` : undefined;
}
