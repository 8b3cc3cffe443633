import { expect, it } from 'vitest';
import { longStoryOf, tell } from './model/story.ts';
import { realParts } from './simulation/parts.ts';

const SEEDS = Array.from({ length: 16 }, (_, i) => 1 + i);

it.each(SEEDS)(
  'sixty random faults under seed %d break no invariant, and everything settles after them',
  async (seed) => {
    const story = longStoryOf(seed);
    expect(story.faults).toHaveLength(60);
    expect(tell(story, { parts: await realParts() }).breach).toBeUndefined();
    // An hour of a cluster's life: on a busy machine it takes its time.
  },
  60_000,
);
