import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Spill, type SpillChoice, type SpillPolicy } from '../../src/routing/spill.ts';

const POLICY: SpillPolicy = {
  when: 'allDead',
  overprovisioning: 1.4,
  maxSpillPercent: 100,
  returnAbovePercent: 85,
  returnAfterMs: 20_000,
};
const GRADUAL: SpillPolicy = { ...POLICY, when: 'gradual' };

/** `3/4`: three of four are ready. */
function view(written: string, fallbackReady = 2) {
  const [ownReady = 0, total = 0] = written.split('/').map(Number);
  return { ownReady, ownDead: total - ownReady, fallbackReady };
}

/** What the own set's percentage is at each time, in seconds, after these views. */
function shares(policy: SpillPolicy, story: readonly (readonly [seconds: number, ready: string | null])[]) {
  const spill = new Spill(policy);
  return story.map(([seconds, ready]) => {
    if (ready !== null) spill.observe(view(ready), seconds * 1_000);
    return Math.round(spill.ownShare(seconds * 1_000) * 100);
  });
}

function choicesOf(spill: Spill, nowMs: number): Partial<Record<SpillChoice, number>> {
  const counts: Partial<Record<SpillChoice, number>> = {};
  for (let at = 0; at < 100; at++) {
    const choice = spill.choose(nowMs, (at + 0.5) / 100);
    counts[choice] = (counts[choice] ?? 0) + 1;
  }
  return counts;
}

describe('share of the own set', () => {
  it.each([
    ['4/4', 100, 100],
    ['3/4', 100, 100],
    ['5/7', 100, 100],
    ['7/10', 100, 98],
    ['2/4', 100, 70],
    ['1/4', 100, 35],
    ['0/4', 0, 0],
    ['1/3', 100, 47],
    // too few to tell by their share
    ['1/2', 100, 100],
    ['0/2', 0, 0],
    ['1/1', 100, 100],
    ['0/1', 0, 0],
    ['0/0', 0, 0],
  ])('of %s is %i by allDead and %i by gradual', (ready, allDead, gradual) => {
    expect(shares(POLICY, [[0, ready]])).toEqual([allDead]);
    expect(shares(GRADUAL, [[0, ready]])).toEqual([gradual]);
  });

  it('falls at once and returns after 20 s above 85 %', () => {
    for (const policy of [POLICY, GRADUAL]) {
      const story = [
        [0, '4/4'],
        [10, '0/4'],
        [30, '4/4'],
        [49.9, null],
        [50, null],
      ] as const;
      expect(shares(policy, story)).toEqual([100, 0, 0, 0, 100]);
    }
  });

  it('begins the 20 s anew when what came back goes again', () => {
    expect(
      shares(POLICY, [
        [0, '0/2'],
        [10, '2/2'],
        [29, '0/2'],
        [31, '2/2'],
        [50.9, null],
        [51, null],
      ]),
    ).toEqual([0, 0, 0, 0, 0, 100]);
  });

  it('rises pod by pod to what each has been there for', () => {
    expect(
      shares(POLICY, [
        [0, '0/4'],
        [10, '1/4'],
        [15, '2/4'],
        [20, '4/4'],
        [29.9, null],
        [30, null],
        [35, null],
        [39.9, null],
        [40, null],
      ]),
    ).toEqual([0, 0, 0, 0, 0, 35, 70, 70, 100]);
  });

  it('counts what stayed while more came and went', () => {
    expect(
      shares(POLICY, [
        [0, '0/4'],
        [10, '2/4'],
        [15, '1/4'],
        [29.9, null],
        [30, null],
      ]),
    ).toEqual([0, 0, 0, 0, 35]);
  });

  it('stays between 71 and 85 %, but is not less than what is healthy', () => {
    expect(
      shares(GRADUAL, [
        [0, '7/10'],
        [10, '8/10'],
        [100, '8/10'],
        [110, '5/10'],
        [120, '8/10'],
        [139, null],
        [140, null],
        [500, null],
        [510, '9/10'],
        [530, null],
      ]),
    ).toEqual([98, 98, 98, 70, 70, 70, 80, 80, 80, 100]);
  });

  it('never comes to rest at nothing while a pod is ready', () => {
    expect(
      shares(POLICY, [
        [0, '0/4'],
        [1, '3/4'],
        [21, null],
        [9_999, null],
      ]),
    ).toEqual([0, 0, 75, 75]);
  });

  it('does not go to and fro where returnAbovePercent is below where it spills', () => {
    const low = { ...GRADUAL, returnAbovePercent: 50 };
    expect(
      shares(low, [
        [0, '6/10'],
        [10, '6/10'],
        [35, null],
        [40, '6/10'],
      ]),
    ).toEqual([84, 84, 84, 84]);
  });

  it('takes another policy over at once', () => {
    const spill = new Spill(POLICY);
    spill.observe(view('2/4'), 0);
    spill.take(GRADUAL, 1);
    expect(spill.ownShare(1)).toBeCloseTo(0.7);
    spill.take({ ...GRADUAL, returnAfterMs: 0 }, 2);
    spill.observe(view('4/4'), 3);
    expect(spill.ownShare(3)).toBe(1);
  });
});

