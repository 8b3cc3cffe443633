import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../src/adapter/account-secrets.ts';
import { LoginGate } from '../../src/adapter/login-gate.ts';
import type { LoginPermission, PasswordInUse } from '../../src/budget/connection-budget.ts';
import { ScriptedBudget } from './scripted-budget.ts';

const OLD: Credentials = { username: 'acme', password: 'old' };
const ROTATING: Credentials = { ...OLD, newPassword: 'new' };

function setUp(logins: LoginPermission = 'all', password: PasswordInUse = 'current') {
  const budget = new ScriptedBudget(5);
  const say = (more: { logins?: LoginPermission; password?: PasswordInUse }) => Object.assign(budget, more);
  say({ logins, password });
  const gate = new LoginGate('a', budget);
  return { budget, gate, say, look: () => gate.look(budget.account()) };
}

describe('login gate', () => {
  it.each([
    ['all', 'current', OLD, { password: 'old' }],
    ['all', 'current', ROTATING, { password: 'old' }],
    ['all', 'changed', ROTATING, { password: 'new' }],
    ['all', 'changed', OLD, { password: 'old' }],
    ['prove', 'change', OLD, { password: 'old' }],
    ['prove', 'change', ROTATING, { password: 'old', newPassword: 'new' }],
    ['prove', 'changed', ROTATING, { password: 'new' }],
    // one process alone sets it
    ['all', 'change', ROTATING, { password: 'old' }],
    // it stands there already
    ['prove', 'change', { ...OLD, newPassword: 'old' }, { password: 'old' }],
  ] as const)('logs in, told %s and %s, with %o as %o', (logins, password, secret, expected) => {
    const { gate } = setUp(logins, password);
    expect(gate.attempt(secret).credentials).toEqual({ username: 'acme', ...expected });
  });

  it('tells what became of each login', () => {
    const { gate, budget } = setUp();
    gate.taken(gate.attempt(OLD), false);
    gate.taken(gate.attempt(OLD), true);
    expect(gate.refused(gate.attempt(OLD))).toBe(true);
    expect(budget.loginResults).toEqual(['proven', 'changed', 'refused']);
  });

  it('tells of other credentials once, and not of the first', () => {
    const { gate, budget } = setUp();
    expect(gate.read(OLD)).toBe(false);
    gate.taken(gate.attempt(OLD), false);
    expect([gate.read(OLD), gate.read(ROTATING), gate.read(ROTATING)]).toEqual([false, true, false]);
    expect(budget.loginResults).toEqual(['proven', 'unproven']);
  });

  it('says nothing of credentials that are there no more', () => {
    const { gate, budget } = setUp();
    gate.taken(gate.attempt(OLD), false);
    const before = gate.attempt(OLD);
    gate.read(ROTATING);
    gate.taken(before, false);
    expect(gate.refused(before)).toBe(true);
    expect(budget.loginResults).toEqual(['proven', 'unproven']);
  });

  it('answers the word prove once, until the budget has another or the Secret changes', () => {
    const { gate, say, look } = setUp('prove', 'current');
    expect(look()).toEqual({ permission: 'prove', news: false });
    gate.taken(gate.attempt(OLD), false);
    expect(look().permission).toBe('none');
    gate.read(ROTATING);
    expect(look().permission).toBe('prove');
    gate.refused(gate.attempt(ROTATING));
    expect(look().permission).toBe('none');
    say({ password: 'changed' });
    expect(look()).toEqual({ permission: 'prove', news: true });
    gate.taken(gate.attempt(ROTATING), false);
    say({ logins: 'all' });
    expect(look()).toEqual({ permission: 'all', news: true });
    say({ logins: 'none' });
    expect(look()).toEqual({ permission: 'none', news: false });
  });

  it('finds out, after a login without an answer, which password is in force: the new one first', () => {
    const { gate, budget } = setUp('prove', 'change');
    gate.unanswered(gate.attempt(ROTATING));
    const verifying = gate.attempt(ROTATING);
    expect(verifying).toMatchObject({ credentials: { password: 'new' }, verifies: true });
    expect(verifying.credentials.newPassword).toBeUndefined();
    // no answer again: it is no nearer
    gate.unanswered(verifying);
    expect(gate.attempt(ROTATING).verifies).toBe(true);
    gate.taken(verifying, false);
    expect(budget.loginResults).toEqual(['changed']);
  });

  it('goes back to the old password where the new one is refused, and tells only of that', () => {
    const { gate, budget } = setUp('prove', 'change');
    gate.unanswered(gate.attempt(ROTATING));
    expect(gate.refused(gate.attempt(ROTATING))).toBe(false);
    expect(budget.loginResults).toEqual([]);
    const again = gate.attempt(ROTATING);
    expect(again.credentials).toEqual(ROTATING);
    expect(gate.refused(again)).toBe(true);
    expect(budget.loginResults).toEqual(['refused']);
  });

  it('has no doubt where no new password was to be set, or where it is another by now', () => {
    const { gate } = setUp('prove', 'change');
    gate.unanswered(gate.attempt(OLD));
    gate.unanswered(gate.attempt(ROTATING));
    expect(gate.attempt({ ...ROTATING, newPassword: 'newer' }).verifies).toBe(false);
  });
});
