import { describe, expect, it } from 'vitest';
import { CommandRate } from '../../../src/adapter/scheduler/command-rate.ts';
import { Ration } from '../../../src/adapter/scheduler/ration.ts';
import { ManualClock } from '../manual-clock.ts';

const QUERY = { waiting: 0, reserve: true };
const TRANSFORM = { waiting: 0, reserve: false };

function setUp(perSecond: number | undefined) {
  const clock = new ManualClock();
  const rate = new CommandRate(10);
  rate.change(perSecond === undefined ? {} : { perSecond }, clock.monotonicMs());
  clock.advance(100_000);
  let room = 0;
  const ration = new Ration({ rate, clock, onRoom: () => room++ });
  const send = (left = TRANSFORM) => {
    if (!ration.allows(clock.monotonicMs(), left)) return false;
    ration.sent(clock.monotonicMs());
    return true;
  };
  return { clock, rate, ration, send, room: () => room };
}

describe('ration of commands', () => {
  it('costs nothing where there is no limit', () => {
    const { ration, send, clock } = setUp(undefined);
    for (let i = 0; i < 1_000; i++) expect(send()).toBe(true);
    expect([ration.short, ration.waitedMs(clock.monotonicMs()), clock.pending]).toEqual([false, 0, 0]);
  });

  it('tells once when there is room again', () => {
    const { clock, send, room, ration } = setUp(2);
    expect([send(), send(), send(), send()]).toEqual([true, true, false, false]);
    expect([ration.short, clock.pending]).toEqual([true, 1]);
    clock.advance(1_009);
    expect(room()).toBe(0);
    clock.advance(2);
    expect(room()).toBe(1);
    expect(send()).toBe(true);
  });

  it('wakes for a transform before it would for a query', () => {
    const { clock, send, room } = setUp(10);
    for (let i = 0; i < 5; i++) send();
    clock.advance(500);
    for (let i = 0; i < 5; i++) send();
    expect(send({ waiting: 5, reserve: true })).toBe(false);
    expect(send(TRANSFORM)).toBe(false);
    clock.advance(512);
    expect(room()).toBe(1);
  });

  it('counts how long nothing went out for the rate alone', () => {
    const { clock, send, ration } = setUp(1);
    send();
    send();
    clock.advance(400);
    expect(ration.waitedMs(clock.monotonicMs())).toBe(400);
    clock.advance(700);
    expect(ration.short).toBe(false);
    const waited = ration.waitedMs(clock.monotonicMs());
    expect(waited).toBeGreaterThanOrEqual(1_010);
    clock.advance(10_000);
    expect(ration.waitedMs(clock.monotonicMs())).toBe(waited);
  });

  it('sets no timer where only a change can bring room', () => {
    const { clock, send, rate, room } = setUp(3);
    rate.change({ perSecond: 0 }, clock.monotonicMs());
    expect(send(QUERY)).toBe(false);
    expect(clock.pending).toBe(0);
    clock.advance(60_000);
    expect(room()).toBe(0);
  });

  it('tells nothing after its end', () => {
    const { clock, send, room, ration } = setUp(1);
    send();
    send();
    ration.stop();
    clock.advance(60_000);
    expect([room(), ration.short, clock.pending]).toEqual([0, false, 0]);
  });
});
