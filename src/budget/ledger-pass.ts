import type { AccountRecord, LeaseRecord, QuarantineTimer } from './allocator-state.ts';
import { chargedShare, overspent, sameShare, usableConnections } from './command-share.ts';
import { lowerShares, raiseShares, settleShare } from './command-steps.ts';
import { behindItsLeases, chargeFromEvidence, longestExpiryMs, mayStopLearning } from './learning.ts';
import { sameCredentials, sameLogin } from './login-breaker.ts';
import { stepLogins } from './login-steps.ts';
import {
  boundStatus,
  chargeOf,
  grantGen,
  type LedgerEntry,
  type LedgerSpec,
  type Note,
  type RegistryFact,
  type SetFact,
} from './protocol.ts';
import { raiseAndLower } from './targets.ts';
import { clockFactor, quarantineMs, type Timing } from './timing.ts';

/** All that one pass over one ledger looks at. */
export interface PassInput {
  nowMs: number;
  timing: Timing;
  electedAtMs: number;
  registry: RegistryFact;
  /** All known sets. */
  sets: Readonly<Record<string, SetFact>>;
  leases: Readonly<Record<string, LeaseRecord>>;
  record: AccountRecord;
}

export interface PassResult {
  /** The same object when there is nothing to write. */
  spec: LedgerSpec;
  /** Leases that must be read before anything can be said of their entries. */
  unknownLeases: string[];
  notes: Note[];
  /** Invariant I2 would not hold: nothing may be written. A bug of ours, in words. */
  broken?: string;
}

/** A pass under way: the rules change `spec`, a copy of the ledger. */
export interface Pass extends PassInput {
  spec: LedgerSpec;
  account: string;
  /** Leases that have to do with this account, sorted by name. */
  concerned: readonly LeaseRecord[];
  unknownLeases: Set<string>;
  notes: Note[];
}

/**
 * The one compare-and-swap of a ledger: rules a to e of the protocol, in this order. Every rule looks at the ledger as it is and at one
 * snapshot of a lease, so that a leader that finds a half-done step just does the rest.
 */
export function passLedger(old: LedgerSpec, input: PassInput): PassResult {
  const account = input.registry.name;
  const pass: Pass = {
    ...input,
    account,
    spec: {
      ...old,
      entries: Object.fromEntries(Object.entries(old.entries).map(([id, entry]) => [id, { ...entry }])),
    },
    concerned: concerned(account, input.leases),
    unknownLeases: new Set(),
    notes: [],
  };
  learn(pass);
  releaseOrQuarantine(pass);
  lowerCharges(pass);
  endQuarantines(pass);
  cutAndRecover(pass);
  lowerShares(pass);
  raiseAndLower(pass);
  raiseShares(pass);
  stepLogins(pass);
  const unknownLeases = [...pass.unknownLeases].sort();
  const broken = breachOf(old, pass);
  if (broken !== undefined) return { spec: old, unknownLeases, notes: [], broken };
  if (sameLedger(old, pass.spec)) return { spec: old, unknownLeases, notes: [] };
  return { spec: { ...pass.spec, seq: old.seq + 1 }, unknownLeases, notes: pass.notes };
}

function concerned(account: string, leases: PassInput['leases']): LeaseRecord[] {
  return Object.values(leases)
    .filter(
      ({ view }) =>
        view !== undefined && (account in view.spec.grants || account in (view.status.accounts ?? {})),
    )
    .sort((a, b) => (a.view!.name < b.view!.name ? -1 : 1));
}

function learn(pass: Pass): void {
  const { spec } = pass;
  if (!spec.learning) {
    const why = pass.record.rolledBack ? 'the store went back to an older state' : behindItsLeases(pass);
    if (why === undefined) return;
    spec.learning = true;
    note(
      pass,
      'Warning',
      'Learning',
      `the ledger is behind its leases: ${why}; nothing is raised until all that may be open is known to be gone`,
    );
  } else if (mayStopLearning(pass)) {
    spec.learning = false;
    note(pass, 'Normal', 'Learned', 'whatever was open without being charged is gone now; raising again');
    return;
  }
  chargeFromEvidence(pass);
}

