import { describe, expect, it } from 'vitest';
import { localBudget } from '../../src/budget/local-budget.ts';
import { ManualClock } from '../kube/manual-clock.ts';

const SECOND = 1_000;

function start(max = 2) {
  const clock = new ManualClock();
  const budget = localBudget({
    accounts: { reg: { max, idleTimeoutSeconds: 60, lateDeliverySeconds: 60 } },
    clock,
  });
  return { clock, budget };
}

describe('a fixed share', () => {
  it('grants no more than its share, and counts until a slot is surely free', async () => {
    const { clock, budget } = start(2);
    const [one, two] = [budget.acquire('reg')!, budget.acquire('reg')!];
    expect(budget.acquire('reg')).toBeUndefined();
    for (const slot of [one, two]) {
      expect(slot.mayWrite()).toBe(false);
      expect(slot.mayConnect()).toBe(true);
      slot.opened();
    }
    one.closing();
    one.ended('confirmed');
    expect(one.mayWrite()).toBe(false);
    expect(budget.acquire('reg')).toBeUndefined();
    await clock.advance(2 * SECOND);
    expect(budget.acquire('reg')).toBeDefined();
    two.ended('unconfirmed');
    await clock.advance(150 * SECOND);
    expect(budget.acquire('reg')).toBeUndefined();
    await clock.advance(5 * SECOND);
    expect(budget.acquire('reg')).toBeDefined();
  });

  it('has the commands of its file to itself', () => {
    const accounts = {
      free: { max: 1, idleTimeoutSeconds: 60, commands: { perSecond: 0, perMinute: 0 } },
      slow: { max: 1, idleTimeoutSeconds: 60, commands: { perSecond: 0, perMinute: 90 } },
    };
    const budget = localBudget({ accounts, clock: new ManualClock() });
    expect(budget.account('free')).toMatchObject({ commands: {}, password: 'current' });
    expect(budget.account('slow').commands).toEqual({ perMinute: 90 });
  });

  it('proves its credentials by one login, and tries refused ones after 1, 4, 16, 30, 30 minutes', async () => {
    const { clock, budget } = start(2);
    const logins = () => budget.account('reg').logins;
    const told: string[] = [];
    budget.onChange(() => told.push(logins()));
    expect(logins()).toBe('prove');
    for (const minutes of [1, 4, 16, 30, 30]) {
      budget.loginResult('reg', 'refused');
      await clock.advance(minutes * 60 * SECOND - 1);
      expect(logins()).toBe('none');
      await clock.advance(1);
      expect([logins(), told.at(-1)]).toEqual(['prove', 'prove']);
    }
    budget.loginResult('reg', 'refused');
    budget.loginResult('reg', 'unproven');
    expect(logins()).toBe('prove');
    budget.loginResult('reg', 'proven');
    expect(logins()).toBe('all');
    await clock.advance(1);
    const calls = told.length;
    budget.loginResult('reg', 'proven');
    await clock.advance(1);
    expect(told).toHaveLength(calls);
    budget.loginResult('reg', 'unproven');
    expect(logins()).toBe('prove');
  });

  it('gives a slot back at once that was never dialled', () => {
    const { budget } = start(1);
    budget.acquire('reg')!.ended('never-connected');
    expect(budget.account('reg')).toEqual({
      cap: 1,
      occupied: 0,
      pausedUntilMs: undefined,
      excess: 0,
      commands: {},
      logins: 'prove',
      password: 'current',
    });
  });

  it('opens nothing for 60 s after a refusal over the limit, and tells when that is over', async () => {
    const { clock, budget } = start();
    const waiting = budget.acquire('reg')!;
    let changes = 0;
    budget.onChange(() => {
      changes += 1;
    });
    budget.limitHit('reg');
    expect(budget.acquire('reg')).toBeUndefined();
    expect(waiting.mayConnect()).toBe(false);
    await clock.advance(59 * SECOND);
    expect(changes).toBe(1);
    await clock.advance(SECOND);
    expect(changes).toBe(2);
    expect(budget.acquire('reg')).toBeDefined();
  });

  it('drains: nothing new, what is open is asked back, and what stays is revoked when time is out', async () => {
    const { clock, budget } = start();
    const slot = budget.acquire('reg')!;
    slot.mayConnect();
    slot.opened();
    let drained = false;
    void budget.drain({ timeoutMs: 10 * SECOND }).then(() => {
      drained = true;
    });
    expect(budget.phase).toBe('draining');
    expect(budget.account('reg')).toMatchObject({ cap: 0, excess: 1 });
    expect(budget.acquire('reg')).toBeUndefined();
    await clock.advance(9 * SECOND);
    expect([drained, slot.revoked.aborted]).toEqual([false, false]);
    await clock.advance(2 * SECOND);
    expect([drained, slot.revoked.aborted]).toEqual([true, true]);
    expect(budget.phase).toBe('released');
  });

  it('knows no other account', () => {
    expect(() => start().budget.account('other')).toThrow('the connection budget knows no account other');
  });
});