describe('choice of a request', () => {
  it.each([
    ['4/4', 2, POLICY, { own: 100 }],
    ['4/4', 0, POLICY, { own: 100 }],
    ['0/4', 2, POLICY, { fallback: 100 }],
    ['0/4', 0, POLICY, { none: 100 }],
    ['2/4', 2, GRADUAL, { own: 70, fallback: 30 }],
    ['1/4', 2, GRADUAL, { own: 35, fallback: 65 }],
    ['1/4', 0, GRADUAL, { own: 100 }],
    ['1/4', 2, { ...GRADUAL, maxSpillPercent: 40 }, { own: 60, fallback: 40 }],
    ['0/4', 2, { ...POLICY, maxSpillPercent: 40 }, { fallback: 40, 'spill-limited': 60 }],
    ['0/4', 2, { ...POLICY, maxSpillPercent: 0 }, { 'spill-limited': 100 }],
    ['0/0', 2, { ...POLICY, maxSpillPercent: 40 }, { fallback: 40, 'spill-limited': 60 }],
  ] as const)('of %s with %i in the fallback set, %j: %j', (ready, fallbackReady, policy, expected) => {
    const spill = new Spill(policy);
    spill.observe(view(ready, fallbackReady), 0);
    expect(choicesOf(spill, 0)).toEqual(expected);
  });

  it('tries a set that is coming back with one request in a hundred', () => {
    const spill = new Spill(POLICY);
    spill.observe(view('0/4'), 0);
    expect(choicesOf(spill, 0)).toEqual({ fallback: 100 });
    spill.observe(view('4/4'), 1_000);
    expect(choicesOf(spill, 20_999)).toEqual({ own: 1, fallback: 99 });
    expect(choicesOf(spill, 21_000)).toEqual({ own: 100 });
  });

  it('takes a pod that has just come back rather than refuse', () => {
    const spill = new Spill({ ...POLICY, maxSpillPercent: 40 });
    spill.observe(view('0/4'), 0);
    spill.observe(view('1/4'), 1_000);
    expect(choicesOf(spill, 1_000)).toEqual({ fallback: 40, own: 60 });
    spill.observe(view('1/4', 0), 2_000);
    expect(choicesOf(spill, 2_000)).toEqual({ own: 100 });
  });

  it('takes no set that is dead, spills no more than it may, and comes home in the end, whatever happens', () => {
    const step = fc.record({
      ready: fc.nat(5),
      dead: fc.nat(5),
      fallbackReady: fc.nat(2),
      pauseMs: fc.nat(30_000),
    });
    const policy = fc.record({
      when: fc.constantFrom('allDead' as const, 'gradual' as const),
      overprovisioning: fc.double({ min: 1, max: 3, noNaN: true }),
      maxSpillPercent: fc.integer({ min: 0, max: 100 }),
      returnAbovePercent: fc.integer({ min: 1, max: 100 }),
      returnAfterMs: fc.nat(20_000),
    });
    fc.assert(
      fc.property(policy, fc.array(step, { minLength: 1, maxLength: 30 }), (how, steps) => {
        const spill = new Spill(how);
        let nowMs = 0;
        for (const { ready, dead, fallbackReady, pauseMs } of steps) {
          nowMs += pauseMs;
          const before = spill.ownShare(nowMs);
          spill.observe({ ownReady: ready, ownDead: dead, fallbackReady }, nowMs);
          if (how.returnAfterMs > 0) expect(spill.ownShare(nowMs)).toBeLessThanOrEqual(before);
          const { fallback = 0, own = 0, none = 0 } = choicesOf(spill, nowMs);
          expect(fallback).toBeLessThanOrEqual(how.maxSpillPercent);
          if (ready === 0) expect(own).toBe(0);
          if (fallbackReady === 0) expect(fallback).toBe(0);
          expect(none > 0).toBe(ready === 0 && fallbackReady === 0);
        }
        spill.observe({ ownReady: 5, ownDead: 0, fallbackReady: 2 }, nowMs);
        expect(spill.ownShare(nowMs + how.returnAfterMs)).toBe(1);
      }),
    );
  });
});
