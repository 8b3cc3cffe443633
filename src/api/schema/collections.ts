/** Lists and maps with all that the API server wants to know of them: bounds, keys, how server-side apply merges them. */
import { z } from 'zod';
import { portableRegex } from './portable-regex.ts';
import { celString, constrain } from './rule.ts';

interface Bounds {
  min?: number;
  max: number;
}

function list<S extends z.ZodType>(item: S, { min, max }: Bounds) {
  const bounded = z.array(item).max(max);
  return min === undefined ? bounded : bounded.min(min);
}

/** A list that changes as a whole. */
export function atomicList<S extends z.ZodType>(item: S, bounds: Bounds) {
  return constrain(list(item, bounds), { keywords: { 'x-kubernetes-list-type': 'atomic' } }, () => undefined);
}

/** A list of scalars without doubles, merged item by item. */
export function listSet<S extends z.ZodType<string | number>>(item: S, bounds: Bounds) {
  return constrain(list(item, bounds), { keywords: { 'x-kubernetes-list-type': 'set' } }, (items) =>
    double(items.map(String)),
  );
}

/** A list of objects told apart by the fields `keys`, merged item by item. */
export function listMap<S extends z.ZodObject>(item: S, keys: readonly string[], bounds: Bounds) {
  const keywords = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [...keys] };
  return constrain(list(item, bounds), { keywords }, (items) =>
    double(
      items.map((entry) => keys.map((key) => String((entry as Record<string, unknown>)[key])).join(', ')),
    ),
  );
}

function double(names: readonly string[]): { message: string; path: PropertyKey[] } | undefined {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) return { message: `is there twice (${name}): leave one`, path: [index] };
    seen.add(name);
  }
  return undefined;
}

export interface MapOptions {
  /** Most entries. */
  max: number;
  /** What a whole key must fit; no anchors. It must bound the key's length too. */
  key: string;
  /** What a key is, for the message: `must be …`. */
  keyIs: string;
}

/** A map from text to `value`. */
export function mapOf<S extends z.ZodType>(value: S, { max, key, keyIs }: MapOptions) {
  const whole = `^(${key})$`;
  const regex = portableRegex(whole);
  const record = z.record(z.string(), value);
  const bounded = constrain(record, { keywords: { maxProperties: max } }, (map) =>
    Object.keys(map).length <= max ? undefined : { message: `must have at most ${max} entries` },
  );
  const message = `has a key that is not ${keyIs}`;
  const validation = { rule: `self.all(k, k.matches(${celString(whole)}))`, message };
  return constrain(bounded, { validation }, (map) => {
    const wrong = Object.keys(map).find((name) => !regex.test(name));
    return wrong === undefined
      ? undefined
      : { message: `${message}: rename ${JSON.stringify(wrong.slice(0, 64))}` };
  });
}
