import { seededRandom } from '../../../src/lib/seeded-random.ts';

/** Chance under a seed: the same seed, the same numbers. */
export class Chance {
  /** A number in [0, 1). */
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
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
