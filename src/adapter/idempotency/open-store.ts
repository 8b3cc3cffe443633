import { join, resolve } from 'node:path';
import type { AdapterFile } from '../../api/files/adapter-file.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { readSecret } from '../account-secrets.ts';
import { MemoryStore } from './memory-store.ts';
import type { IdempotencyStore } from './store.ts';
import type { StoreWatch } from './store-health.ts';

export interface OpenStoreOptions {
  file: AdapterFile;
  /** What the file's paths are relative to. */
  folder: string;
  clock: Clock;
  log: Log;
  watch?: StoreWatch;
  /** How long to wait for a server, in milliseconds: it is looked for on and on. Default 2000. */
  waitMs?: number;
}

const OWNER = 'idempotency.store valkey';
const WAIT_MS = 2_000;

/** The store that the file names. Throws a SecretFileError where the file of an authority cannot be read. */
export async function openStore({
  file,
  folder,
  clock,
  log,
  watch,
  waitMs,
}: OpenStoreOptions): Promise<IdempotencyStore> {
  const { idempotency } = file;
  if (idempotency.store === 'memory') {
    watch?.reachable(true);
    watch?.weak(['memory']);
    return new MemoryStore({ clock, log });
  }
  const { host, port, database, tls, caDir, credentialsDir } = idempotency;
  // Only where it is wanted: the client is larger than the rest of the adapter
  const [{ ValkeyConnection }, { ValkeyStore }] = await Promise.all([
    import('./valkey-connection.ts'),
    import('./valkey-store.ts'),
  ]);
  const ca =
    caDir === undefined ? undefined : await readSecret(OWNER, join(resolve(folder, caDir), 'ca.crt'));
  const connection = new ValkeyConnection({
    host,
    port,
    database,
    tls: tls ? { ca } : null,
    credentials: async () =>
      credentialsDir === undefined ? {} : readCredentials(resolve(folder, credentialsDir)),
    clock,
    log,
    ...(watch ? { watch } : {}),
  });
  await connection.open(waitMs ?? WAIT_MS);
  return new ValkeyStore(connection);
}

/** The file `username` may be missing: then it is the server's default user. */
async function readCredentials(dir: string): Promise<{ username?: string; password: string }> {
  const [password, username] = await Promise.all([
    readSecret(OWNER, join(dir, 'password')),
    readSecret(OWNER, join(dir, 'username')).catch(() => undefined),
  ]);
  return username === undefined ? { password } : { username, password };
}
