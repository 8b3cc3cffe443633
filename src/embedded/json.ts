/** Plain JSON values, as objects are on the wire. */

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A deep copy as a trip over the wire would make it: members that are undefined are gone, a Date is its text. */
export function copyJson<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : copy(item)));
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) result[key] = copy(member);
  return result;
}

/** The same JSON, whatever the order of members. A member that is undefined is as good as none. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  return (
    Object.entries(a).every(([key, value]) => sameJson(value, b[key])) &&
    Object.entries(b).every(([key, value]) => value === undefined || a[key] !== undefined)
  );
}

/** JSON with sorted members: equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
