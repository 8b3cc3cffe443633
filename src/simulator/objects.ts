/** What holds for domains, hosts and contacts alike: who may change them, and what their statuses forbid. */
import type { AuthInfo } from './auth-info.ts';
import { type Caller, Refusal } from './registry.ts';
import type { ObjectRecord, Status, TransferRecord } from './store.ts';

export type Verb = 'delete' | 'renew' | 'transfer' | 'update';

const PROHIBITIONS: Readonly<Record<Verb, readonly string[]>> = {
  delete: ['clientDeleteProhibited', 'serverDeleteProhibited'],
  renew: ['clientRenewProhibited', 'serverRenewProhibited'],
  transfer: ['clientTransferProhibited', 'serverTransferProhibited'],
  update: ['clientUpdateProhibited', 'serverUpdateProhibited'],
};

export const isPending = (transfer: TransferRecord | undefined): boolean => transfer?.status === 'pending';

/** Throws 2303. */
export function found<T>(record: T | undefined, what?: string): T {
  if (record === undefined) throw new Refusal(2303, what);
  return record;
}

/** Throws 2201. */
export function onlySponsor(record: ObjectRecord, { clientId }: Caller): void {
  if (record.sponsor !== clientId) throw new Refusal(2201, 'the object belongs to another registrar');
}

/**
 * Throws 2304. Of a pending transfer another request for one is told apart (2300) before.
 * @param lifted statuses that the command itself takes away
 */
export function allowed(record: ObjectRecord, verb: Verb, lifted: readonly string[] = []): void {
  if (isPending(record.transfer)) throw new Refusal(2304, 'pendingTransfer');
  // the one status that may be taken away while it forbids all changes (RFC 5731 section 2.3)
  const isLifted = (s: string) => s === 'clientUpdateProhibited' && lifted.includes(s);
  const status = record.statuses.find(({ s }) => PROHIBITIONS[verb].includes(s) && !isLifted(s));
  if (status) throw new Refusal(2304, status.s);
}

/** Statuses after an update. Throws 2306 on those that clients do not set. */
export function changedStatuses(
  now: readonly Status[],
  added: readonly Status[] = [],
  removed: readonly Status[] = [],
): Status[] {
  if ([...added, ...removed].some(({ s }) => !s.startsWith('client'))) {
    throw new Refusal(2306, 'a client sets client statuses only');
  }
  return mergedStatuses(now, added, removed);
}

export function mergedStatuses(
  now: readonly Status[],
  added: readonly Status[],
  removed: readonly Pick<Status, 's'>[],
): Status[] {
  const gone = new Set([...added, ...removed].map(({ s }) => s));
  const last = new Map(added.map((status) => [status.s, status]));
  return [...now.filter(({ s }) => !gone.has(s)), ...last.values()];
}

/** Throws 2202 where the authInfo that a command brings is not that of the object. */
export function authorize(given: AuthInfo | undefined, matches: (given: AuthInfo) => boolean): boolean {
  if (given === undefined) return false;
  if (!matches(given)) throw new Refusal(2202);
  return true;
}

/** Who made and changed it, and when. */
export function historyOf(record: ObjectRecord): Record<string, string> {
  const { updatedBy, updatedAt, transferredAt } = record;
  return {
    clID: record.sponsor,
    crID: record.createdBy,
    crDate: record.createdAt.toISOString(),
    ...(updatedBy === undefined ? {} : { upID: updatedBy }),
    ...(updatedAt === undefined ? {} : { upDate: updatedAt.toISOString() }),
    ...(transferredAt === undefined ? {} : { trDate: transferredAt.toISOString() }),
  };
}

/** The end of every update. */
export const updatedNow = ({ clientId, registry }: Caller & { registry: { now(): Date } }) => ({
  updatedBy: clientId,
  updatedAt: registry.now(),
});

/** Throws 2306 on a check of more than the registry takes. */
export function limitCheck(count: number, most: number): void {
  if (count > most) throw new Refusal(2306, `at most ${most} in one check`);
}
