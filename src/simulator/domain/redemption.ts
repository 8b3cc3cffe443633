/** Deleted domains: out by time, or back by a restore (RFC 3915). The states are drawn in state.ts. */
import type { DomainRestore } from '../../epp/commands/restore.ts';
import { charge } from '../fees.ts';
import { enqueue } from '../messages.ts';
import { updatedNow } from '../objects.ts';
import { Refusal, type Registry, type Request } from '../registry.ts';
import type { Reply } from '../replies.ts';
import type { Deletion, DomainRecord, TransactionIds } from '../store.ts';
import { tellExtensions } from '../tell.ts';
import { after } from './state.ts';

/** With no name servers of its own in the zone any more; its grace periods have ended. */
export function beginDeletion(registry: Registry, record: DomainRecord, ids: TransactionIds): void {
  const now = registry.now();
  enter(registry, { ...record, grace: [] }, 'redemptionPeriod', { from: now, deletedAt: now, ids });
}

const NEXT: Readonly<Record<Deletion['phase'], Deletion['phase'] | 'gone'>> = {
  redemptionPeriod: 'pendingDelete',
  pendingRestore: 'redemptionPeriod',
  pendingDelete: 'gone',
};

/** @param begun.from when the phase begins: time that was due long ago is no later for that */
function enter(
  registry: Registry,
  record: DomainRecord,
  phase: Deletion['phase'],
  begun: { from: Date; deletedAt: Date; ids: TransactionIds },
): DomainRecord {
  const { from, deletedAt, ids } = begun;
  const deletion: Deletion = { phase, deletedAt, ids, until: after(from, registry.policy.periods[phase]) };
  const deleted = { ...record, deletion };
  registry.store.domains.set(record.name, deleted);
  goOnInTime(registry, record.name, deletion);
  return deleted;
}

function goOnInTime(registry: Registry, name: string, deletion: Deletion): void {
  const { phase, until, deletedAt, ids } = deletion;
  registry.agenda.add(until, () => {
    const now = registry.store.domains.get(name);
    if (now?.deletion !== deletion) return;
    const next = NEXT[phase];
    if (next === 'gone') purge(registry, now, deletion);
    else enter(registry, now, next, { from: until, deletedAt, ids });
  });
}

/** Of a store that was read from a file. */
export function resumeDeletions(registry: Registry): void {
  for (const { name, deletion } of registry.store.domains.values()) {
    if (deletion) goOnInTime(registry, name, deletion);
  }
}

/** The delete was answered 1001: now its client learns what became of it (RFC 5731 section 3.3). */
function purge({ store }: Registry, { name, sponsor }: DomainRecord, { ids, until }: Deletion): void {
  store.domains.delete(name);
  const paTRID = { ...(ids.clTRID === undefined ? {} : { clTRID: ids.clTRID }), svTRID: ids.svTRID };
  const value = { name, paResult: true, paTRID, paDate: until.toISOString() };
  enqueue(
    store,
    sponsor,
    { text: 'Domain deleted.', data: { mapping: 'domain', name: 'panData', value } },
    until,
  );
}

/** An update with the extension rgp. */
export function restore(request: Request, record: DomainRecord): Reply {
  const asked = (request.extensions.rgp as { restore: Pick<DomainRestore, 'op'> }).restore;
  return asked.op === 'request' ? restoreRequest(request, record) : restoreReport(request, record);
}

function restoreRequest(request: Request, record: DomainRecord): Reply {
  const { registry } = request;
  const { deletion } = record;
  if (deletion?.phase !== 'redemptionPeriod')
    throw new Refusal(2304, 'the domain is not in its redemptionPeriod');
  const { told } = charge(request, 'restore', record.name);
  const changed = { ...record, ...updatedNow(request) };
  if (!registry.policy.restoreReport) {
    restored(registry, changed);
    return { code: 1000, ...tellExtensions(request, told) };
  }
  const from = registry.now();
  const pending = enter(registry, changed, 'pendingRestore', { ...deletion, from });
  const rgpStatus = { s: 'pendingRestore' };
  const value = {
    name: record.name,
    rgpStatus,
    reqDate: from.toISOString(),
    reportDueDate: (pending.deletion?.until ?? from).toISOString(),
  };
  const data = { mapping: 'rgpPoll' as const, name: 'pollData', value };
  enqueue(registry.store, record.sponsor, { text: 'Restore report is due.', data }, from);
  const rgp = { name: 'rgp', element: 'upData', value: { rgpStatuses: [rgpStatus] } };
  return { code: 1000, ...tellExtensions(request, [rgp, ...told]) };
}

function restoreReport(request: Request, record: DomainRecord): Reply {
  if (record.deletion?.phase !== 'pendingRestore') throw new Refusal(2304, 'no report is awaited');
  restored(request.registry, { ...record, ...updatedNow(request) });
  return { code: 1000 };
}

function restored({ store }: Registry, { deletion: _, ...record }: DomainRecord): void {
  store.domains.set(record.name, record);
}
