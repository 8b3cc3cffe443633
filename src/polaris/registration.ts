/**
 * What Polaris is told of each instance, and when. Pure: state, event and time in, state out.
 *
 *                       400201 of a first register: somebody before us did; what he said may be old
 *              ╭─────────────────────────────────────────────╮
 *              ▼                                             │
 *   (wanted) absent ── register ──▶ registered ── heartbeat ─┤ each TTL
 *              ▲                        │    ▲──────────────┤ done
 *              │                        │                   ╰ 400202 more than three times in a row: absent
 *              ╰──── deregister ────────╯ not wanted any more, or otherwise
 *
 * Registering what is there changes nothing of it at Polaris, so a change is a deregistration and a registration. Failures are tried
 * again with a back-off of each instance's own.
 */
import { keyOfInstance, type PolarisInstance } from './instances.ts';

export type PolarisAction = 'register' | 'heartbeat' | 'deregister';

/** Codes of Polaris. */
export const CODE = { ok: 200_000, unchanged: 200_001, alreadyThere: 400_201, notThere: 400_202 } as const;

const LOST_AFTER = 3;
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 60_000;

interface Entry {
  /** Undefined: it shall go. */
  readonly wanted: PolarisInstance | undefined;
  /** What Polaris has of it; undefined: nothing, as far as we know. */
  readonly told: PolarisInstance | undefined;
  /** A predecessor's was replaced: a further 400201 is our own doing. */
  readonly taken: boolean;
  readonly dueMs: number;
  /** Requests in a row that failed. */
  readonly failures: number;
  /** Heartbeats in a row that nobody knew. */
  readonly lost: number;
  readonly busy: boolean;
}

export type Registrations = ReadonlyMap<string, Entry>;

export type PolarisEvent = { nowMs: number } /** All there are. */ & (
  | { type: 'instances'; instances: readonly PolarisInstance[] }
  | { type: 'asked'; key: string }
  /** @param code undefined: there was no answer */
  | {
      type: 'answered';
      key: string;
      action: PolarisAction;
      instance: PolarisInstance;
      code: number | undefined;
    }
);

export interface Due {
  key: string;
  action: PolarisAction;
  instance: PolarisInstance;
}

export function reduce(
  state: Registrations,
  event: PolarisEvent,
  { ttlMs }: { ttlMs: number },
): Registrations {
  switch (event.type) {
    case 'instances':
      return wants(state, event.instances, event.nowMs);
    case 'asked':
      return changed(state, event.key, (entry) => ({ ...entry, busy: true }));
    case 'answered':
      return changed(state, event.key, (entry) => answered({ ...entry, busy: false }, event, ttlMs));
  }
}

function wants(state: Registrations, instances: readonly PolarisInstance[], nowMs: number): Registrations {
  const wanted = new Map(instances.map((instance) => [keyOfInstance(instance), instance]));
  const next = new Map<string, Entry>();
  for (const [key, entry] of state) {
    const instance = wanted.get(key);
    wanted.delete(key);
    const isSame = same(instance, entry.wanted);
    // What nobody wants and nobody was told of is forgotten
    if (instance === undefined && entry.told === undefined && !entry.busy) continue;
    next.set(key, isSame ? entry : { ...entry, wanted: instance, dueMs: Math.min(entry.dueMs, nowMs) });
  }
  for (const [key, instance] of wanted) {
    next.set(key, {
      wanted: instance,
      told: undefined,
      taken: false,
      dueMs: nowMs,
      failures: 0,
      lost: 0,
      busy: false,
    });
  }
  return next;
}

function answered(
  entry: Entry,
  { action, instance, code, nowMs }: Extract<PolarisEvent, { type: 'answered' }>,
  ttlMs: number,
): Entry | undefined {
  const done = { ...entry, failures: 0, lost: 0 };
  const isOk = code === CODE.ok || code === CODE.unchanged;
  if (action === 'deregister' && (isOk || code === CODE.notThere)) {
    return entry.wanted === undefined ? undefined : { ...done, told: undefined, dueMs: nowMs };
  }
  if (action === 'register' && code === CODE.alreadyThere && !entry.taken) {
    return { ...done, taken: true, told: unsure(instance), dueMs: nowMs };
  }
  if (action === 'register' && (isOk || code === CODE.alreadyThere)) {
    const isWanted = same(entry.wanted, instance);
    return { ...done, taken: true, told: instance, dueMs: isWanted ? nowMs + ttlMs : nowMs };
  }
  if (action === 'heartbeat' && isOk) {
    return { ...done, dueMs: same(entry.wanted, entry.told) ? nowMs + ttlMs : nowMs };
  }
  if (action === 'heartbeat' && code === CODE.notThere) {
    const lost = entry.lost + 1;
    return lost > LOST_AFTER
      ? { ...done, told: undefined, dueMs: nowMs }
      : { ...entry, lost, dueMs: nowMs + ttlMs };
  }
  const failures = entry.failures + 1;
  const waitMs = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** Math.min(failures - 1, 10));
  // Without an answer it may be there
  const told = action === 'register' && code === undefined ? unsure(instance) : entry.told;
  return { ...entry, told, failures, dueMs: nowMs + waitMs };
}

/** As nobody wants it: it is replaced. */
const unsure = (instance: PolarisInstance): PolarisInstance => ({ ...instance, set: '' });

/** What is to be asked now, and the time of what comes next; undefined: nothing will. */
export function due(state: Registrations, nowMs: number): { now: Due[]; nextMs: number | undefined } {
  const now: Due[] = [];
  let nextMs: number | undefined;
  for (const [key, entry] of state) {
    if (entry.busy) continue;
    const what = actionOf(entry);
    if (what === undefined) continue;
    if (entry.dueMs <= nowMs) now.push({ key, ...what });
    else nextMs = Math.min(nextMs ?? Number.POSITIVE_INFINITY, entry.dueMs);
  }
  return { now, nextMs };
}

function actionOf({ wanted, told }: Entry): Omit<Due, 'key'> | undefined {
  if (told === undefined) return wanted && { action: 'register', instance: wanted };
  if (same(wanted, told)) return { action: 'heartbeat', instance: told };
  return { action: 'deregister', instance: told };
}

/** How many Polaris has as they should be, and how many it has not. */
export function countOf(state: Registrations): { registered: number; pending: number } {
  let registered = 0;
  for (const { wanted, told } of state.values()) if (wanted !== undefined && same(wanted, told)) registered++;
  return { registered, pending: state.size - registered };
}

function same(a: PolarisInstance | undefined, b: PolarisInstance | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return keyOfInstance(a) === keyOfInstance(b) && a.set === b.set && a.isolate === b.isolate;
}

function changed(
  state: Registrations,
  key: string,
  change: (entry: Entry) => Entry | undefined,
): Registrations {
  const entry = state.get(key);
  if (entry === undefined) return state;
  const next = new Map(state);
  const now = change(entry);
  // Without anything told and wanted there is nothing left to do
  if (now === undefined || (now.wanted === undefined && now.told === undefined && !now.busy))
    next.delete(key);
  else next.set(key, now);
  return next;
}