/** Rules a and b: what becomes of entries whose incarnation is over. */
function releaseOrQuarantine(pass: Pass): void {
  for (const [incarnation, entry] of Object.entries(pass.spec.entries)) {
    if (entry.state !== 'Active') continue;
    const lease = pass.leases[entry.lease];
    if (lease?.view === undefined) {
      if (lease?.gone) quarantineOrphan(pass, entry, 'its lease was removed by force');
      else pass.unknownLeases.add(entry.lease);
      continue;
    }
    const { spec, status } = lease.view;
    if (status.incarnation === incarnation && status.phase === 'Released') {
      // a  It said that it opens nothing any more. What it could not close in order still counts.
      const left = status.accounts?.[pass.account]?.cap ?? 0;
      if (left === 0) delete pass.spec.entries[incarnation];
      else quarantine(pass, entry, Math.min(entry.charge, left));
    } else if (spec.fence > entry.fence || (spec.incarnation === incarnation && spec.state === 'Fenced')) {
      // b  Fenced, or its container's successor is bound: it has stopped. All that it may have left open is kept charged.
      quarantine(pass, entry, entry.charge);
    } else if (spec.fence < entry.fence || spec.incarnation !== incarnation) {
      // The lease does not know what the ledger knows. A late watch shows that, and a store that went back: ask the store.
      if (!lease.confirmed) {
        pass.unknownLeases.add(entry.lease);
        continue;
      }
      quarantineOrphan(pass, entry, 'its lease went back to an older state');
      pass.spec.learning = true;
    }
  }
}

function quarantine(pass: Pass, entry: LedgerEntry, charge: number): void {
  entry.state = 'Quarantined';
  entry.target = 0;
  entry.charge = charge;
  // Whoever is in quarantine sends nothing any more.
  settleShare(entry);
  entry.remainingSeconds = quarantineMs(pass.timing, pass.registry) / 1000;
  const seconds = Math.ceil(entry.remainingSeconds);
  note(
    pass,
    'Warning',
    'Quarantined',
    `${charge} connections of a pod of ${entry.set} may still be counted by the registry; they are not given to others for ${seconds} s`,
    { set: entry.set, connections: charge },
  );
}

/** Nobody fenced this holder: it may go on until its time to live is over. So that is waited for too. */
function quarantineOrphan(pass: Pass, entry: LedgerEntry, why: string): void {
  const chargedMillicommands = chargedShare(entry);
  quarantine(pass, entry, entry.charge);
  entry.chargedMillicommands = chargedMillicommands;
  entry.remainingSeconds = (entry.remainingSeconds ?? 0) + longestExpiryMs(pass) / 1000;
  note(
    pass,
    'Warning',
    'LeaseLost',
    `the lease ${entry.lease} of a pod of ${entry.set} cannot be relied on: ${why}`,
    { set: entry.set },
  );
}

/** Rule c: a charge falls to what the holder says it allows itself, once it has taken over the very grant that the ledger speaks of. */
function lowerCharges(pass: Pass): void {
  for (const [incarnation, entry] of Object.entries(pass.spec.entries)) {
    if (entry.state !== 'Active') continue;
    const lease = pass.leases[entry.lease]?.view;
    if (lease === undefined || lease.spec.incarnation !== incarnation || lease.spec.fence !== entry.fence)
      continue;
    const report = boundStatus(lease)?.accounts?.[pass.account];
    if (report === undefined) continue;
    if (grantGen(lease, pass.account) !== entry.gen || report.ackGen !== entry.gen) continue;
    entry.charge = Math.min(entry.charge, Math.max(entry.target, report.cap));
    settleShare(entry);
    if (entry.charge === 0) delete pass.spec.entries[incarnation];
  }
}

/** Rule d: a quarantine ends by our own elapsed time; now and then the rest is written down for the next leader. */
function endQuarantines(pass: Pass): void {
  const factor = clockFactor(pass.timing);
  for (const [incarnation, entry] of Object.entries(pass.spec.entries)) {
    const timer = pass.record.quarantines[incarnation];
    if (entry.state !== 'Quarantined' || timer === undefined) continue;
    const elapsedMs = pass.nowMs - timer.sinceMs;
    const leftMs = timer.remainingSeconds * 1000 - elapsedMs / factor;
    if (leftMs <= 0) delete pass.spec.entries[incarnation];
    else if (elapsedMs >= pass.timing.persistMs) entry.remainingSeconds = Math.ceil(leftMs) / 1000;
  }
}

