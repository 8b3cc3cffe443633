/** For tests: another environment and empty cache and state folders, for as long as `work` runs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function withEnvironment(
  changes: Readonly<Record<string, string | undefined>>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'eppset-env-'));
  const all = { XDG_CACHE_HOME: join(folder, 'cache'), XDG_STATE_HOME: join(folder, 'state'), ...changes };
  const before = Object.keys(all).map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  try {
    for (const [name, value] of Object.entries(all)) set(name, value);
    await work(folder);
  } finally {
    for (const [name, value] of before) set(name, value);
    rmSync(folder, { recursive: true, force: true });
  }
}
