/**
 * What the allocator writes into leases: BIND, FENCE and PUBLISH of the protocol, and their beginning and end. Each function looks at one
 * snapshot of a lease and answers with the spec to be written by compare-and-swap at exactly that version, or undefined.
 */

import type { AllocatorState, LeaseRecord } from './allocator-state.ts';
import { asField } from './command-share.ts';
import { isLoginNews, loginGrant } from './login-breaker.ts';
import { boundStatus, type LeaseSpec, type LeaseView, type PodFact, type SetFact } from './protocol.ts';
import { expiryMs, renewMs, type Timing, ttlMs } from './timing.ts';

type Ledgers = AllocatorState['accounts'];

/**
 * 1 BIND: an incarnation that is new, and has not released itself already, takes the lease over. The larger fence shuts its
 * predecessor out; it starts with nothing.
 */
export function bind(record: LeaseRecord, state: AllocatorState): LeaseSpec | undefined {
  const { view: lease } = record;
  if (lease === undefined || !wantsToBeBound(lease) || knowsMoreThanWe(lease, state)) return undefined;
  const incarnation = lease.status.incarnation!;
  // An incarnation that a ledger has an entry of was bound before. It is never revived.
  const known = Object.values(state.accounts).some(
    ({ ledger }) => ledger?.spec.entries[incarnation] !== undefined,
  );
  if (known) return undefined;
  const { spec } = lease;
  const pods = Object.keys(state.leases).length;
  return {
    ...withoutGrants(lease),
    incarnation,
    state: 'Bound',
    fence: spec.fence + 1,
    ttlSeconds: ttlMs(state.timing, state.sets[spec.set]?.class ?? spec.class, pods) / 1000,
    renewSeconds: renewMs(state.timing, pods) / 1000,
  };
}

export function wantsToBeBound({ spec, status }: LeaseView): boolean {
  return (
    status.incarnation !== undefined && status.phase !== 'Released' && status.incarnation !== spec.incarnation
  );
}

/** How long after the last binding the next one waits: the first two at once, then 1, 2, 4 … minutes. */
export function bindBackoffMs(timing: Timing, bindsInARow: number): number {
  if (bindsInARow < 2) return 0;
  return Math.min(timing.bindBackoffMaxMs, timing.bindBackoffMs * 2 ** (bindsInARow - 2));
}

/** The holder heard of grants that the store has forgotten. First the ledger must have learned from that, then it may be wiped out. */
function knowsMoreThanWe(lease: LeaseView, { accounts, registries }: AllocatorState): boolean {
  return Object.entries(lease.status.accounts ?? {}).some(([account, { ackGen }]) => {
    const ledger = accounts[account]?.ledger;
    if (registries[account] === undefined || ledger === undefined || ledger.spec.learning) return false;
    return ackGen > (lease.spec.grants[account]?.gen ?? 0);
  });
}

/** T_exp of a lease, by the longest time to live that its holder may be using. */
export function leaseExpiryMs(timing: Timing, { spec, status }: LeaseView): number {
  return expiryMs(timing, Math.max(spec.ttlSeconds, status.ttlInUseSeconds ?? 0) * 1000);
}

/**
 * 2 FENCE: a bound holder whose report has not changed for T_exp on our clock. It is written at exactly the version that still shows that
 * report; a conflict means that it renewed. Our own writes to the lease do not give it more time, since they are no word of the holder.
 */
export function fenceSilent(record: LeaseRecord, timing: Timing, nowMs: number): LeaseSpec | undefined {
  const { view: lease } = record;
  if (lease?.spec.state !== 'Bound' || boundStatus(lease)?.phase === 'Released') return undefined;
  return nowMs - record.reportedAtMs >= leaseExpiryMs(timing, lease) ? fenced(lease) : undefined;
}

/** A container that starts again and again waits for its binding; its predecessor is known to be dead and is fenced at once. */
export function fencePredecessor({ view: lease }: LeaseRecord, state: AllocatorState): LeaseSpec | undefined {
  if (lease?.spec.state !== 'Bound' || !wantsToBeBound(lease) || knowsMoreThanWe(lease, state))
    return undefined;
  return fenced(lease);
}

