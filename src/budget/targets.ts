import { allocate, byId, type SetDemand } from './allocate.ts';
import { asField, connectionsWithin, shareOfConnection } from './command-share.ts';
import { slotsNeeded } from './demand.ts';
import type { Pass } from './ledger-pass.ts';
import { credentialsSoFar } from './login-steps.ts';
import { admitMinimums } from './minimums.ts';
import { boundStatus, chargeOf, grantGen, type LeaseView, type LedgerEntry, rankOf } from './protocol.ts';
import { renewMs } from './timing.ts';

/** One bound incarnation at one account. */
interface Candidate {
  /** Its lease's name: the order of ties, the same after a restart of the container. */
  id: string;
  lease: LeaseView;
  entry: LedgerEntry | undefined;
  rank: number;
  current: number;
  /** What it shall have in the end. */
  want: number;
  mayRaise: boolean;
}

/**
 * Rule e: `allocate` says what everybody shall have in the end; here are the steps towards it that are safe now. Lowering a target frees
 * nothing yet: the charge stays until the holder acknowledges. Raising takes only what is not charged to anybody.
 */
export function raiseAndLower(pass: Pass): void {
  const candidates = wishes(pass);
  for (const candidate of candidates) {
    const { entry, want, current, lease } = candidate;
    if (entry === undefined || want >= current) continue;
    entry.target = want;
    entry.gen = nextGen(pass, lease, entry);
  }
  if (pass.spec.learning) return;
  raise(pass, candidates);
}

function raise(pass: Pass, candidates: readonly Candidate[]): void {
  const { spec, registry } = pass;
  const share = shareOfConnection(registry);
  const free = Math.min(
    Math.max(0, spec.effectiveLimit - chargeOf(spec.entries)),
    connectionsWithin(registry.commands ?? {}, share, spec.entries),
  );
  const asking = candidates.filter(({ mayRaise, want, current }) => mayRaise && want > current);
  const more = shareFree(pass, free, asking);
  for (const { id, lease, entry, want, current } of asking) {
    const charged = Math.max(current, entry?.charge ?? 0);
    const target = Math.min(want, charged + (more.get(id) ?? 0));
    if (target <= current) continue;
    const gen = nextGen(pass, lease, entry);
    if (entry !== undefined) {
      Object.assign(entry, { target, gen, charge: Math.max(entry.charge, target) });
    } else {
      const { incarnation, set, fence } = lease.spec;
      pass.spec.entries[incarnation!] = {
        lease: id,
        set,
        fence,
        state: 'Active',
        target,
        gen,
        charge: target,
        ...asField(share),
        ...credentialsSoFar(lease, pass.account),
      };
    }
  }
}

interface Need {
  id: string;
  rank: number;
  /** What counts as its own already. */
  charged: number;
  /** More than that. */
  need: number;
  /** When we first saw the report that asks for it. */
  askedAtMs: number;
}

/**
 * The free connections, class by class: first one to each pod that has none, then evenly. What does not go round goes to those that have
 * waited longest: who asks again and again does not overtake. What is charged already costs nothing.
 */
function shareFree(pass: Pass, free: number, asking: readonly Candidate[]): Map<string, number> {
  const given = new Map<string, number>();
  let left = free;
  const give = (id: string, n: number): void => {
    given.set(id, (given.get(id) ?? 0) + n);
    left -= n;
  };
  const needs = asking.map((candidate) => needOf(pass, candidate));
  needs.sort((a, b) => a.rank - b.rank || a.askedAtMs - b.askedAtMs || byId(a, b));
  for (const rank of new Set(needs.map((need) => need.rank))) {
    const members = needs.filter((need) => need.rank === rank && need.need > 0);
    for (const member of members) {
      if (member.charged > 0 || left <= 0) continue;
      give(member.id, 1);
      member.need -= 1;
    }
    for (const [id, n] of shareEvenly(members, left)) give(id, n);
  }
  return given;
}

function needOf(pass: Pass, { id, rank, want, current, entry }: Candidate): Need {
  const charged = Math.max(current, entry?.charge ?? 0);
  // More connections for whoever may still be using a larger share would bring more commands than were counted for them.
  const settled = entry?.chargedMillicommands === undefined;
  const askedAtMs = pass.leases[id]?.reportedAtMs ?? pass.nowMs;
  return { id, rank, charged, need: settled ? Math.max(0, want - charged) : 0, askedAtMs };
}

