/** One of several by their weights: who has twice the weight is twice as likely. Pure. */

/** @param draw in [0, 1). Undefined where no weight is above 0. */
export function weightedDraw<T>(
  items: readonly T[],
  weightOf: (item: T) => number,
  draw: number,
): T | undefined {
  let total = 0;
  for (const item of items) total += positive(weightOf(item));
  let left = draw * total;
  let last: T | undefined;
  for (const item of items) {
    const weight = positive(weightOf(item));
    if (weight === 0) continue;
    if (left < weight) return item;
    left -= weight;
    last = item; // where rounding leaves a trifle
  }
  return last;
}

function positive(weight: number): number {
  return Math.max(0, weight || 0);
}
