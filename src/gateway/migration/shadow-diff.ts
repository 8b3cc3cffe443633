/**
 * Where the sets' answer to a copied read differs from the legacy path's. Pure.
 *
 * Compared are the class of the status (2xx, 4xx, …) and, of successes in JSON with a member `data`:
 *
 * - of a check the availability by name (`data.cd[].avail`),
 * - of an info all of `data` but what changes between two looks at it (`VOLATILE`) and what is secret (`authInfo`). Lists count as sets, instants by
 *   their time, other texts without regard to case, as names have none.
 *
 * What comes out are paths such as `data.ns.hostObj`, and never a value.
 */

export type ShadowDiff = readonly string[] | 'uncompared';

/** An answer as far as it is compared. */
export interface Compared {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** Who changed an object last, and when: true of the moment alone. */
const VOLATILE: ReadonlySet<string> = new Set(['upID', 'upDate']);
const SECRET: ReadonlySet<string> = new Set(['authInfo']);
const MAX_DEPTH = 16;
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;

/** Empty: both say the same. `uncompared`: the statuses agree, and one body or both are in a form that is not known. */
export function shadowDiff(command: string, legacy: Compared, sets: Compared): ShadowDiff {
  const statusClass = Math.floor(legacy.status / 100);
  if (statusClass !== Math.floor(sets.status / 100)) return ['status'];
  if (statusClass !== 2) return [];
  const [theirs, ours] = [dataOf(legacy), dataOf(sets)];
  if (theirs === undefined || ours === undefined) return 'uncompared';
  if (command !== 'check') return differing(theirs, ours, 'data');
  const [before, now] = [availability(theirs), availability(ours)];
  if (!before || !now) return 'uncompared';
  const names = new Set([...before.keys(), ...now.keys()]);
  return [...names].filter((name) => before.get(name) !== now.get(name)).map((name) => `avail of ${name}`);
}

function dataOf({ headers, body }: Compared): unknown {
  const type = headers['content-type'];
  if (typeof type !== 'string' || !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return undefined;
  // compressed, as a legacy system may answer who asked for it
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
    return undefined;
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return isObject(parsed) && isObject(parsed.data) ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** By the name or the id that was asked for, in lower case. */
function availability(data: unknown): Map<string, boolean> | undefined {
  const cd = isObject(data) ? data.cd : undefined;
  if (!Array.isArray(cd)) return undefined;
  const found = new Map<string, boolean>();
  for (const entry of cd) {
    const name = isObject(entry) ? (entry.name ?? entry.id) : undefined;
    if (!isObject(entry) || typeof name !== 'string' || typeof entry.avail !== 'boolean') return undefined;
    found.set(name.toLowerCase(), entry.avail);
  }
  return found;
}

function differing(a: unknown, b: unknown, path: string): string[] {
  if (!isObject(a) || !isObject(b)) return normal(a) === normal(b) ? [] : [path];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names]
    .filter((name) => !VOLATILE.has(name) && !SECRET.has(name))
    .flatMap((name) => differing(a[name], b[name], `${path}.${name}`));
}

/** A text that is the same for all values that mean the same. */
function normal(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  if (typeof value === 'string') {
    const atMs = INSTANT.test(value) ? Date.parse(value) : Number.NaN;
    return JSON.stringify(Number.isNaN(atMs) ? value.toLowerCase() : atMs);
  }
  if (Array.isArray(value)) return `[${value.map((item) => normal(item, depth + 1)).sort()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? '';
  const members = Object.keys(value)
    .filter((name) => !VOLATILE.has(name) && !SECRET.has(name))
    .sort()
    .map((name) => `${name}:${normal(value[name], depth + 1)}`);
  return `{${members}}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
