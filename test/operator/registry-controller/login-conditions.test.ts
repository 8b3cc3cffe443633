import { describe, expect, it } from 'vitest';
import {
  type AccountLogin,
  credentialsAccepted,
  passwordChange,
} from '../../../src/operator/registry-controller/login-conditions.ts';

const login = (patch: Partial<AccountLogin> = {}): AccountLogin => ({
  state: 'Proven',
  turn: 3,
  refusals: 0,
  changes: 0,
  password: 'Current',
  secret: 'v1',
  ...patch,
});

describe('whether the registry takes the credentials', () => {
  it.each<[AccountLogin | undefined, string, RegExp]>([
    [undefined, 'Unknown NotTried', /no pod has logged in yet/],
    [login({ state: 'Unproven' }), 'Unknown BeingTried', /one pod finds out/],
    [login(), 'True LoggedIn', /takes the credentials/],
    [
      login({ state: 'Refused', refusals: 1 }),
      'False CredentialsRefused',
      /refused the credentials once: compare Secret epp /,
    ],
    [
      login({ state: 'Refused', refusals: 4 }),
      'False CredentialsRefused',
      /4 times in a row.*by one pod.*at once when the Secret changes/,
    ],
  ])('%j: %s', (known, expected, message) => {
    const { status, reason, message: text } = credentialsAccepted(known, 'epp');
    expect(`${status} ${reason}`).toBe(expected);
    expect(text).toMatch(message);
  });
});

describe('how far the change of a password is', () => {
  const secret = { name: 'epp', version: 'v1', rotating: true };

  it('is not told where nobody asks for it', () => {
    expect(passwordChange(login(), { ...secret, rotating: false }, false)).toBeUndefined();
    expect(passwordChange(login(), { ...secret, rotating: false }, true)).toMatchObject({
      reason: 'NotAsked',
    });
  });

  it.each<[AccountLogin | undefined, string, RegExp]>([
    [undefined, 'False Pending', /leave Secret epp as it is/],
    [login(), 'False Pending', /as soon as it has read it/],
    [login({ state: 'Unproven', password: 'Change' }), 'False Pending', /leave Secret epp/],
    [
      login({ password: 'Changed' }),
      'True Changed',
      /put it into the key password of Secret epp, and remove newPassword/,
    ],
    // That was the change before: nobody may be told to forget the present password now.
    [login({ password: 'Changed', secret: 'v0' }), 'False Pending', /leave Secret epp/],
    [
      login({ state: 'Refused', password: 'Changed', refusals: 2 }),
      'False Refused',
      /see CredentialsAccepted/,
    ],
  ])('%j: %s', (known, expected, message) => {
    const { status, reason, message: text } = passwordChange(known, secret, false)!;
    expect(`${status} ${reason}`).toBe(expected);
    expect(text).toMatch(message);
  });

  it('is never done for a Secret that could not be read', () => {
    const { secret: _, ...unknown } = login({ password: 'Changed' });
    expect(passwordChange(unknown, { ...secret, version: undefined }, false)?.status).toBe('False');
  });
});
