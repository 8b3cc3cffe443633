/**
 * How server-side apply sees an object: which lists merge by keys, which maps and lists change as a whole. What a shape does not
 * mention is told by the value: maps merge, lists change as a whole.
 */
import { isObject } from './json.ts';

export type Shape =
  | { readonly kind: 'atomic' }
  /** A list of scalars, merged item by item. */
  | { readonly kind: 'set' }
  /** A list of objects told apart by keys. */
  | { readonly kind: 'list'; readonly keys: readonly ListKey[]; readonly item: Shape | undefined }
  /** A map or a struct. */
  | {
      readonly kind: 'map';
      readonly fields: Readonly<Record<string, Shape>>;
      readonly values: Shape | undefined;
    };

export interface ListKey {
  readonly name: string;
  /** What an item without the key counts as. */
  readonly fallback?: string;
}

export const ATOMIC: Shape = { kind: 'atomic' };
export const SET: Shape = { kind: 'set' };

export const fields = (shapes: Readonly<Record<string, Shape>>): Shape => ({
  kind: 'map',
  fields: shapes,
  values: undefined,
});

export const listBy = (keys: readonly (string | ListKey)[], item?: Shape): Shape => ({
  kind: 'list',
  keys: keys.map((key) => (typeof key === 'string' ? { name: key } : key)),
  item,
});

/** The shape of a member of a map. */
export function memberShape(shape: Shape | undefined, key: string): Shape | undefined {
  if (shape?.kind !== 'map') return undefined;
  return Object.hasOwn(shape.fields, key) ? shape.fields[key] : shape.values;
}

/** The path element of a list's item: its keys or, in a set, its value. */
export function itemElement(shape: Shape & { kind: 'list' | 'set' }, item: unknown): string {
  if (shape.kind === 'set') return `v:${JSON.stringify(item)}`;
  const keys = shape.keys.map(({ name, fallback }) => [
    name,
    isObject(item) ? (item[name] ?? fallback) : undefined,
  ]);
  return `k:${JSON.stringify(Object.fromEntries(keys))}`;
}

/** The parts of a value that merge one by one, by path element; undefined for what changes as a whole. */
export function partsOf(value: unknown, shape: Shape | undefined): Map<string, Part> | undefined {
  if (shape?.kind === 'atomic') return undefined;
  if (Array.isArray(value)) {
    if (shape?.kind !== 'list' && shape?.kind !== 'set') return undefined;
    const inner = shape.kind === 'list' ? shape.item : undefined;
    return new Map(value.map((item) => [itemElement(shape, item), { value: item, shape: inner }]));
  }
  if (!isObject(value)) return undefined;
  return new Map(
    Object.entries(value).map(([key, member]) => [
      `f:${key}`,
      { value: member, shape: memberShape(shape, key) },
    ]),
  );
}

export interface Part {
  value: unknown;
  shape: Shape | undefined;
}

/** Puts parts together again, as a list or a map like `model`. */
export function assemble(model: unknown, parts: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(model)) return [...parts.values()];
  return Object.fromEntries([...parts].map(([element, value]) => [element.slice(2), value]));
}
