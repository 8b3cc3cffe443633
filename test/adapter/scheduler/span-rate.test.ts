import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpanRate } from '../../../src/adapter/scheduler/span-rate.ts';

const SPAN_MS = 1_000;
const AT_ONCE = [1, 0.5] as const;

/** Most of these moments in any span. */
function mostInASpan(moments: readonly number[], spanMs: number): number {
  const sorted = [...moments].sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (let to = 0; to < sorted.length; to++) {
    while ((sorted[to] as number) - (sorted[from] as number) >= spanMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** As many as it lets through. */
function burst(rate: SpanRate, nowMs: number, limit = 1_000): number {
  let count = 0;
  for (; count < limit && rate.room(nowMs) >= 1; count++) rate.sent(nowMs);
  return count;
}

describe.each(AT_ONCE)('a share in a span, %d of it at once', (atOnce) => {
  it('sends nothing before it is given anything', () => {
    const rate = new SpanRate({ spanMs: SPAN_MS, atOnce });
    expect(rate.room(0)).toBe(0);
    expect(rate.waitMs(0, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('never lets more through than the smaller of any two shares that a span has met', () => {
    const step = fc.record({
      afterMs: fc.oneof(
        fc.integer({ min: 0, max: 400 }),
        fc.constantFrom(0, 999, 1_000, 1_009, 1_010, 5_000),
      ),
      share: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
      wanted: fc.integer({ min: 0, max: 15 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const rate = new SpanRate({ spanMs: SPAN_MS, atOnce });
        let nowMs = 0;
        let highest = 0;
        const sent: number[] = [];
        for (const { afterMs, share, wanted } of steps) {
          nowMs += afterMs;
          if (share !== undefined) rate.change(share, nowMs);
          highest = Math.max(highest, share ?? 0);
          for (let i = burst(rate, nowMs, wanted); i > 0; i--) sent.push(nowMs);
        }
        expect(mostInASpan(sent, SPAN_MS)).toBeLessThanOrEqual(highest);
      }),
    );
  });

  it('keeps all processes together within one total that is split anew again and again, whatever their clocks do', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 500 }),
      from: fc.nat({ max: 3 }),
      to: fc.nat({ max: 3 }),
      moved: fc.integer({ min: 0, max: 8 }),
      sender: fc.nat({ max: 3 }),
      wanted: fc.integer({ min: 0, max: 20 }),
      restarted: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 10 }),
    });
    const clockRates = fc.array(fc.double({ min: 0.99, max: 1.01, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 }),
        clockRates,
        fc.array(step, { minLength: 1, maxLength: 80 }),
        (total, rates, steps) => {
          const fresh = () => new SpanRate({ spanMs: SPAN_MS, atOnce });
          const processes = rates.map((rate) => ({ rate, share: 0, span: fresh() }));
          const first = processes[0] as (typeof processes)[number];
          const localMs = (process: (typeof processes)[number]) => 7_000 + nowMs * process.rate;
          let nowMs = 0;
          first.share = total;
          first.span.change(total, localMs(first));
          const sent: number[] = [];
          for (const { afterMs, from, to, moved, sender, wanted, restarted } of steps) {
            nowMs += afterMs;
            const giver = processes[from] as typeof first;
            const taker = processes[to] as typeof first;
            const share = Math.min(moved, giver.share);
            giver.share -= share;
            giver.span.change(giver.share, localMs(giver));
            taker.share += share;
            taker.span.change(taker.share, localMs(taker));
            if (restarted !== undefined) {
              const again = processes[restarted] as typeof first;
              again.span = fresh();
              again.span.change(again.share, localMs(again));
            }
            const by = processes[sender] as typeof first;
            for (let i = burst(by.span, localMs(by), wanted); i > 0; i--) sent.push(nowMs);
          }
          expect(mostInASpan(sent, SPAN_MS)).toBeLessThanOrEqual(total);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('lets through all of a share in every span but for one command, and less only by what clocks may differ', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 1, max: 40 }), (share, everyMs) => {
        const rate = new SpanRate({ spanMs: SPAN_MS, atOnce });
        rate.change(share, 0);
        const sent: number[] = [];
        const spans = 10;
        for (let nowMs = 0; nowMs < spans * SPAN_MS; nowMs += everyMs) {
          for (let i = burst(rate, nowMs); i > 0; i--) sent.push(nowMs);
        }
        // the first span gives nothing, or the half of what flows; a poll every so often may come late by that in each span
        const lost = atOnce === 1 ? 0 : 1;
        const rounds = (spans - 2) * SPAN_MS * (1 / (SPAN_MS * 1.01 + 2 * everyMs));
        expect(sent.length).toBeGreaterThanOrEqual(
          Math.floor((share - lost) * (atOnce === 1 ? Math.floor(rounds) : rounds * 0.9)),
        );
      }),
    );
  });

  it('says when there is room again: then there is, and not before', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 700 }),
      share: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
      wanted: fc.integer({ min: 0, max: 15 }),
      count: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const rate = new SpanRate({ spanMs: SPAN_MS, atOnce });
        rate.change(6, 0);
        let nowMs = 0;
        for (const { afterMs, share, wanted, count } of steps) {
          nowMs += afterMs;
          if (share !== undefined) rate.change(share, nowMs);
          burst(rate, nowMs, wanted);
          const waitMs = rate.waitMs(nowMs, count);
          if (waitMs === Number.POSITIVE_INFINITY) {
            expect(count).toBeGreaterThan(rate.most);
            continue;
          }
          if (waitMs === 0) expect(rate.room(nowMs)).toBeGreaterThanOrEqual(count);
          if (waitMs > 1) {
            nowMs += waitMs - 1;
            expect(rate.room(nowMs)).toBeLessThan(count);
            nowMs += 1;
          } else {
            nowMs += waitMs;
          }
          expect(rate.room(nowMs + 0.01)).toBeGreaterThanOrEqual(count);
        }
      }),
    );
  });

  it('counts what is held as sent now, until it ends', () => {
    const rate = new SpanRate({ spanMs: SPAN_MS, atOnce });
    rate.change(4, 0);
    expect(rate.room(5_000)).toBe(4 * atOnce);
    rate.hold();
    expect(rate.room(5_000)).toBe(4 * atOnce - 1);
    expect(rate.room(9_000)).toBe(4 * atOnce - 1);
    rate.drop();
    rate.sent(9_000);
    expect(rate.room(9_000)).toBe(4 * atOnce - 1);
    expect(rate.room(10_100)).toBe(4 * atOnce);
  });

  it('has no limit at Infinity, and starts with a full share after it', () => {
    const rate = new SpanRate({ spanMs: SPAN_MS, atOnce });
    rate.change(Number.POSITIVE_INFINITY, 0);
    expect(burst(rate, 0, 500)).toBe(500);
    rate.change(4, 10);
    expect(rate.room(10)).toBe(4 * atOnce);
  });

  it('forgets the past: hundreds of thousands of commands take no more memory or time than the last span of them', () => {
    const rate = new SpanRate({ spanMs: SPAN_MS, atOnce });
    rate.change(1_000, 0);
    let sent = 0;
    for (let nowMs = 2_000; sent < 300_000; nowMs += 10) sent += burst(rate, nowMs);
    expect(sent).toBeGreaterThanOrEqual(300_000);
  });
});

describe('a raise', () => {
  const second = () => new SpanRate({ spanMs: SPAN_MS, atOnce: 1 });
  const minute = () => new SpanRate({ spanMs: 60_000, atOnce: 0.5 });

  it('is used after a whole span where all may be sent at once', () => {
    const rate = second();
    rate.change(5, 0);
    rate.change(20, 10_000);
    expect(rate.room(10_500)).toBe(5);
    expect(rate.room(11_010)).toBe(20);
  });

  it('is used as it flows where only a part may: of a minute that gives 60 the first command after two seconds', () => {
    const rate = minute();
    rate.change(60, 0);
    expect(rate.waitMs(1_000, 1)).toBeCloseTo(1_020, 0);
    expect(rate.room(1_900)).toBe(0);
    expect(rate.room(2_100)).toBe(1);
  });

  it('is no gift: what was lowered and raised again is not sent twice', () => {
    const rate = second();
    rate.change(10, 0);
    for (let i = 0; i < 10; i++) rate.sent(5_000);
    rate.change(1, 5_100);
    rate.change(10, 5_200);
    expect(rate.room(5_300)).toBeLessThanOrEqual(0);
    expect(rate.room(6_020)).toBe(1);
    expect(rate.room(6_220)).toBe(10);
  });
});
