import { describe, expect, it } from 'vitest';
import { credentialsRefused, shuttingDown, whyNone } from '../../src/adapter/pool-refusals.ts';
import type { LoginPermission } from '../../src/budget/connection-budget.ts';

describe('refusals of a pool', () => {
  it.each([
    [{ loggedIn: 3 }, 'all', 'all 3 were at work'],
    [{ budgetTrouble: 'no lease', trouble: 'refused' }, 'none', 'no lease'],
    [{}, 'none', 'another adapter is finding out'],
    [{ trouble: 'ECONNREFUSED' }, 'all', 'ECONNREFUSED'],
    [{ trouble: 'ECONNREFUSED' }, 'prove', 'ECONNREFUSED'],
    [{}, 'prove', 'is being found out'],
    [{}, 'all', 'none was open yet'],
  ] as const)('%o, told %s: %s', (now, logins, text) => {
    const why = whyNone(
      { cap: 5, occupied: 3, logins: logins as LoginPermission },
      { loggedIn: 0, budgetTrouble: undefined, trouble: undefined, ...now },
    );
    expect(why).toContain(text);
    expect(why).toContain('(3 of 5 connections taken)');
  });

  it('do not blame the credentials where nothing is granted', () => {
    const why = whyNone(
      { cap: 0, occupied: 0, logins: 'none' },
      { loggedIn: 0, budgetTrouble: undefined, trouble: undefined },
    );
    expect(why).toContain('none was open yet');
  });

  it('tell when to come again', () => {
    expect(shuttingDown('a')).toMatchObject({ code: 'draining', retryAfterSeconds: 1 });
    expect(credentialsRefused('a', undefined)).toMatchObject({
      code: 'account-unavailable',
      message: 'a: the registry refuses our credentials (see the log)',
      retryAfterSeconds: 60,
    });
  });
});
