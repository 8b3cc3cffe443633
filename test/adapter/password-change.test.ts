import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoginPermission, PasswordInUse } from '../../src/budget/connection-budget.ts';
import { eventually } from '../support/eventually.ts';
import { CLIENT_ID, type Harness, PASSWORD, start } from './harness.ts';

const NEW = 'battery-staple';

let h: Harness;
afterEach(() => h.stop());

const secret = (key: string, value: string) => writeFile(join(h.folder, 'login', key), value);
const say = (word: { logins: LoginPermission; password: PasswordInUse }) => {
  Object.assign(h.budget, word);
  h.budget.changed();
};
const told = (count: number) => eventually(() => h.budget.loginResults.length >= count, { what: 'results' });
const account = () => h.registry.stats().accounts[CLIENT_ID];
const check = () => h.post('/com/check', { names: ['a.com'] });
/** The one login that the operator has asked for, beside the one that is there. */
const rotate = async () => {
  await secret('newPassword', NEW);
  say({ logins: 'prove', password: 'change' });
};

describe('a new password', () => {
  it('is set by one login, and used by all others from then on', async () => {
    h = await start();
    await rotate();
    await told(3);
    expect(h.budget.loginResults).toEqual(['proven', 'unproven', 'changed']);
    expect(account()).toMatchObject({ logins: 2, loginFailures: 0 });

    say({ logins: 'all', password: 'changed' });
    h.kill();
    await eventually(async () => (await check()).status === 200);
    // the user has promoted it: the Secret says the same in other words
    await secret('password', NEW);
    await rm(join(h.folder, 'login/newPassword'));
    say({ logins: 'prove', password: 'change' });
    await eventually(() => h.budget.loginResults.at(-1) === 'proven');
    expect(account()).toMatchObject({ loginFailures: 0 });
    expect(h.logged()).toContain('the registry has taken the new password');
    const everything = [h.logged(), await h.metrics.metrics(), JSON.stringify(await h.get('/debug/pools'))];
    for (const text of everything) {
      expect(text).not.toContain(NEW);
      expect(text).not.toContain(PASSWORD);
    }
  });

  it('that was set by a login without an answer is found out by logging in with it', async () => {
    h = await start();
    h.registry.control({
      faults: {
        rules: [{ when: { command: 'login', nth: { at: 1 } }, do: { kind: 'eof', at: 'before-reply' } }],
      },
    });
    await rotate();
    await told(3);
    expect(h.budget.loginResults).toEqual(['proven', 'unproven', 'changed']);
    expect(account()).toMatchObject({ loginFailures: 0 });
    say({ logins: 'all', password: 'changed' });
    h.kill();
    await eventually(async () => (await check()).status === 200);
    expect(account()).toMatchObject({ loginFailures: 0 });
  });

  it('that was not set by a login without an answer is set by another', async () => {
    h = await start();
    h.registry.control({
      faults: {
        rules: [{ when: { command: 'login', nth: { at: 1 } }, do: { kind: 'eof', at: 'before-execution' } }],
      },
    });
    await rotate();
    await told(3);
    expect(h.budget.loginResults).toEqual(['proven', 'unproven', 'changed']);
    // the new one was tried before it was set
    expect(account()).toMatchObject({ loginFailures: 1 });
    say({ logins: 'all', password: 'changed' });
    h.kill();
    await eventually(async () => (await check()).status === 200);
    expect(account()).toMatchObject({ loginFailures: 1 });
  });

  it('that the registry does not take leaves the old one in use', async () => {
    h = await start();
    await secret('newPassword', 'a b'); // a token has no space at its ends; this is too short
    say({ logins: 'prove', password: 'change' });
    await told(3);
    expect(h.budget.loginResults).toEqual(['proven', 'unproven', 'refused']);
    say({ logins: 'all', password: 'current' });
    h.kill();
    await eventually(async () => (await check()).status === 200);
    expect(account()).toMatchObject({ loginFailures: 0 });
  });

  it('is never tried by one that was not asked to', async () => {
    h = await start();
    await secret('newPassword', NEW);
    say({ logins: 'all', password: 'current' });
    h.kill();
    await eventually(async () => (await check()).status === 200);
    say({ logins: 'all', password: 'change' });
    h.kill();
    await eventually(async () => (await check()).status === 200);
    expect(h.budget.loginResults).not.toContain('changed');
    expect(account()).toMatchObject({ loginFailures: 0 });
  });
});
