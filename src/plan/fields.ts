/** What of an object becomes another, field by field. */
import { parse } from 'yaml';
import { formatPath } from '../api/problems.ts';
import { ANNOTATION } from '../api/v1alpha1/labels.ts';
import { CONFIG_MAP } from '../kube/builtin.ts';
import type { KubeObject } from '../kube/objects.ts';
import { covers } from '../operator/apply/covers.ts';
import { canonicalJson } from '../operator/specs/canonical.ts';

/** `before` is absent for what is new, `after` for what goes. */
export interface FieldChange {
  /** As in `spec.replicas`; below a file of a ConfigMap it goes on within the file. */
  path: string;
  before?: unknown;
  after?: unknown;
}

type Path = readonly PropertyKey[];
type Members = Map<PropertyKey, unknown>;

/** From one intent to another: everything that is in either of them. */
export function differences(before: KubeObject, after: KubeObject): FieldChange[] {
  return compare([], legible(before), legible(after));
}

/** What the intent says and the live object has not; what else that has is not looked at, but in files. */
export function uncovered(intent: KubeObject, live: KubeObject): FieldChange[] {
  const [wanted, found] = [legible(intent), legible(live)];
  if (intent.kind !== CONFIG_MAP.kind) return missing([], wanted, found);
  return [
    ...missing([], { ...wanted, data: undefined }, { ...found, data: undefined }),
    ...compare(['data'], found.data, wanted.data),
  ];
}

/** Without the checksum of all of it, and a ConfigMap's files as what they say. */
function legible(object: KubeObject): KubeObject & { data?: unknown } {
  const text = JSON.stringify(object, (key, value: unknown) =>
    key === ANNOTATION.intentChecksum ? undefined : value,
  );
  const told = JSON.parse(text) as KubeObject & { data?: Record<string, string> };
  if (object.kind !== CONFIG_MAP.kind) return told;
  const files = Object.entries(told.data ?? {}).map(([key, file]) => [key, read(file)]);
  return { ...told, data: Object.fromEntries(files) };
}

function read(text: string): unknown {
  try {
    const value: unknown = parse(text);
    return typeof value === 'object' && value !== null ? value : text;
  } catch {
    return text;
  }
}

function compare(path: Path, before: unknown, after: unknown): FieldChange[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  const pair = asMembers(before, after);
  if (pair === undefined) return [change(path, before, after)];
  const keys = [...new Set([...pair.before.keys(), ...pair.after.keys()])];
  return keys.flatMap((key) => compare([...path, key], pair.before.get(key), pair.after.get(key)));
}

function missing(path: Path, intent: unknown, live: unknown): FieldChange[] {
  const name = String(path.at(-1) ?? '');
  // The name of a field says how its content is compared.
  if (covers({ [name]: intent }, { [name]: live })) return [];
  const pair = asMembers(live, intent);
  const below = [...(pair?.after ?? [])].flatMap(([key, value]) =>
    missing([...path, key], value, pair?.before.get(key)),
  );
  return below.length > 0 ? below : [change(path, live, intent)];
}

function change(path: Path, before: unknown, after: unknown): FieldChange {
  return {
    path: formatPath(path),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

/** Members by name, where both sides have such; undefined where the two are compared as a whole. */
function asMembers(before: unknown, after: unknown): { before: Members; after: Members } | undefined {
  if (isRecord(before) && isRecord(after)) {
    return { before: new Map(Object.entries(before)), after: new Map(Object.entries(after)) };
  }
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined;
  for (const key of ['name', 'registry']) {
    const pair = { before: byKey(key, before), after: byKey(key, after) };
    if (pair.before && pair.after) return { before: pair.before, after: pair.after };
  }
  if (before.length !== after.length || !before.every(isRecord)) return undefined;
  return { before: new Map(before.entries()), after: new Map(after.entries()) };
}

/** List items by what names them; undefined when something is without, or not the only one of its name. */
function byKey(key: string, items: readonly unknown[]): Members | undefined {
  const named: Members = new Map();
  for (const item of items) {
    const name = isRecord(item) ? item[key] : undefined;
    if (typeof name !== 'string' || named.has(name)) return undefined;
    named.set(name, item);
  }
  return named;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
