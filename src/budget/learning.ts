/**
 * Learning mode: when a ledger is missing or behind its leases (deleted, or the store was restored from a backup), nobody knows all that
 * may be open. Then nothing is raised, and what leases and holders show is charged, until everything else must be gone.
 */
import type { AccountRecord, LeaseRecord } from './allocator-state.ts';
import { asField, sameShare, usableConnections } from './command-share.ts';
import type { Pass } from './ledger-pass.ts';
import { credentialsSoFar } from './login-steps.ts';
import { boundStatus, grantGen, type LeaseView, type LedgerSpec, type RegistryFact } from './protocol.ts';
import { clockFactor, expiryMs, longestTtlMs, quarantineMs } from './timing.ts';

const released = (lease: LeaseView): boolean => boundStatus(lease)?.phase === 'Released';

/** What a bound lease shows that a holder may have at this account. */
function evidenceOf(lease: LeaseView, account: string): number {
  if (lease.spec.state !== 'Bound' || released(lease)) return 0;
  const slots = lease.spec.grants[account]?.slots ?? 0;
  return Math.max(slots, boundStatus(lease)?.accounts?.[account]?.cap ?? 0);
}

/** Why the ledger cannot be the last that was written of this account, in words; undefined when it can. */
export function behindItsLeases({ spec: ledger, account, concerned }: Pass): string | undefined {
  for (const { view: lease } of concerned) {
    if (lease === undefined) continue;
    const { spec, status } = lease;
    const gen = grantGen(lease, account);
    const heard = status.accounts?.[account]?.ackGen ?? 0;
    if (heard > gen) return `pod ${spec.pod} has heard of generation ${heard}, its lease of ${gen}`;
    if (spec.state !== 'Bound' || spec.incarnation === undefined || released(lease)) continue;
    const entry = ledger.entries[spec.incarnation];
    if (entry === undefined) {
      const slots = spec.grants[account]?.slots ?? 0;
      if (slots > 0) return `pod ${spec.pod} was granted ${slots} connections that are not charged`;
    } else if (entry.state === 'Active' && entry.fence === spec.fence) {
      if (gen > entry.gen)
        return `pod ${spec.pod} was granted generation ${gen}, the ledger knows ${entry.gen}`;
      const report = boundStatus(lease)?.accounts?.[account];
      if (report !== undefined && report.ackGen >= entry.gen && report.cap > entry.charge)
        return `pod ${spec.pod} allows itself ${report.cap} connections, ${entry.charge} are charged`;
    }
  }
  return undefined;
}

/** charge = max(entry, published slots, reported cap), for every lease. May exceed the limit: it is what is, not what is granted. */
export function chargeFromEvidence({ spec: ledger, account, concerned }: Pass): void {
  for (const { view: lease } of concerned) {
    if (lease === undefined) continue;
    const { name, spec } = lease;
    const charge = evidenceOf(lease, account);
    if (charge === 0 || spec.incarnation === undefined) continue;
    const { slots, gen, millicommands = {} } = spec.grants[account] ?? { slots: 0, gen: 0 };
    // An older grant may be in force, of which nothing is known, until this one is acknowledged.
    const share = {
      ...asField(millicommands),
      ...(!sameShare(millicommands, {}) && { chargedMillicommands: {} }),
    };
    const known = ledger.entries[spec.incarnation];
    if (known === undefined) {
      const { set, fence } = spec;
      ledger.entries[spec.incarnation] = {
        lease: name,
        set,
        fence,
        state: 'Active',
        target: slots,
        gen,
        charge,
        ...share,
        ...credentialsSoFar(lease, account),
      };
    } else if (known.state === 'Active' && known.fence === spec.fence) {
      known.charge = Math.max(known.charge, charge);
      if (gen > known.gen) {
        delete known.millicommands;
        delete known.chargedMillicommands;
        Object.assign(known, { gen, target: slots, ...share });
      }
    }
  }
}

/** max(T_exp): after this every holder that could not renew has stopped. */
export function longestExpiryMs({ timing, leases }: Pick<Pass, 'timing' | 'leases'>): number {
  const records = Object.values(leases);
  let ttl = longestTtlMs(timing, records.length);
  for (const { view } of records) {
    if (view !== undefined)
      ttl = Math.max(ttl, view.spec.ttlSeconds * 1000, (view.status.ttlInUseSeconds ?? 0) * 1000);
  }
  return expiryMs(timing, ttl);
}

/** Every holder that nobody knew of has stopped (T_exp), and the registry has dropped what it left (Q). */
export function mayStopLearning(pass: Pass): boolean {
  const { nowMs, timing, registry, record } = pass;
  const wait = longestExpiryMs(pass) + quarantineMs(timing, registry) * clockFactor(timing);
  return nowMs - record.learningSinceMs >= wait;
}

/** The first ledger of an account. It starts learning when there is any sign that there was one before. */
export function firstLedger(
  registry: RegistryFact,
  leases: readonly LeaseRecord[],
  record: AccountRecord,
): LedgerSpec {
  const { name, used } = registry;
  const evidence = leases.some(({ view }) => view !== undefined && evidenceOf(view, name) > 0);
  return {
    term: Math.max(1, record.term),
    effectiveLimit: usableConnections(registry),
    cut: 0,
    seq: 1,
    learning: evidence || used || record.ledger !== undefined || record.rolledBack,
    entries: {},
  };
}
