/** What an account logs in with, from files as Kubernetes mounts Secrets: one value a file. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AdapterAccount } from '../api/files/adapter-file.ts';

export interface Credentials {
  username: string;
  password: string;
}

/** PEM texts; absent where the account names no folder for them. */
export interface TlsMaterial {
  cert?: string;
  key?: string;
  ca?: string;
}

/** Read anew for each login: Secrets rotate, and a mounted one changes in place. */
export interface AccountSecrets {
  credentials(): Promise<Credentials>;
  tls(): Promise<TlsMaterial>;
}

/** A file of a Secret that cannot be used. The message names the file, never its content. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
}

/** @param folder what the account's paths are relative to */
export function fileSecrets(
  account: Pick<AdapterAccount, 'name' | 'credentials'> & {
    tls: Pick<AdapterAccount['tls'], 'dir' | 'caDir'>;
  },
  folder: string,
): AccountSecrets {
  const read = (dir: string, key: string) =>
    readSecret(`account ${account.name}`, join(resolve(folder, dir), key));
  return {
    async credentials() {
      const dir = account.credentials.dir;
      const [username, password] = await Promise.all([read(dir, 'username'), read(dir, 'password')]);
      return { username, password };
    },
    async tls() {
      const { dir, caDir } = account.tls;
      const [cert, key, ca] = await Promise.all([
        dir === undefined ? undefined : read(dir, 'tls.crt'),
        dir === undefined ? undefined : read(dir, 'tls.key'),
        caDir === undefined ? undefined : read(caDir, 'ca.crt'),
      ]);
      return {
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(ca === undefined ? {} : { ca }),
      };
    },
  };
}

/**
 * The file's text without the line end that editors and `echo` add; spaces count, they may belong to a password.
 * @param owner whose it is, for the message of a SecretFileError
 */
export async function readSecret(owner: string, path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new SecretFileError(
      `${owner}: cannot read ${path} (${code}); is the Secret mounted there, with that key?`,
    );
  }
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new SecretFileError(`${owner}: ${path} is empty`);
  return value;
}

export function sameCredentials(a: Credentials, b: Credentials): boolean {
  return a.username === b.username && a.password === b.password;
}
