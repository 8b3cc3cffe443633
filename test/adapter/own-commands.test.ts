import { describe, expect, it } from 'vitest';
import { OwnCommands } from '../../src/adapter/own-commands.ts';
import { CommandRate, type HeldCommand } from '../../src/adapter/scheduler/command-rate.ts';
import type { Slot } from '../../src/budget/connection-budget.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedSession } from './scripted-session.ts';

const CALLER = { waiting: 0, reserve: false };

function setUp(perSecond: number) {
  const clock = new ManualClock();
  const rate = new CommandRate(0);
  rate.change({ perSecond }, clock.monotonicMs());
  clock.advance(10_000);
  let mayWrite = true;
  const slot: Slot = {
    account: 'a',
    mayConnect: () => true,
    mayWrite: () => mayWrite,
    revoked: new AbortController().signal,
    opened: () => {},
    closing: () => {},
    ended: () => {},
  };
  const login = rate.hold(clock.monotonicMs()) as HeldCommand;
  const own = new OwnCommands({ slot, rate, login, clock });
  const session = new ScriptedSession(clock.monotonicMs());
  const now = () => clock.monotonicMs();
  const room = () => {
    let count = 0;
    const held: HeldCommand[] = [];
    for (let one = rate.hold(now()); one; one = rate.hold(now())) held.push(one);
    for (const one of held) {
      one.cancel();
      count++;
    }
    return count;
  };
  const logout = () => {
    const told: string[] = [];
    own.logout(session, { send: () => told.push('sent'), cut: () => told.push('cut') });
    return told;
  };
  return { clock, rate, own, session, now, room, logout, forbid: () => (mayWrite = false) };
}

describe('what a session says for itself', () => {
  it('counts the login when it is written, once', () => {
    const { own, room, clock } = setUp(3);
    clock.advance(5_000);
    expect(room()).toBe(2); // held
    expect([own.permit.mayWrite(), own.permit.mayWrite()]).toEqual([true, true]);
    clock.advance(500);
    expect(room()).toBe(2);
    clock.advance(600);
    expect(room()).toBe(3);
  });

  it('gives back what was held for a login that was never written', () => {
    const { own, room } = setUp(3);
    own.end();
    expect(room()).toBe(3);
  });

  it('writes no login where the share has been lowered since, or the slot forbids it', () => {
    const lowered = setUp(3);
    lowered.rate.change({ perSecond: 0 }, lowered.now());
    expect(lowered.own.permit.mayWrite()).toBe(false);
    const forbidden = setUp(3);
    forbidden.forbid();
    expect(forbidden.own.permit.mayWrite()).toBe(false);
    forbidden.own.end();
    expect(forbidden.room()).toBe(3);
  });

  it('lets a keepalive that waits go before what callers ask, until one of them has spoken there', () => {
    const { own, rate, now, clock, session } = setUp(2);
    own.permit.mayWrite();
    rate.sent(now());
    expect(own.permit.maySpeak?.()).toBe(false);
    clock.advance(1_011);
    rate.sent(now());
    expect(rate.may(now(), CALLER)).toBe(false);
    own.callersCommand(session);
    expect(rate.may(now(), CALLER)).toBe(true);
  });

  it('counts a command again that waits behind a keepalive, when it has been answered', () => {
    const { own, room, clock, now } = setUp(5);
    own.permit.mayWrite();
    const behind = Object.assign(new ScriptedSession(0), { waiting: 1 });
    const late = own.callersCommand(behind);
    clock.advance(5_000);
    expect(room()).toBe(4);
    late?.end(now());
    clock.advance(900);
    expect(room()).toBe(4);
    clock.advance(200);
    expect(room()).toBe(5);
    expect(own.callersCommand(new ScriptedSession(0))).toBeUndefined();
  });

  it('sends a logout at once where there is room, and when there is', () => {
    const roomy = setUp(3);
    roomy.own.permit.mayWrite();
    expect(roomy.logout()).toEqual(['sent']);
    const full = setUp(1);
    full.own.permit.mayWrite();
    const told = full.logout();
    expect([told.length, full.rate.may(full.now(), CALLER)]).toEqual([0, false]);
    full.clock.advance(1_100);
    expect(told).toEqual(['sent']);
  });

  it('cuts a connection whose logout finds no room for long', () => {
    const { own, rate, now, clock, logout } = setUp(1);
    own.permit.mayWrite();
    rate.change({ perSecond: 0 }, now());
    const told = logout();
    clock.advance(29_000);
    expect(told).toEqual([]);
    clock.advance(2_000);
    expect(told).toEqual(['cut']);
  });

  it('asks nobody for a logout that a session does not send any more', () => {
    const { own, session, logout } = setUp(1);
    own.permit.mayWrite();
    void session.close();
    expect(logout()).toEqual(['sent']);
  });

  it('claims nothing any more once it is gone', () => {
    const { own, rate, now, clock, logout } = setUp(1);
    own.permit.mayWrite();
    const told = logout();
    own.end();
    clock.advance(5_000);
    expect([told, rate.may(now(), CALLER), clock.pending]).toEqual([[], true, 0]);
  });
});
