import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Health, type WatchedInstance } from '../../src/routing/health.ts';

const POLICY = { consecutiveFailures: 5, baseMs: 30_000, maxMs: 300_000, maxPercent: 50 };
const SET = 'epp.core.bj';

function instances(count: number, set = SET): WatchedInstance[] {
  return Array.from({ length: count }, (_, at) => ({ id: `${set}/${at}`, set, state: 'ready' as const }));
}

function watching(count: number, policy = POLICY): { health: Health; ids: string[] } {
  const health = new Health(policy);
  const all = instances(count);
  health.track(all);
  return { health, ids: all.map(({ id }) => id) };
}

/** As often as it takes to eject; how often that was. */
function failUntilEjected(health: Health, id: string, nowMs: number, unreachable = false): number {
  for (let times = 1; times <= 20; times++) if (health.failed(id, nowMs, unreachable)) return times;
  return Number.POSITIVE_INFINITY;
}

describe('health', () => {
  it('ejects after five failures in a row, and a success begins anew', () => {
    const { health, ids } = watching(4);
    const [id = ''] = ids;
    for (let at = 0; at < 4; at++) expect(health.failed(id, at)).toBe(false);
    health.succeeded(id, 4);
    expect(failUntilEjected(health, id, 5)).toBe(5);
    expect(health.isEjected(id)).toBe(true);
    expect(health.failed(id, 6)).toBe(false);
    expect(health.nextReturnMs).toBe(30_005);
    expect(health.release(30_004)).toEqual([]);
    expect(health.release(30_005)).toEqual([id]);
    expect(health.isEjected(id)).toBe(false);
    expect(health.nextReturnMs).toBeUndefined();
  });

  it('lasts longer with each ejection in a row, up to its maximum', () => {
    const { health, ids } = watching(4);
    const [id = ''] = ids;
    let nowMs = 0;
    const lasted: number[] = [];
    for (let times = 0; times < 12; times++) {
      failUntilEjected(health, id, nowMs);
      const untilMs = health.nextReturnMs ?? 0;
      lasted.push((untilMs - nowMs) / 1000);
      nowMs = untilMs;
      health.release(nowMs);
    }
    expect(lasted).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]);
  });

  it.each([
    ['a success soon after its return leaves the row as it is', 29_999, 60],
    ['a success after one base time ends the row', 30_000, 30],
  ])('%s', (_, afterMs, seconds) => {
    const { health, ids } = watching(4);
    const [id = ''] = ids;
    failUntilEjected(health, id, 0);
    health.release(30_000);
    const nowMs = 30_000 + afterMs;
    health.succeeded(id, nowMs);
    expect(failUntilEjected(health, id, nowMs)).toBe(5);
    expect((health.nextReturnMs ?? 0) - nowMs).toBe(seconds * 1000);
  });

  it('does not take the answer to an older request for a recovery', () => {
    const { health, ids } = watching(4);
    failUntilEjected(health, ids[0] ?? '', 0);
    health.succeeded(ids[0] ?? '', 1);
    expect(health.isEjected(ids[0] ?? '')).toBe(true);
  });

  it.each([
    // instances, percent, ejected
    [1, 50, 0],
    [1, 100, 1],
    [2, 50, 1],
    [3, 50, 1],
    [4, 50, 2],
    [5, 50, 2],
    [5, 10, 1],
    [5, 100, 5],
    [5, 0, 0],
  ])('of %i instances at most %i percent: %i', (count, maxPercent, ejected) => {
    const { health, ids } = watching(count, { ...POLICY, maxPercent });
    for (const id of ids) failUntilEjected(health, id, 0);
    expect(ids.filter((id) => health.isEjected(id))).toHaveLength(ejected);
  });

  it('counts each set for itself', () => {
    const health = new Health(POLICY);
    const all = [...instances(2, 'epp.core.bj'), ...instances(2, 'epp.query.bj')];
    health.track(all);
    for (const { id } of all) failUntilEjected(health, id, 0);
    expect(all.filter(({ id }) => health.isEjected(id)).map(({ set }) => set)).toEqual([
      'epp.core.bj',
      'epp.query.bj',
    ]);
  });

  it('ejects what another gave place to, once that is back', () => {
    const { health, ids } = watching(2);
    failUntilEjected(health, ids[0] ?? '', 0);
    expect(failUntilEjected(health, ids[1] ?? '', 0)).toBe(Number.POSITIVE_INFINITY);
    health.release(30_000);
    expect(health.failed(ids[1] ?? '', 30_000)).toBe(true);
  });

  it('ejects a whole set that cannot be reached, for a second, and again by one more failure', () => {
    const { health, ids } = watching(3);
    for (const id of ids) expect(failUntilEjected(health, id, 0, true)).toBe(5);
    expect(health.release(1_000)).toEqual(ids);
    const [one = '', two = ''] = ids;
    expect(failUntilEjected(health, one, 1_000, true)).toBe(1);
    expect(health.nextReturnMs).toBe(3_000);
    health.succeeded(two, 1_000);
    expect(failUntilEjected(health, two, 1_000, true)).toBe(5);
  });

  it('forgets whoever is no longer ready or listed: ready again is newer than what was seen', () => {
    const { health } = watching(4);
    const all = instances(4);
    const [gone, dead] = all.map(({ id }) => id);
    for (const id of [gone, dead]) failUntilEjected(health, id ?? '', 0);
    health.track(all.slice(1).map((one) => (one.id === dead ? { ...one, state: 'dead' as const } : one)));
    expect(health.failed(dead ?? '', 1)).toBe(false);
    health.track(all);
    for (const id of [gone, dead]) {
      expect(health.isEjected(id ?? '')).toBe(false);
      expect(failUntilEjected(health, id ?? '', 2)).toBe(5);
      expect(health.nextReturnMs).toBe(30_002);
    }
  });

  it('keeps ejections over a new list and a new policy', () => {
    const { health, ids } = watching(4);
    failUntilEjected(health, ids[0] ?? '', 0);
    health.take({ ...POLICY, baseMs: 1_000 });
    health.track(instances(5));
    expect(health.isEjected(ids[0] ?? '')).toBe(true);
    expect(health.nextReturnMs).toBe(30_000);
  });

  it('never ejects more than the share of a set, nor for longer than the maximum, whatever happens', () => {
    const step = fc.record({
      of: fc.nat(7),
      failed: fc.boolean(),
      times: fc.integer({ min: 1, max: 6 }),
      pauseMs: fc.nat(60_000),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 100 }),
        fc.array(step, { maxLength: 60 }),
        (count, maxPercent, steps) => {
          const { health, ids } = watching(count, { ...POLICY, maxPercent });
          let nowMs = 0;
          for (const { of, failed, times, pauseMs } of steps) {
            nowMs += pauseMs;
            health.release(nowMs);
            const id = ids[of % count] ?? '';
            for (let at = 0; at < times; at++) {
              if (failed) health.failed(id, nowMs);
              else health.succeeded(id, nowMs);
            }
            const ejected = ids.filter((one) => health.isEjected(one)).length;
            const least = count > 1 && maxPercent > 0 ? 1 : 0;
            expect(ejected).toBeLessThanOrEqual(Math.max(least, Math.floor((maxPercent * count) / 100)));
            expect((health.nextReturnMs ?? nowMs) - nowMs).toBeLessThanOrEqual(POLICY.maxMs);
          }
        },
      ),
    );
  });
});
