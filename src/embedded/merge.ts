/** Server-side apply's two steps on values: lay the intent over the live object, then take away what was given up. */
import { childOf, type FieldSet, isEmpty } from './field-set.ts';
import { assemble, type Part, partsOf, type Shape } from './shape.ts';

/** `live` with everything that `intent` says. */
export function merge(live: unknown, intent: unknown, shape: Shape | undefined): unknown {
  const old = partsOf(live, shape);
  const wanted = partsOf(intent, shape);
  if (old === undefined || wanted === undefined || Array.isArray(live) !== Array.isArray(intent))
    return intent;
  const merged = new Map<string, unknown>();
  for (const element of mergedOrder([...old.keys()], [...wanted.keys()])) {
    const [ours, theirs] = [wanted.get(element), old.get(element)];
    merged.set(element, mergePart(theirs, ours));
  }
  return assemble(intent, merged);
}

function mergePart(live: Part | undefined, intent: Part | undefined): unknown {
  if (intent === undefined) return live?.value;
  return live === undefined ? intent.value : merge(live.value, intent.value, intent.shape);
}

/**
 * The intent's order, with what only the live object has kept between its live neighbours, as the API server interleaves them: both
 * lists are walked at once, and live items that the intent has elsewhere are passed over.
 */
function mergedOrder(live: readonly string[], intent: readonly string[]): string[] {
  const [inLive, inIntent] = [new Set(live), new Set(intent)];
  const shared = intent.filter((element) => inLive.has(element));
  const result = new Set<string>();
  let [atLive, atIntent, atShared] = [0, 0, 0];
  while (atLive < live.length || atIntent < intent.length) {
    const [left, right] = [live[atLive], intent[atIntent]];
    const next = shared[atShared];
    const isElsewhere = left !== undefined && inIntent.has(left);
    if (isElsewhere && (result.has(left) || (right !== undefined && next !== undefined && next !== left)))
      atLive++;
    else if (left !== undefined && !isElsewhere) {
      result.add(left);
      atLive++;
    } else if (right !== undefined) {
      result.add(right);
      atIntent++;
      if (next === right) atShared++;
    }
  }
  return [...result];
}

export interface Claims {
  /** What the manager owned before this apply. */
  before: FieldSet;
  /** What it owns by it. */
  now: FieldSet;
  /** What anybody else owns. */
  others: FieldSet;
}

/** `value` without the fields that the manager gave up and nobody else owns. Undefined when nothing is left of it. */
export function prune(value: unknown, claims: Claims, shape: Shape | undefined): unknown {
  const parts = partsOf(value, shape);
  if (parts === undefined) return value;
  const kept = new Map<string, unknown>();
  for (const [element, part] of parts) {
    const inner: Claims = {
      before: childOf(claims.before, element),
      now: childOf(claims.now, element),
      others: childOf(claims.others, element),
    };
    if (isEmpty(inner.before)) kept.set(element, part.value);
    else if (isEmpty(inner.now) && isUnclaimed(element, inner)) continue;
    else {
      const left = prune(part.value, inner, part.shape);
      if (left !== undefined) kept.set(element, left);
    }
  }
  if (kept.size === parts.size) return assemble(value, kept);
  return kept.size === 0 && !claims.now.own && !claims.others.own ? undefined : assemble(value, kept);
}

/**
 * Whether a part goes that the manager gave up, with all that nobody set inside of it, like defaults. A field stays as long as
 * somebody owns something below it; a list's item only when somebody owns the item itself.
 */
function isUnclaimed(element: string, { before, others }: Claims): boolean {
  return element.startsWith('k:') && before.own ? !others.own : isEmpty(others);
}
