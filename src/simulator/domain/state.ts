/**
 * What a domain is at this moment (RFC 5731 section 2.3, RFC 3915 section 2).
 *
 *   free ──create──▶ registered ──delete──▶ redemptionPeriod ──time──▶ pendingDelete ──time──▶ free
 *             ▲          │   ▲                  │       ▲
 *             └─delete in└───│──────────────────│───────│─ addPeriod
 *                            │       restore request    │ time: no report came
 *                            └──report── pendingRestore ┘
 */

import { found, isPending } from '../objects.ts';
import { Refusal, type Registry } from '../registry.ts';
import type { DomainRecord, GracePeriod, Status } from '../store.ts';

export interface Period {
  unit: 'y' | 'm';
  value: number;
}

/** No domain expires later than this from now. */
const MOST_YEARS = 10;

/** One year where no period is given, as most registries have it. */
export function later(from: Date, period: Period = { unit: 'y', value: 1 }): Date {
  const date = new Date(from);
  if (period.unit === 'y') date.setUTCFullYear(date.getUTCFullYear() + period.value);
  else date.setUTCMonth(date.getUTCMonth() + period.value);
  return date;
}

export const latestExpiry = (now: Date): Date => later(now, { unit: 'y', value: MOST_YEARS });

export const after = (from: Date, seconds: number): Date => new Date(from.getTime() + seconds * 1000);

/** The domain as it is now, renewed by the registry where it has expired. Throws 2303. */
export function domainOf(registry: Registry, name: string): DomainRecord {
  const record = found(registry.store.domains.get(name.toLowerCase()));
  return record.expiresAt > registry.now() || record.deletion ? record : renewedByRegistry(registry, record);
}

function renewedByRegistry(registry: Registry, record: DomainRecord): DomainRecord {
  const { periods, prices } = registry.policy;
  let { expiresAt, grace } = record;
  while (expiresAt <= registry.now()) {
    const until = after(expiresAt, periods.autoRenewPeriod);
    grace = [...grace, { s: 'autoRenewPeriod', until, credit: prices.renew }];
    expiresAt = later(expiresAt);
  }
  const renewed = { ...record, expiresAt, grace };
  registry.store.domains.set(record.name, renewed);
  return renewed;
}

/** Throws 2304 on a domain that was deleted. */
export function alive(record: DomainRecord): void {
  if (record.deletion) throw new Refusal(2304, record.deletion.phase);
}

/** Those that still run. */
export const graceOf = (record: DomainRecord, now: Date): GracePeriod[] =>
  record.grace.filter(({ until }) => until > now);

/** `ok` and `inactive` are never stored: they say what else there is not. */
export function statusesOf({ statuses, ns, transfer, deletion }: DomainRecord): Status[] {
  const all = [
    ...statuses,
    ...(isPending(transfer) ? [{ s: 'pendingTransfer' }] : []),
    ...(deletion ? [{ s: 'pendingDelete' }] : []),
  ];
  if (ns === undefined && !deletion) return [...all, { s: 'inactive' }];
  return all.length === 0 ? [{ s: 'ok' }] : all;
}

/** `rgp:rgpStatus`. */
export function rgpStatusesOf(record: DomainRecord, now: Date): { s: string }[] {
  if (record.deletion) return [{ s: record.deletion.phase }];
  return [...new Set(graceOf(record, now).map(({ s }) => s))].map((s) => ({ s }));
}