/** When the first quarantine of these is over, on our clock. */
export function nextQuarantineEndMs(
  timing: Timing,
  timers: Readonly<Record<string, QuarantineTimer>>,
): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { sinceMs, remainingSeconds } of Object.values(timers)) {
    next = Math.min(next, sinceMs + remainingSeconds * 1000 * clockFactor(timing));
  }
  // Not a rounding error too early.
  return next + 1;
}

/** The registry refuses below its limit: one less for each report window in which it did, one more for each quiet spell. */
function cutAndRecover(pass: Pass): void {
  const { spec, registry, nowMs, timing } = pass;
  const { hitAtMs = Number.NEGATIVE_INFINITY, cutAtMs } = pass.record;
  const usable = usableConnections(registry);
  // One connection stays, or nobody would ever find out that the registry takes them again.
  spec.cut = Math.min(spec.cut, Math.max(0, usable - 1));
  if (hitAtMs > cutAtMs && nowMs - cutAtMs >= timing.cutWindowMs && spec.cut < usable - 1) {
    spec.cut += 1;
    note(
      pass,
      'Warning',
      'LimitReached',
      `the registry refused a session as over its limit although ${usable} should be allowed; using at most ${usable - spec.cut} for now`,
    );
  } else if (spec.cut > 0 && nowMs - Math.max(hitAtMs, cutAtMs) >= timing.cutRecoveryMs) {
    spec.cut -= 1;
    note(
      pass,
      'Normal',
      'LimitRecovered',
      `no refusal for a while; using up to ${usable - spec.cut} connections again`,
    );
  }
  spec.effectiveLimit = usable - spec.cut;
}

/** Invariants I2 and I12, before anything is written: better no write than an overbooked registry. */
function breachOf(old: LedgerSpec, { spec, account, registry }: Pass): string | undefined {
  if (spec.learning) return undefined;
  const span = overspent(registry.commands ?? {}, old.entries, spec.entries);
  if (span !== undefined)
    return `a pass over ledger ${account} would give out more commands ${span} than the account allows: not written; please report this as a bug`;
  const [before, after] = [chargeOf(old.entries), chargeOf(spec.entries)];
  if (after <= spec.effectiveLimit || after <= before) return undefined;
  return `a pass over ledger ${account} would charge ${after} of ${spec.effectiveLimit} connections: not written; please report this as a bug`;
}

function sameLedger(a: LedgerSpec, b: LedgerSpec): boolean {
  if (a.effectiveLimit !== b.effectiveLimit || a.cut !== b.cut || a.learning !== b.learning) return false;
  if (!sameLogin(a.login, b.login)) return false;
  const ids = Object.keys(a.entries);
  if (ids.length !== Object.keys(b.entries).length) return false;
  return ids.every((id) => {
    const [x, y] = [a.entries[id]!, b.entries[id]];
    return (
      y !== undefined &&
      x.state === y.state &&
      x.target === y.target &&
      x.gen === y.gen &&
      x.charge === y.charge &&
      x.fence === y.fence &&
      sameShare(x.millicommands, y.millicommands) &&
      sameCharged(x, y) &&
      sameCredentials(x.credentials, y.credentials) &&
      x.remainingSeconds === y.remainingSeconds
    );
  });
}

/** Absent is not the same as no limit here. */
function sameCharged(x: LedgerEntry, y: LedgerEntry): boolean {
  const [a, b] = [x.chargedMillicommands, y.chargedMillicommands];
  return (a === undefined) === (b === undefined) && sameShare(a, b);
}

export function note(
  pass: Pass,
  type: Note['type'],
  reason: string,
  message: string,
  more: Pick<Note, 'set' | 'connections'> = {},
): void {
  pass.notes.push({ about: { kind: 'EppRegistry', name: pass.account }, type, reason, message, ...more });
}
