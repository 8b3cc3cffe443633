import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../lib/errors.ts';
import type { Certificates } from './certificates.ts';
import { moneyFields, type SimulatorInput, simulatorOptions } from './options.ts';

/**
 * The simulator's file: its options, but with secrets in files of their own, one value a file, as Kubernetes mounts Secrets. Paths are relative
 * to the folder of the file.
 */
const simulatorFile = simulatorOptions.omit({ accounts: true, tls: true }).extend({
  accounts: z
    .array(
      z.strictObject({
        credentials: z.strictObject({
          dir: z.string().min(1).describe('Folder with the files username and password.'),
        }),
        sessions: z.int().min(0).max(100_000),
        ...moneyFields,
      }),
    )
    .min(1),
  tls: z.strictObject({ dir: z.string().min(1).describe('Folder with ca.crt, tls.crt and tls.key.') }),
});

export interface LoadedSimulatorFile {
  options: SimulatorInput;
  certificates: Certificates;
}

/** Reads the file and what it points to. Throws an Error that names the file and the field. */
export async function loadSimulatorFile(path: string): Promise<LoadedSimulatorFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`cannot read the simulator's file ${path}: ${messageOf(error)}`, { cause: error });
  });
  const parsed = simulatorFile.safeParse(parse(text));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  const read = (dir: string, name: string) => readSecret(resolve(dirname(path), dir, name));
  const { accounts, tls, ...rest } = parsed.data;
  const withSecrets = accounts.map(async ({ credentials: { dir }, ...account }) => ({
    clientId: (await read(dir, 'username')).trim(),
    password: (await read(dir, 'password')).trim(),
    ...account,
  }));
  const [ca, cert, key] = await Promise.all(
    ['ca.crt', 'tls.crt', 'tls.key'].map((name) => read(tls.dir, name)),
  );
  return {
    options: { ...rest, accounts: await Promise.all(withSecrets) },
    certificates: { ca: ca ?? '', cert: cert ?? '', key: key ?? '' },
  };
}

async function readSecret(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
