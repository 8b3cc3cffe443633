/** Delegation signers of a domain (RFC 5910). */
import type { Policy } from './policy.ts';
import { Refusal } from './registry.ts';

interface Records {
  dsData?: Record<string, unknown>[];
  keyData?: Record<string, unknown>[];
}
interface Dnssec extends Records {
  maxSigLife?: number;
}
interface DnssecUpdate {
  urgent?: boolean;
  rem?: Records & { all?: true };
  add?: Dnssec;
  chg?: { maxSigLife?: number };
}

const KINDS = ['dsData', 'keyData'] as const;

/** Two records are one where all their fields are; digests and keys are compared without regard to case. */
const keyOf = (record: Record<string, unknown>): string =>
  JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))).toLowerCase();

/** Of a create. Throws 2306. */
export function checkDnssec(policy: Policy, given: unknown): void {
  if (given !== undefined) limited(policy, given as Dnssec);
}

/**
 * The records after an update; undefined where there are none. Throws 2102 on `urgent`, 2303 on a record to take away that
 * there is not, 2302 on one to add that there is, 2306 on keys beside delegation signers.
 */
export function changedDnssec(policy: Policy, now: unknown, change: unknown): Dnssec | undefined {
  const before = now as Dnssec | undefined;
  if (change === undefined) return before;
  const { urgent, rem, add, chg } = change as DnssecUpdate;
  if (urgent) throw new Refusal(2102, 'no update is urgent here');
  const left = rem?.all ? {} : without(before ?? {}, rem ?? {});
  const records = joined(left, add ?? {});
  const maxSigLife = chg?.maxSigLife ?? add?.maxSigLife ?? before?.maxSigLife;
  if (KINDS.every((kind) => records[kind] === undefined)) return undefined;
  return limited(policy, { ...records, ...(maxSigLife === undefined ? {} : { maxSigLife }) });
}

function without(before: Records, removed: Records): Records {
  return eachKind((kind) => {
    const gone = new Set((removed[kind] ?? []).map(keyOf));
    const left = (before[kind] ?? []).filter((record) => !gone.delete(keyOf(record)));
    if (gone.size > 0) throw new Refusal(2303, 'the domain has no such DNSSEC record');
    return left;
  });
}

function joined(before: Records, added: Records): Records {
  return eachKind((kind) => {
    const there = new Set((before[kind] ?? []).map(keyOf));
    if (added[kind]?.some((record) => there.has(keyOf(record)))) {
      throw new Refusal(2302, 'the domain has this DNSSEC record');
    }
    return [...(before[kind] ?? []), ...(added[kind] ?? [])];
  });
}

function eachKind(recordsOf: (kind: (typeof KINDS)[number]) => Record<string, unknown>[]): Records {
  const all: Records = {};
  for (const kind of KINDS) {
    const records = recordsOf(kind);
    if (records.length > 0) all[kind] = records;
  }
  return all;
}

function limited({ maxDnssecRecords }: Policy, records: Dnssec): Dnssec {
  const { dsData, keyData } = records;
  if (dsData && keyData) throw new Refusal(2306, 'delegation signers or keys, not both');
  if ((dsData ?? keyData ?? []).length > maxDnssecRecords) {
    throw new Refusal(2306, `at most ${maxDnssecRecords} DNSSEC records`);
  }
  return records;
}
