/** Sets of an object's fields: what `metadata.managedFields` says of each manager. */
import { sameJson } from './json.ts';
import { partsOf, type Shape } from './shape.ts';

/** A tree along the object. `own` is true for a leaf, an empty container and an item of a list. */
export interface FieldSet {
  readonly own: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const NO_FIELDS: FieldSet = { own: false, children: new Map() };
const LEAF: FieldSet = { own: true, children: new Map() };

export const isEmpty = (set: FieldSet): boolean => !set.own && set.children.size === 0;
export const childOf = (set: FieldSet, element: string): FieldSet => set.children.get(element) ?? NO_FIELDS;

/** All fields of a value. */
export function fieldsOf(value: unknown, shape: Shape | undefined): FieldSet {
  const parts = partsOf(value, shape);
  if (parts === undefined || parts.size === 0) return LEAF;
  const children = new Map<string, FieldSet>();
  for (const [element, part] of parts) {
    const inner = fieldsOf(part.value, part.shape);
    // The item itself is owned, so that giving up all of its fields gives up the item.
    children.set(element, element.startsWith('k:') ? { ...inner, own: true } : inner);
  }
  return { own: false, children };
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const children = new Map(a.children);
  for (const [element, set] of b.children) children.set(element, union(childOf(a, element), set));
  return { own: a.own || b.own, children };
}

/** The fields of `a` that are not in `b`. */
export function subtract(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  const children = new Map<string, FieldSet>();
  for (const [element, set] of a.children) {
    const left = subtract(set, childOf(b, element));
    if (!isEmpty(left)) children.set(element, left);
  }
  return { own: a.own && !b.own, children };
}

export function sameFields(a: FieldSet, b: FieldSet): boolean {
  if (a.own !== b.own || a.children.size !== b.children.size) return false;
  return [...a.children].every(([element, set]) => {
    const other = b.children.get(element);
    return other !== undefined && sameFields(set, other);
  });
}

export interface Comparison {
  /** Added, or with another value. */
  changed: FieldSet;
  removed: FieldSet;
}

/** What became of the fields from one version of a value to the next. */
export function compare(before: unknown, after: unknown, shape: Shape | undefined): Comparison {
  if (before === undefined && after === undefined) return { changed: NO_FIELDS, removed: NO_FIELDS };
  if (before === undefined) return { changed: fieldsOf(after, shape), removed: NO_FIELDS };
  if (after === undefined) return { changed: NO_FIELDS, removed: withSelf(fieldsOf(before, shape)) };
  const old = partsOf(before, shape);
  const now = partsOf(after, shape);
  if (old === undefined || now === undefined || Array.isArray(before) !== Array.isArray(after))
    return sameJson(before, after)
      ? { changed: NO_FIELDS, removed: NO_FIELDS }
      : {
          changed: fieldsOf(after, shape),
          removed: subtract(fieldsOf(before, shape), fieldsOf(after, shape)),
        };
  const changed = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  for (const element of new Set([...old.keys(), ...now.keys()])) {
    const part = now.get(element) ?? old.get(element);
    const inner = compare(old.get(element)?.value, now.get(element)?.value, part?.shape);
    const isNewItem = !old.has(element) && element.startsWith('k:');
    if (!isEmpty(inner.changed)) changed.set(element, isNewItem ? withSelf(inner.changed) : inner.changed);
    if (!isEmpty(inner.removed)) removed.set(element, inner.removed);
  }
  return { changed: { own: false, children: changed }, removed: { own: false, children: removed } };
}

const withSelf = (set: FieldSet): FieldSet => ({ own: true, children: set.children });
