/** Chance under a seed: the same seed, the same numbers (mulberry32). */
export class Chance {
  #random: number;

  constructor(seed: number) {
    this.#random = seed >>> 0;
  }

  /** A number in [0, 1). */
  random(): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    let t = this.#random;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  /** A UUID-like name. */
  name(prefix: string): string {
    const digits = Math.floor(this.random() * 2 ** 32).toString(16);
    return `${prefix}-${digits.padStart(8, '0')}`;
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.random());
  }
}