/** As many each as go round, nobody more than it needs; what is left goes one each, to the first of them. */
function shareEvenly(members: readonly Need[], free: number): [id: string, count: number][] {
  const cost = (each: number): number => members.reduce((sum, { need }) => sum + Math.min(need, each), 0);
  let low = 0;
  let high = members.reduce((most, { need }) => Math.max(most, need), 0);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (cost(middle) <= free) low = middle;
    else high = middle - 1;
  }
  let rest = free - cost(low);
  return members.map(({ id, need }) => {
    const more = rest > 0 && need > low ? 1 : 0;
    rest -= more;
    return [id, Math.min(need, low) + more];
  });
}

/** Larger than all that was said of this holder so far, by the ledger or by the lease. */
function nextGen(pass: Pass, lease: LeaseView, entry: LedgerEntry | undefined): number {
  return Math.max(entry?.gen ?? 0, grantGen(lease, pass.account)) + 1;
}

/** What every bound incarnation shall have, and whether it may be given more now. */
function wishes(pass: Pass): Candidate[] {
  const candidates = pass.concerned.flatMap(({ view }) => (view === undefined ? [] : candidate(pass, view)));
  const asking = candidates.filter(({ want }) => want < 0);
  const known = new Set(candidates.map(({ lease }) => lease.spec.incarnation));
  // Holders that nothing can be said of keep what they have; it is not there for others.
  let fixed = chargeOf(pass.spec.entries, 'Quarantined');
  for (const candidate of candidates) if (candidate.want > 0) fixed += candidate.want;
  for (const [incarnation, entry] of Object.entries(pass.spec.entries)) {
    if (entry.state === 'Active' && !known.has(incarnation)) fixed += entry.target;
  }
  const given = allocate(pass.spec.effectiveLimit - fixed, demands(pass, asking));
  const settling = pass.nowMs - pass.electedAtMs < pass.timing.settleMs;
  for (const candidate of asking) {
    const want = given.get(candidate.id) ?? 0;
    // A new leader knows demands, but not how they changed: it does not take away on the first impression.
    candidate.want = settling ? Math.max(want, candidate.current) : want;
  }
  return candidates;
}

/** `want` is -1 where `allocate` shall say. */
function candidate(pass: Pass, lease: LeaseView): Candidate[] {
  const { spec } = lease;
  if (spec.state !== 'Bound' || spec.incarnation === undefined) return [];
  const entry = pass.spec.entries[spec.incarnation];
  if (entry !== undefined && (entry.state !== 'Active' || entry.fence !== spec.fence)) return [];
  const set = pass.sets[spec.set];
  const current = entry?.target ?? 0;
  const base = { id: lease.name, lease, entry, rank: rankOf(set?.class ?? spec.class), current };
  const status = boundStatus(lease);
  const pool = set?.pools.find(({ registry }) => registry === pass.account);
  const leaving = lease.deleting || (status !== undefined && status.phase !== 'Active');
  if (leaving || pass.registry.deleting || (set !== undefined && pool === undefined)) {
    return [{ ...base, want: 0, mayRaise: false }];
  }
  // The set is unknown (perhaps invalid now), or the container has started again and is about to be fenced: left as it is.
  if (set === undefined || status === undefined) return [{ ...base, want: current, mayRaise: false }];
  if (status.accounts?.[pass.account] === undefined) return [{ ...base, want: 0, mayRaise: false }];
  return [{ ...base, want: -1, mayRaise: true }];
}

function demands(pass: Pass, asking: readonly Candidate[]): SetDemand[] {
  const { minimums } = admitMinimums(pass.registry, Object.values(pass.sets));
  const members = Map.groupBy(asking, ({ lease }) => lease.spec.set);
  const silentMs = 3 * renewMs(pass.timing, Object.keys(pass.leases).length);
  return Object.values(pass.sets).flatMap((set): SetDemand[] => {
    const pool = set.pools.find(({ registry }) => registry === pass.account);
    if (pool === undefined || pass.registry.deleting) return [];
    const pods = (members.get(set.name) ?? []).map(({ id, lease, current }) => {
      const demand = slotsNeeded(lease.status.accounts![pass.account]!);
      // Who missed three renewals may be dead: what it were given now would be lost for a long time.
      const silent = pass.nowMs - pass.leases[id]!.reportedAtMs > silentMs;
      return { id, current, demand: silent ? Math.min(demand, current) : demand };
    });
    const { max, lendablePercent } = pool;
    return [
      { id: set.name, rank: rankOf(set.class), min: minimums.get(set.name) ?? 0, max, lendablePercent, pods },
    ];
  });
}
