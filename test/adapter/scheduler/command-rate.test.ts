import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandRate } from '../../../src/adapter/scheduler/command-rate.ts';

const QUERY = { waiting: 0, reserve: true };
const TRANSFORM = { waiting: 0, reserve: false };

/** A share that was given long ago. */
function rateOf(share: { perSecond?: number; perMinute?: number }, percent = 10) {
  const rate = new CommandRate(percent);
  rate.change(share, 0);
  return rate;
}

function burst(rate: CommandRate, nowMs: number, left = TRANSFORM): number {
  let count = 0;
  for (; count < 10_000 && rate.may(nowMs, left); count++) rate.sent(nowMs);
  return count;
}

const LATER = 200_000;

describe('rate of commands', () => {
  it('lets nothing out before it was told anything, and everything without a limit', () => {
    const rate = new CommandRate(10);
    expect([rate.limited, rate.may(0)]).toEqual([true, false]);
    rate.change({}, 0);
    expect([rate.limited, rate.may(0), rate.waitMs(0), rate.words]).toEqual([false, true, 0, 'any commands']);
    rate.change({ perSecond: 0, perMinute: 0 }, 1);
    expect([rate.limited, rate.may(5_000), rate.waitMs(5_000)]).toEqual([
      true,
      false,
      Number.POSITIVE_INFINITY,
    ]);
    rate.change({}, 2);
    expect(rate.may(2)).toBe(true);
  });

  it('keeps to the second and to the minute', () => {
    const rate = rateOf({ perSecond: 10, perMinute: 30 });
    expect(rate.words).toBe('10 commands a second and 30 commands a minute');
    expect(burst(rate, LATER)).toBe(10);
    // of a minute half at once: five more
    expect(burst(rate, LATER + 1_010)).toBe(5);
    expect(burst(rate, LATER + 2_020)).toBe(0);
    expect(rate.waitMs(LATER + 2_020)).toBeGreaterThan(1_000);
  });

  it('leaves a reserve to transforms where some came of late, and nothing where none did', () => {
    const rate = rateOf({ perSecond: 20 }, 10);
    expect(burst(rate, LATER, QUERY)).toBe(18);
    expect(burst(rate, LATER, TRANSFORM)).toBe(2);
    const quiet = rateOf({ perSecond: 20 }, 10);
    expect(burst(quiet, LATER, { waiting: 0, reserve: false })).toBe(20);
  });

  it('leaves to transforms that wait what they need', () => {
    const rate = rateOf({ perSecond: 20 }, 10);
    expect(burst(rate, LATER, { waiting: 5, reserve: true })).toBe(13);
  });

  it('keeps nothing of a share that is too small for it', () => {
    expect(burst(rateOf({ perSecond: 1 }), LATER, QUERY)).toBe(1);
    expect(burst(rateOf({ perSecond: 2 }), LATER, QUERY)).toBe(1);
    expect(burst(rateOf({ perMinute: 2 }), LATER, QUERY)).toBe(1);
    expect(burst(rateOf({ perSecond: 5 }, 0), LATER, QUERY)).toBe(5);
  });

  it('leaves to a session what it has to say for itself', () => {
    const rate = rateOf({ perSecond: 5 });
    const keepalive = {};
    expect(burst(rate, LATER)).toBe(5);
    expect(rate.may(LATER)).toBe(false);
    rate.claim(keepalive);
    expect(burst(rate, LATER + 1_010)).toBe(4);
    expect(rate.may(LATER + 1_010)).toBe(true);
    rate.unclaim(keepalive);
    expect(burst(rate, LATER + 1_010)).toBe(1);
  });

  it('counts a held command as sent now until it ends, and then once', () => {
    const rate = rateOf({ perSecond: 3 });
    const login = rate.hold(LATER);
    expect(burst(rate, LATER)).toBe(2);
    expect(burst(rate, LATER + 5_000)).toBe(2);
    login?.end(LATER + 5_100);
    login?.end(LATER + 5_200);
    login?.cancel();
    expect(burst(rate, LATER + 5_200)).toBe(0);
    expect(burst(rate, LATER + 6_015)).toBe(2);
    expect(burst(rate, LATER + 6_111)).toBe(1);
  });

  it('gives a held command back that was never sent, and holds none without room', () => {
    const rate = rateOf({ perSecond: 1 });
    const login = rate.hold(LATER);
    expect(rate.hold(LATER)).toBeUndefined();
    login?.cancel();
    expect(burst(rate, LATER)).toBe(1);
  });

  it('takes back the word for a held command where the share was lowered', () => {
    const rate = rateOf({ perSecond: 2 });
    const login = rate.hold(LATER);
    expect(login?.mayWrite(LATER)).toBe(true);
    rate.change({ perSecond: 0 }, LATER + 1);
    expect(login?.mayWrite(LATER + 1)).toBe(false);
  });

  it('tells about how long so many commands take', () => {
    expect(rateOf({ perSecond: 10, perMinute: 60 }).timeOfMs(30)).toBe(30_000);
    expect(rateOf({}).timeOfMs(30)).toBe(0);
    expect(rateOf({ perSecond: 0 }).timeOfMs(1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('never exceeds either limit, whatever is sent, held and claimed', () => {
    const step = fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 30_000 })),
      kind: fc.constantFrom('query', 'transform', 'hold', 'end', 'cancel', 'keepalive'),
      wanted: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 2, max: 40 }),
        fc.array(step, { maxLength: 80 }),
        (perSecond, perMinute, steps) => {
          const rate = rateOf({ perSecond, perMinute });
          const held: NonNullable<ReturnType<CommandRate['hold']>>[] = [];
          const sent: number[] = [];
          let nowMs = 0;
          for (const { afterMs, kind, wanted } of steps) {
            nowMs += afterMs;
            if (kind === 'hold') {
              const one = rate.hold(nowMs);
              if (one) held.push(one);
            } else if (kind === 'cancel') {
              held.shift()?.cancel();
            } else if (kind === 'end') {
              const one = held.shift();
              // as a session asks before it writes
              if (one?.mayWrite(nowMs)) {
                one.end(nowMs);
                sent.push(nowMs);
              } else one?.cancel();
            } else {
              const left = kind === 'keepalive' ? undefined : kind === 'query' ? QUERY : TRANSFORM;
              for (let i = 0; i < wanted && rate.may(nowMs, left); i++) {
                rate.sent(nowMs);
                sent.push(nowMs);
              }
            }
          }
          for (const [spanMs, most] of [
            [1_000, perSecond],
            [60_000, perMinute],
          ] as const) {
            for (const [i, fromMs] of sent.entries()) {
              const inSpan = sent.slice(i).filter((atMs) => atMs - fromMs < spanMs).length;
              expect(inSpan).toBeLessThanOrEqual(most);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
