/** Where the test cluster keeps what it builds (cache) and what it runs (state). Both lie outside the checkout, so that all checkouts share them. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Environment = Readonly<Record<string, string | undefined>>;

/** Built things, each under the checksum of what it was built from. May be removed at any time that no build runs. */
export function cacheRoot(env: Environment = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'eppset');
}

/** Records of what runs: processes, clusters, the engine's data. Remove it by `cli.ts clean` only. */
export function stateRoot(env: Environment = process.env): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'eppset');
}

export const checkout = fileURLToPath(new URL('../../', import.meta.url));
export const recipe = fileURLToPath(new URL('./recipe/', import.meta.url));
