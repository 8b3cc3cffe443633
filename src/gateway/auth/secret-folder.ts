/** A folder of small files that change while the process runs, as Kubernetes mounts a Secret. */
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

const REFRESH_MS = 5_000;
const MAX_FILE_BYTES = 64 * 1024;
const READS = 3;

/** Contents by file name. Hidden files, folders and what is larger than 64 KiB are left out. */
export type SecretFiles = ReadonlyMap<string, Buffer>;

/**
 * Gives the files to `take` now, and again within 5 seconds after they changed. While the folder cannot be read, what it held last
 * counts; that is logged, and so is its return. Never rejects.
 */
export async function followFolder(
  dir: string,
  take: (files: SecretFiles) => void,
  { clock, log }: { clock: Clock; log: Log },
): Promise<{ close(): void }> {
  let timer: Timer | undefined;
  let closed = false;
  let troubled = false;
  let last: string | undefined;

  const refresh = async () => {
    try {
      const files = await readTogether(dir);
      const digest = digestOf(files);
      if (digest !== last) take(files);
      last = digest;
      if (troubled) log.info({ dir }, 'the folder of secrets can be read again');
      troubled = false;
    } catch (error) {
      if (!troubled)
        log.error(
          { dir, reason: (error as NodeJS.ErrnoException).code ?? 'unforeseen' },
          'the folder of secrets cannot be read: what it held last counts; is the Secret mounted there?',
        );
      troubled = true;
    }
    if (!closed) timer = clock.after(REFRESH_MS, () => void refresh());
  };
  await refresh();
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

/** kubelet exchanges all files of a volume at once, by a link: what was read across that moment never stood together. */
async function readTogether(dir: string): Promise<SecretFiles> {
  const version = () => readlink(join(dir, '..data')).catch(() => undefined);
  for (let left = READS; ; left--) {
    const before = await version();
    const files = await readAll(dir);
    if (left === 0 || (await version()) === before) return files;
  }
}

async function readAll(dir: string): Promise<SecretFiles> {
  const names = (await readdir(dir)).filter((name) => !name.startsWith('.')).sort();
  const files = new Map<string, Buffer>();
  for (const name of names) {
    const content = await readSmall(join(dir, name));
    if (content) files.set(name, content);
  }
  return files;
}

/** Undefined for what is no small file, or has gone since the folder was listed. */
async function readSmall(path: string): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(path);
    return size > MAX_FILE_BYTES ? undefined : await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return undefined;
    throw error;
  }
}

function digestOf(files: SecretFiles): string {
  const digest = createHash('sha256');
  for (const [name, content] of files) digest.update(`${name}\0${content.length}\0`).update(content);
  return digest.digest('hex');
}
