/** Steps of a ledger's pass towards the share of commands that each connection shall have: lowering first, raising what fits. */
import {
  asField,
  chargedShare,
  fitsWithin,
  higherOf,
  isLower,
  lowerOf,
  type Millicommands,
  sameShare,
  shareOfConnection,
} from './command-share.ts';
import type { Pass } from './ledger-pass.ts';
import { grantGen, type LeaseView, type LedgerEntry } from './protocol.ts';

/** Shares that are too large are lowered. The old one stays charged until the holder has acknowledged: it may be in use. */
export function lowerShares(pass: Pass): void {
  const share = shareOfConnection(pass.registry);
  for (const [incarnation, entry] of Object.entries(pass.spec.entries)) {
    const next = lowerOf(entry.millicommands, share);
    if (sameShare(next, entry.millicommands)) continue;
    if (entry.state === 'Quarantined') {
      // Nobody sends on it any more, unless it was written down that somebody may.
      setShare(entry, next, entry.chargedMillicommands ?? next);
      continue;
    }
    const lease = holderOf(pass, incarnation, entry);
    if (lease === undefined) continue;
    setShare(entry, next, chargedShare(entry));
    entry.gen = Math.max(entry.gen, grantGen(lease, pass.account)) + 1;
  }
}

/** Shares that may be larger now are raised, as far as the account has room. */
export function raiseShares(pass: Pass): void {
  if (pass.spec.learning) return;
  const { registry, spec } = pass;
  const share = shareOfConnection(registry);
  for (const [incarnation, entry] of Object.entries(spec.entries)) {
    if (entry.state !== 'Active' || !isLower(entry.millicommands, share)) continue;
    const lease = holderOf(pass, incarnation, entry);
    if (lease === undefined || !fitsWithin(registry.commands ?? {}, entry, share, spec.entries)) continue;
    setShare(entry, share, higherOf(chargedShare(entry), share));
    entry.gen = Math.max(entry.gen, grantGen(lease, pass.account)) + 1;
  }
}

/** The holder has taken over the grant: it uses no larger share any more. */
export function settleShare(entry: LedgerEntry): void {
  delete entry.chargedMillicommands;
}

/** The lease through which this incarnation can be told something; undefined when it is over or not known. */
function holderOf(
  pass: Pass,
  incarnation: string,
  { lease: name, fence }: LedgerEntry,
): LeaseView | undefined {
  const lease = pass.leases[name]?.view;
  const isBound = lease?.spec.state === 'Bound' && lease.spec.incarnation === incarnation;
  return isBound && lease.spec.fence === fence ? lease : undefined;
}

function setShare(entry: LedgerEntry, share: Millicommands, charged: Millicommands): void {
  delete entry.millicommands;
  delete entry.chargedMillicommands;
  Object.assign(entry, asField(share), !sameShare(charged, share) && { chargedMillicommands: charged });
}
