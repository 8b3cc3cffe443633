/**
 * One step of mulberry32: a number in [0, 1), and the memory that the next step takes. Not for secrets.
 * For those who keep the memory in a state of their own; `seededRandom` keeps it for others.
 */
export function mulberry32(seed: number): { value: number; memory: number } {
  const memory = (seed + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(memory ^ (memory >>> 15), memory | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return { value: ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32, memory };
}

/** Numbers in [0, 1), the same for the same seed. Not for secrets. */
export function seededRandom(seed: number): () => number {
  let memory = seed >>> 0;
  return () => {
    const step = mulberry32(memory);
    memory = step.memory;
    return step.value;
  };
}