const fenced = (lease: LeaseView): LeaseSpec => ({ ...withoutGrants(lease), state: 'Fenced' });

/** Nobody may log in, and every grant is at 0, with a generation that is larger than all that lease and holder have heard of. */
function withoutGrants({ spec, status }: LeaseView): LeaseSpec {
  const accounts = [...new Set([...Object.keys(spec.grants), ...Object.keys(status.accounts ?? {})])].sort();
  const grants = accounts.map((account) => {
    const gen = Math.max(spec.grants[account]?.gen ?? 0, status.accounts?.[account]?.ackGen ?? 0);
    return [account, { slots: 0, gen: gen + 1 }] as const;
  });
  const { logins: _, ...left } = spec;
  return { ...left, grants: Object.fromEntries(grants) };
}

/** 4 PUBLISH: a plain copy of what the ledgers say of the bound incarnation, where they say something newer. */
export function publish({ view: lease }: LeaseRecord, accounts: Ledgers): LeaseSpec | undefined {
  if (lease?.spec.state !== 'Bound' || lease.spec.incarnation === undefined) return undefined;
  // It opens nothing any more, and its entry goes.
  if (boundStatus(lease)?.phase === 'Released') return undefined;
  const { spec } = lease;
  const incarnation = lease.spec.incarnation;
  const grants = { ...spec.grants };
  const logins = { ...spec.logins };
  let news = false;
  for (const [account, { ledger, claimed }] of Object.entries(accounts)) {
    const entry = claimed ? ledger?.spec.entries[incarnation] : undefined;
    if (entry?.state !== 'Active' || entry.fence !== spec.fence) continue;
    const { login } = ledger!.spec;
    if (login !== undefined) {
      const told = loginGrant(login, incarnation, entry);
      if (isLoginNews(told, logins[account], boundStatus(lease)?.accounts?.[account]?.login)) {
        logins[account] = told;
        news = true;
      }
    }
    if (entry.gen <= (grants[account]?.gen ?? 0)) continue;
    grants[account] = { slots: entry.target, gen: entry.gen, ...asField(entry.millicommands ?? {}) };
    news = true;
  }
  return news ? { ...spec, grants, ...(Object.keys(logins).length > 0 && { logins }) } : undefined;
}

/**
 * The lease of a new pod. Where a former lease of this pod was removed by force, ledgers still know its fence and generations: they go on
 * from there. Undefined as long as an entry of it is not in quarantine.
 */
export function firstLease(pod: PodFact, set: SetFact, state: AllocatorState): LeaseSpec | undefined {
  const grants: LeaseSpec['grants'] = {};
  let fence = 0;
  for (const [account, { ledger }] of Object.entries(state.accounts)) {
    for (const entry of Object.values(ledger?.spec.entries ?? {})) {
      if (entry.lease !== pod.uid) continue;
      if (entry.state === 'Active') return undefined;
      fence = Math.max(fence, entry.fence);
      grants[account] = { slots: 0, gen: Math.max(grants[account]?.gen ?? 0, entry.gen) };
    }
  }
  const pods = Object.keys(state.leases).length;
  return {
    pod: pod.name,
    set: pod.set,
    class: set.class,
    fence,
    state: 'None',
    ttlSeconds: ttlMs(state.timing, set.class, pods) / 1000,
    renewSeconds: renewMs(state.timing, pods) / 1000,
    grants,
  };
}

/** True when the pod is gone and no ledger has an entry of its lease, nor misses one: the finalizer may go. */
export function mayLetGo({ view: lease }: LeaseRecord, state: AllocatorState): boolean {
  if (lease === undefined || !lease.deleting || !lease.held) return false;
  for (const [account, { ledger, claimed, exchange }] of Object.entries(state.accounts)) {
    const registry = state.registries[account];
    if (ledger === undefined && (registry === undefined || registry.deleting)) continue;
    if (ledger === undefined || !claimed || exchange.doing !== 'nothing' || exchange.unsure) return false;
    if (Object.values(ledger.spec.entries).some((entry) => entry.lease === lease.name)) return false;
    if (lease.spec.state === 'Bound' && boundStatus(lease)?.phase !== 'Released') {
      if ((lease.spec.grants[account]?.slots ?? 0) > 0) return false;
    }
  }
  return true;
}
