import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenGate } from '../../src/adapter/open-gate.ts';

const gate = (opensPerSecond = 5, random = () => 0) =>
  new OpenGate({ opensPerSecond, random, backoff: { baseMs: 500, maxMs: 20_000 }, refusedForMs: 300_000 });

describe('open gate', () => {
  it('lets one login prove the credentials before others follow', () => {
    const g = gate();
    expect(g.waitMs(0, 0)).toBe(0);
    g.began(0);
    expect(g.waitMs(0, 1)).toBe(Number.POSITIVE_INFINITY);
    g.succeeded();
    expect(g.waitMs(0, 1)).toBe(0);
  });

  it('begins no more than its rate in any second', () => {
    const g = gate(2);
    g.succeeded();
    g.began(0);
    g.began(100);
    expect(g.waitMs(100, 2)).toBe(900);
    expect(g.waitMs(1_000, 2)).toBe(0);
    g.began(1_000);
    expect(g.waitMs(1_000, 2)).toBe(100);
  });

  it('holds its rate through any pattern of attempts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
        (rate, steps) => {
          const g = gate(rate);
          g.succeeded();
          const begun: number[] = [];
          let now = 0;
          for (const step of steps) {
            now += step;
            if (g.waitMs(now, 0) > 0) continue;
            g.began(now);
            begun.push(now);
          }
          for (const [i, at] of begun.entries()) {
            const before = begun[i - rate];
            if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(1_000);
          }
        },
      ),
    );
  });

  it('doubles its wait from 0.5 s to 20 s, adds up to half, and forgets it after a login', () => {
    const waits = (random: () => number) => {
      const g = gate(5, random);
      let now = 0;
      return Array.from({ length: 8 }, () => {
        const wait = g.failed(now);
        now += wait;
        return wait;
      });
    };
    expect(waits(() => 0)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
    expect(Math.max(...waits(() => 0.999_999))).toBeLessThanOrEqual(30_000);
    const g = gate();
    g.failed(0);
    g.failed(500);
    g.succeeded();
    expect(g.waitMs(600, 0)).toBe(0);
    expect(g.failed(600)).toBe(500);
  });

  it('counts attempts that fail together as one', () => {
    const g = gate();
    g.succeeded();
    for (let i = 0; i < 5; i++) g.failed(i);
    expect(g.waitMs(4, 0)).toBe(496);
    expect(g.failed(500)).toBe(1_000);
  });

  it('after a failure tries one at a time', () => {
    const g = gate();
    g.succeeded();
    g.failed(0);
    expect(g.waitMs(500, 0)).toBe(0);
    expect(g.waitMs(500, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('leaves refused credentials alone for minutes, or until there are others', () => {
    const g = gate();
    expect(g.refused(1_000)).toBe(300_000);
    expect(g.refusedAtMs).toBe(1_000);
    expect(g.waitMs(60_000, 0)).toBe(241_000);
    expect(g.waitMs(301_000, 0)).toBe(0);
    g.refused(301_000);
    expect(g.refusedAtMs).toBe(1_000);
    expect(g.waitMs(302_000, 0)).toBe(299_000);
    g.credentialsChanged();
    expect(g.refusedAtMs).toBeUndefined();
    expect(g.waitMs(302_000, 0)).toBe(0);
    expect(g.waitMs(302_000, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('does not shorten a back-off because credentials changed that were not refused', () => {
    const g = gate();
    g.failed(0);
    g.credentialsChanged();
    expect(g.waitMs(0, 0)).toBe(500);
  });
});
