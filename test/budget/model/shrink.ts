/** Delta debugging (Zeller and Hildebrandt, 2002): of what fails, the least that still fails. */

/**
 * Leaves items out, in ever smaller pieces, as long as `fails` is true of the rest. In the end no single item can be left out. `fails` is
 * asked at most `most` times; the list that comes back failed the last time it was asked of it.
 */
export function shrink<T>(
  items: readonly T[],
  fails: (rest: readonly T[]) => boolean,
  most = 300,
): readonly T[] {
  let left = items;
  let asked = 0;
  const stillFails = (rest: readonly T[]): boolean => asked++ < most && fails(rest);
  for (let size = Math.ceil(left.length / 2); size >= 1; ) {
    let shorter = false;
    for (let at = left.length - size; at > -size; at -= size) {
      const rest = [...left.slice(0, Math.max(0, at)), ...left.slice(at + size)];
      if (rest.length === left.length || !stillFails(rest)) continue;
      left = rest;
      shorter = true;
    }
    // One that could not be left out may be able to once another is gone.
    if (size === 1 && !shorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return left;
}
