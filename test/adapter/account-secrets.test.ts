import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSecrets, sameCredentials } from '../../src/adapter/account-secrets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eppset-secrets-'));
  await mkdir(join(folder, 'login'));
  await mkdir(join(folder, 'tls'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (path: string, text: string) => writeFile(join(folder, path), text);
const secrets = (tls: { dir?: string; caDir?: string } = {}) =>
  fileSecrets({ name: 'verisign', credentials: { dir: 'login' }, tls }, folder);

describe('secrets of an account', () => {
  it('are read anew each time', async () => {
    const account = secrets();
    await write('login/username', 'acme\n');
    await write('login/password', 'first');
    expect(await account.credentials()).toEqual({ username: 'acme', password: 'first' });
    await write('login/password', 'second\r\n');
    expect(await account.credentials()).toEqual({ username: 'acme', password: 'second' });
  });

  it('keep spaces: they may belong to a password', async () => {
    await write('login/username', 'acme');
    await write('login/password', ' two words \n');
    expect((await secrets().credentials()).password).toBe(' two words ');
  });

  it('take the client certificate and the CA from the folders that are named', async () => {
    await write('tls/tls.crt', 'CERT');
    await write('tls/tls.key', 'KEY');
    await write('tls/ca.crt', 'CA');
    expect(await secrets().tls()).toEqual({});
    expect(await secrets({ caDir: 'tls' }).tls()).toEqual({ ca: 'CA' });
    expect(await secrets({ dir: 'tls', caDir: 'tls' }).tls()).toEqual({ cert: 'CERT', key: 'KEY', ca: 'CA' });
    expect(await secrets({ dir: join(folder, 'tls') }).tls()).toEqual({ cert: 'CERT', key: 'KEY' });
  });

  it('name the file that is missing or empty, never what stands in another', async () => {
    await write('login/username', 'acme');
    await expect(secrets().credentials()).rejects.toThrow(
      /account verisign: cannot read .*login\/password \(ENOENT\)/,
    );
    await write('login/password', '\n');
    await expect(secrets().credentials()).rejects.toThrow(/login\/password is empty/);
  });

  it('that are missing are all named, in one order, whichever is looked for first', async () => {
    for (let i = 0; i < 20; i++) {
      await expect(secrets().credentials()).rejects.toThrow(
        /^account verisign: cannot read .*login\/username \(ENOENT\); cannot read .*login\/password \(ENOENT\); is the Secret mounted there, with that key\?$/,
      );
      await expect(secrets({ dir: 'tls', caDir: 'tls' }).tls()).rejects.toThrow(
        /tls\.crt \(ENOENT\).*tls\.key \(ENOENT\).*ca\.crt \(ENOENT\)/,
      );
    }
    await write('login/password', '');
    await expect(secrets().credentials()).rejects.toThrow(
      /login\/username \(ENOENT\); .*login\/password is empty; is the Secret/,
    );
  });

  it('are the same when both values are', () => {
    const a = { username: 'a', password: 'b' };
    expect(sameCredentials(a, { ...a })).toBe(true);
    expect(sameCredentials(a, { ...a, password: 'c' })).toBe(false);
    expect(sameCredentials(a, { ...a, username: 'c' })).toBe(false);
  });
});
