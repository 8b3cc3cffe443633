import { expect, it } from 'vitest';
import { chaos } from './chaos.ts';
import { realParts } from './simulation/parts.ts';

const SEEDS = Array.from({ length: 16 }, (_, i) => 1 + i);

it.each(SEEDS)(
  'sixty random faults under seed %d break no invariant, and everything settles after them',
  async (seed) => {
    const { unsettled, story } = chaos(seed, await realParts());
    expect(story).toHaveLength(60);
    expect(unsettled).toEqual([]);
  },
);
