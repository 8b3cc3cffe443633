/** What an account logs in with, from files as Kubernetes mounts Secrets: one value a file. */
import { readFile, readlink, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AdapterAccount } from '../api/files/adapter-file.ts';

export interface Credentials {
  username: string;
  password: string;
  /** The password to change to. */
  newPassword?: string;
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
  const read = (...files: ([dir: string, key: string] | undefined)[]) =>
    readSecrets(
      `account ${account.name}`,
      files.map((file) => file && join(resolve(folder, file[0]), file[1])),
    );
  return {
    async credentials() {
      const dir = account.credentials.dir;
      const [username, password, newPassword] = await settled(resolve(folder, dir), async () =>
        read(
          [dir, 'username'],
          [dir, 'password'],
          (await isThere(join(resolve(folder, dir), 'newPassword'))) ? [dir, 'newPassword'] : undefined,
        ),
      );
      return { username, password, ...(newPassword === undefined ? {} : { newPassword }) } as Credentials;
    },
    async tls() {
      const { dir, caDir } = account.tls;
      const [cert, key, ca] = await read(
        dir === undefined ? undefined : [dir, 'tls.crt'],
        dir === undefined ? undefined : [dir, 'tls.key'],
        caDir === undefined ? undefined : [caDir, 'ca.crt'],
      );
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
  const [value = ''] = await readSecrets(owner, [path]);
  return value;
}

/** All at once. What cannot be used is named in the order of the paths, whichever of them fails first: all that is to be mended. */
async function readSecrets(
  owner: string,
  paths: readonly (string | undefined)[],
): Promise<(string | undefined)[]> {
  const files = await Promise.all(paths.map((path) => (path === undefined ? undefined : readOne(path))));
  const faults = files.flatMap((file) => (file && 'fault' in file ? [file] : []));
  if (faults.length > 0) {
    const hint = faults.some(({ missing }) => missing) ? '; is the Secret mounted there, with that key?' : '';
    throw new SecretFileError(`${owner}: ${faults.map(({ fault }) => fault).join('; ')}${hint}`);
  }
  return files.map((file) => (file && 'value' in file ? file.value : undefined));
}

async function readOne(path: string): Promise<{ value: string } | { fault: string; missing: boolean }> {
  try {
    const value = (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
    return value === '' ? { fault: `${path} is empty`, missing: false } : { value };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    return { fault: `cannot read ${path} (${code})`, missing: true };
  }
}

const READS = 3;

/** kubelet exchanges all files of a volume at once, by a link: what was read across that moment never stood together. */
async function settled<T>(folder: string, read: () => Promise<T>): Promise<T> {
  const version = () => readlink(join(folder, '..data')).catch(() => undefined);
  for (let left = READS; ; left--) {
    const before = await version();
    const value = await read();
    if (left === 0 || (await version()) === before) return value;
  }
}

/** Any other failure is told by reading it. */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

export function sameCredentials(a: Credentials, b: Credentials): boolean {
  return a.username === b.username && a.password === b.password && a.newPassword === b.newPassword;
}
